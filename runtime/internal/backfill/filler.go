// Package backfill fills indexes that the code has and the live generation has not, while Run folds on.
// From the claim on, whoever folds keeps such an index up, so that what is left to do are the rows that
// nobody writes: one by one, each under a check that it is still the row that was read. Until an index is
// complete nobody reads it, and events that need it wait.
package backfill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// step is how many rows are looked at while all tasks rest.
const step = 500

// reportEvery is how often the progress of an index is reported.
const reportEvery = 10 * time.Second

// Filler fills the indexes of one app. Run and Fill are called by one goroutine at a time.
type Filler struct {
	Catalog     *catalog.Catalog
	Collections []brook.AnyCollection
	Layout      *schema.Layout
	Store       brook.Store
	Reader      brook.Reader
	IDs         *catalog.IDs
	Lock        *quiesce.Lock // held, step by step, for all tasks to rest
	Report      *report.Reporter
	Policy      brook.Retry
	Filled      func() // is called when an index is complete
}

// Run fills what is to be filled, until ctx ends; end is called with an error that ends Run.
func (b *Filler) Run(ctx context.Context, end func(error)) {
	for attempts := 0; ; {
		select {
		case <-b.Catalog.ToFill():
		case <-ctx.Done():
			return
		}
		err := b.Fill(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrUnique) || errors.Is(err, brook.ErrPermanent):
			end(err)
			return
		case err != nil:
			attempts++
			b.Report.Failure(brook.Failure{What: "filling an index", Attempts: attempts, Err: err})
			if retry.Sleep(ctx, retry.Wait(b.Policy, attempts)) != nil {
				return
			}
			b.Catalog.ToFill().Set()
		default:
			attempts = 0
		}
	}
}

// Fill fills the indexes that are to be filled now.
func (b *Filler) Fill(ctx context.Context) error {
	for {
		v, err := b.Lock.RLock(ctx)
		if err != nil {
			return err
		}
		todo := b.Catalog.Unfilled()
		g := b.Catalog.Live()
		b.Lock.Leave(v)
		if len(todo) == 0 {
			return nil
		}
		u := todo[0]
		info := b.Layout.Collections[u.Ord]
		f := &filling{Filler: b, gen: g, Unfilled: u, told: time.Now(), progress: brook.IndexProgress{Collection: info.Name, Field: info.Indexes[u.X].Field}}
		err = f.run(ctx)
		if errors.Is(err, retry.ErrRestart) {
			continue // another generation, or other indexes
		}
		if f.progress.Done, f.progress.Err = true, err; ctx.Err() == nil {
			f.tell("an index is whole")
		}
		if err != nil {
			return fmt.Errorf("brook: index %s.%s: %w", info.Name, info.Indexes[u.X].Field, err)
		}
		b.Filled()
	}
}

// filling is the filling of one index.
type filling struct {
	*Filler
	gen *catalog.Generation
	catalog.Unfilled
	progress brook.IndexProgress
	told     time.Time
}

func (f *filling) run(ctx context.Context) error {
	if !f.Kept.Whole {
		if err := f.rows(ctx); err != nil {
			return err
		}
	}
	if f.Layout.Collections[f.Ord].Indexes[f.X].Unique {
		if err := f.once(ctx); err != nil {
			return err
		}
	}
	// Every commit since the claim has brought its own entries, or was refused.
	return f.Catalog.Filled(ctx, f.gen, f.Unfilled)
}

// rows writes the entries of all rows, step by step.
func (f *filling) rows(ctx context.Context) error {
	f.Report.Info("filling a new index", "collection", f.progress.Collection, "field", f.progress.Field)
	var from []byte
	var contention retry.Contention
	for n, most := step, step; ; {
		next, err := f.fillSome(ctx, from, n)
		switch {
		case errors.Is(err, brook.ErrTooLarge) && n > 1:
			n /= 2
			most = n
			continue
		case errors.Is(err, brook.ErrConflict): // a row is another one by now
			n = max(1, n/2)
			contention.Yield(ctx)
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
			f.tell("filling a new index")
		}
	}
}

func (f *filling) tell(message string) {
	if hook := f.Report.Hooks.Index; hook != nil {
		hook(f.progress)
	}
	args := []any{"collection", f.progress.Collection, "field", f.progress.Field, "rows", f.progress.Rows}
	if f.progress.Err != nil {
		f.Report.Error("an index can't be filled", append(args, "error", f.progress.Err)...)
		return
	}
	f.Report.Info(message, args...)
}

// fillSome writes the entries of n rows, with all lanes of the process at rest, and returns where it goes on; nil: nowhere.
func (f *filling) fillSome(ctx context.Context, from []byte, n int) (next []byte, err error) {
	if err := f.Lock.Lock(ctx); err != nil {
		return nil, err
	}
	defer f.Lock.Unlock()
	if f.Catalog.Live() != f.gen {
		return nil, retry.ErrRestart
	}
	batch := &brook.Batch{ID: f.IDs.Batch()}
	if f.Catalog.Fenced() {
		batch.Checks = append(batch.Checks, f.Catalog.Unchanged())
	}
	rows := f.gen.Tables[f.Layout.Rows[f.Ord]]
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
		if err := f.Collections[f.Ord].Misfit(row.Value.Data); err != nil {
			return nil, err
		}
		f.Collections[f.Ord].Entries(f.X, row.Value.Data, &entries)
		for value := range entries.All {
			batch.Writes = append(batch.Writes, brook.Write{Table: f.gen.Tables[f.Slot], Key: txn.EntryKey(value, key), Value: txn.Present})
		}
		if f.Catalog.Fenced() {
			batch.Checks = append(batch.Checks, brook.Check{Table: rows, Key: key, Version: row.Value.Version})
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

// once makes sure that no two rows are found under one value.
func (f *filling) once(ctx context.Context) error {
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

// both reports whether two entries are there at one instant: a scan of a store that is far away is of several.
func (f *filling) both(ctx context.Context, one, other []byte) (bool, error) {
	if !f.Catalog.Fenced() {
		return true, nil
	}
	table, there := f.gen.Tables[f.Slot], txn.Present.([]byte)
	err := f.Store.Commit(ctx, &brook.Batch{ID: f.IDs.Batch(),
		Checks: []brook.Check{{Table: table, Key: one, Value: there}, {Table: table, Key: other, Value: there}}})
	if errors.Is(err, brook.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
