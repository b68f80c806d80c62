package comparison

import (
	"bytes"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/pack"
)

// tally counts how the rows of one collection differ.
type tally struct {
	def           *brook.Collection
	schema        *pack.Schema
	live, rebuilt *side
	diff          brook.CollectionDiff
}

// removed counts a row that only the live views have.
func (t *tally) removed(was brook.Row) error {
	t.diff.Removed++
	if t.diff.Removed > brook.DiffSamples {
		return nil
	}
	v, err := t.live.read(was.Value)
	t.sample(was.Key, v, value{}, nil)
	return err
}

// added counts a row that only the rebuilt views have.
func (t *tally) added(is brook.Row) error {
	t.diff.Added++
	if t.diff.Added > brook.DiffSamples {
		return nil
	}
	v, err := t.rebuilt.read(is.Value)
	t.sample(is.Key, value{}, v, nil)
	return err
}

// both counts a row that both have.
func (t *tally) both(was, is brook.Row) error {
	before, err := t.live.read(was.Value)
	if err != nil {
		return err
	}
	after, err := t.rebuilt.read(is.Value)
	if err != nil {
		return err
	}
	if before.unreadable == nil && after.unreadable == nil &&
		bytes.Equal(before.data, after.data) {
		t.diff.Same++
		return nil
	}
	fields := []string{""}
	if before.unreadable == nil && after.unreadable == nil {
		if fields, err = t.schema.Differences(before.data, after.data); err != nil {
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
func (t *tally) sample(key []byte, before, after value, fields []string) {
	row := brook.RowDiff{
		Key: t.def.KeyText(key), Live: t.live.text(before), Rebuilt: t.rebuilt.text(after), Fields: fields,
	}
	for _, v := range []value{before, after} {
		if v.unreadable != nil {
			row.Unreadable = v.unreadable.Error()
		}
	}
	t.diff.Samples = append(t.diff.Samples, row)
}
