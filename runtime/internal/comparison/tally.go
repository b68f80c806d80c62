package comparison

import (
	"bytes"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/values"
	"github.com/brookgen/brookgen/runtime/pack"
)

// tally counts how the rows of one collection differ.
type tally struct {
	def           *brook.Collection
	schema        *pack.Schema
	live, rebuilt *values.Reader
	diff          brook.CollectionDiff
}

// removed counts a row that only the live views have.
func (t *tally) removed(was brook.Row) error {
	t.diff.Removed++
	if t.diff.Removed > brook.DiffSamples {
		return nil
	}
	v, err := t.live.Read(was.Value)
	t.sample(was.Key, v, values.Value{}, nil)
	return err
}

// added counts a row that only the rebuilt views have.
func (t *tally) added(is brook.Row) error {
	t.diff.Added++
	if t.diff.Added > brook.DiffSamples {
		return nil
	}
	v, err := t.rebuilt.Read(is.Value)
	t.sample(is.Key, values.Value{}, v, nil)
	return err
}

// both counts a row that both have.
func (t *tally) both(was, is brook.Row) error {
	before, err := t.live.Read(was.Value)
	if err != nil {
		return err
	}
	after, err := t.rebuilt.Read(is.Value)
	if err != nil {
		return err
	}
	if before.Unreadable == nil && after.Unreadable == nil &&
		bytes.Equal(before.Data, after.Data) {
		t.diff.Same++
		return nil
	}
	fields := []string{""}
	if before.Unreadable == nil && after.Unreadable == nil {
		if fields, err = t.schema.Differences(before.Data, after.Data); err != nil {
			return err
		}
	}
	if t.diff.Changed++; t.diff.Changed <= brook.DiffSamples {
		t.sample(was.Key, before, after, fields)
	}
	for _, f := range fields {
		t.diff.Fields[f]++
	}
	return nil
}

// sample shows a row that differs.
func (t *tally) sample(key []byte, before, after values.Value, fields []string) {
	row := brook.RowDiff{
		Key: t.def.KeyText(key), Live: t.live.Text(before), Rebuilt: t.rebuilt.Text(after),
		Fields: fields,
	}
	for _, v := range []values.Value{before, after} {
		if v.Unreadable != nil {
			row.Unreadable = v.Unreadable.Error()
		}
	}
	t.diff.Samples = append(t.diff.Samples, row)
}
