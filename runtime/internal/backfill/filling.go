package backfill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// firstStep is how many rows are looked at while all tasks rest, at most.
const firstStep = 500

// reportEvery is how often the progress of an index is reported.
const reportEvery = 10 * time.Second

// filling is the filling of one index.
type filling struct {
	*Filler
	catalog.Unfilled
	gen      *generation.Generation // that the index belongs to
	progress brook.IndexProgress
	told     time.Time // when progress was reported last
}

// run fills the index. The error wraps ErrRestart if another generation is live now, or the live
// one has other indexes.
func (f *filling) run(ctx context.Context) error {
	if !f.Kept.Whole {
		if err := f.rows(ctx); err != nil {
			return err
		}
	}
	if f.Layout.Collections[f.Ord].Indexes[f.X].Unique {
		if err := f.checkUnique(ctx); err != nil {
			return err
		}
	}
	// Every commit since the claim has brought its own entries, or was refused.
	return f.Catalog.Indexes.Filled(ctx, f.gen, f.Unfilled)
}

// rows writes the entries of all rows, step by step. A step gets smaller if the store finds it too
// large, or if somebody else wrote one of its rows meanwhile.
func (f *filling) rows(ctx context.Context) error {
	f.Report.Info("filling a new index",
		"collection", f.progress.Collection, "field", f.progress.Field, "rows", f.progress.Rows)
	var from []byte
	var contention retry.Contention
	for n, most := firstStep, firstStep; ; {
		next, err := f.step(ctx, from, n)
		switch {
		case errors.Is(err, brook.ErrTooLarge) && n > 1:
			n /= 2
			most = n
			continue
		case errors.Is(err, brook.ErrConflict): // a row is another one by now
			n = max(1, n/2)
			contention.Wait(ctx)
			if err := f.Catalog.Reload(ctx); err != nil {
				return err
			}
			continue
		case err != nil || next == nil:
			return err
		}
		from, n = next, min(most, 2*n)
		if time.Since(f.told) > reportEvery {
			f.told = time.Now()
			f.tell()
		}
	}
}

// giveUp reports that the index is not filled. A nil filling is none.
func (f *filling) giveUp(err error) {
	if f == nil {
		return
	}
	f.progress.Done, f.progress.Err = true, err
	f.tell()
}

// tell reports the progress, or that the index is complete or given up.
func (f *filling) tell() {
	if hook := f.Report.Hooks.Index; hook != nil {
		hook(f.progress)
	}
	p := &f.progress
	args := []any{"collection", p.Collection, "field", p.Field, "rows", p.Rows}
	switch {
	case p.Err != nil:
		f.Report.Error("an index can't be filled",
			"collection", p.Collection, "field", p.Field, "rows", p.Rows, "error", p.Err)
	case p.Done:
		f.Report.Info("an index is complete", args...)
	default:
		f.Report.Info("filling a new index", args...)
	}
}

// step writes the entries of n rows while all tasks of the process rest. It returns the key that it
// goes on at, nil if there are no more rows.
func (f *filling) step(ctx context.Context, from []byte, n int) (next []byte, err error) {
	if err := f.Lock.Lock(ctx); err != nil {
		return nil, err
	}
	defer f.Lock.Unlock()
	if f.Catalog.Live() != f.gen {
		return nil, retry.ErrRestart
	}
	def, table := f.Collections[f.Ord], f.gen.Tables[f.Slot]
	rows := f.gen.Tables[f.Layout.Rows[f.Ord]]
	fenced := f.Catalog.Fenced()
	batch := &brook.Batch{ID: f.IDs.Batch()}
	if fenced {
		batch.Checks = append(batch.Checks, f.Catalog.Unchanged())
	}
	var entries brook.Entries
	seen := 0
	for row, err := range f.Reader.Scan(ctx, rows, from, nil) {
		if err != nil {
			return nil, err
		}
		key := bytes.Clone(row.Key)
		if seen == n {
			next = key
			break
		}
		seen++
		entries.Reset()
		if err := def.Misfit(row.Value.Data); err != nil {
			return nil, err
		}
		def.Entries(f.X, row.Value.Data, &entries)
		for value := range entries.All {
			entry := brook.Write{Table: table, Key: txn.EntryKey(value, key), Value: txn.Present}
			batch.Writes = append(batch.Writes, entry)
		}
		if fenced {
			check := brook.Check{Table: rows, Key: key, Version: row.Value.Version}
			batch.Checks = append(batch.Checks, check)
		}
	}
	if len(batch.Writes) > 0 {
		if err := f.Store.Commit(ctx, batch); err != nil {
			return nil, err
		}
	}
	f.progress.Rows += seen
	return next, nil
}

// checkUnique returns an error that wraps ErrUnique if two rows have the same value.
func (f *filling) checkUnique(ctx context.Context) error {
	def, index := f.Collections[f.Ord], f.Layout.Collections[f.Ord].Indexes[f.X]
	var last []byte
	size := 0
	for row, err := range f.Reader.Scan(ctx, f.gen.Tables[f.Slot], nil, nil) {
		if err != nil {
			return err
		}
		n, err := index.Shape.Len(row.Key, index.Shape.Parts())
		if err != nil {
			return fmt.Errorf("its entries are damaged: %w", err)
		}
		if last != nil && bytes.Equal(last[:size], row.Key[:n]) {
			both, err := f.both(ctx, last, row.Key)
			if err != nil {
				return err
			}
			if both {
				return fmt.Errorf("%w: %s and %s have the same; change one of them, or take the tag back",
					brook.ErrUnique, def.KeyText(last[size:]), def.KeyText(row.Key[n:]))
			}
		}
		last, size = append(last[:0], row.Key...), n
	}
	return nil
}

// both reports whether two entries exist at one instant: a scan of a shared store is of several.
func (f *filling) both(ctx context.Context, one, other []byte) (bool, error) {
	if !f.Catalog.Fenced() {
		return true, nil
	}
	table, there := f.gen.Tables[f.Slot], txn.Present.([]byte)
	err := f.Store.Commit(ctx, &brook.Batch{ID: f.IDs.Batch(), Checks: []brook.Check{
		{Table: table, Key: one, Value: there}, {Table: table, Key: other, Value: there},
	}})
	if errors.Is(err, brook.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
