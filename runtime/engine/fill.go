package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// An index that the code has and the live generation has not is filled while Run folds on. From the claim on (see claim.go) whoever
// folds keeps it up, so that what is left to do are the rows that nobody writes: one by one, each under a check that it is still the row
// that was read. Until it is whole nobody reads it, and events that need it wait.

// fillStep is how many rows are looked at while the lanes rest.
const fillStep = 500

// fillTold is how often the filling of an index is told of.
const fillTold = 10 * time.Second

// fillIndexes fills what is to be filled, until ctx ends; end is called with an error that ends Run.
func (a *App) fillIndexes(ctx context.Context, end func(error)) {
	for attempts := 0; ; {
		select {
		case <-a.catalog.Fills:
		case <-ctx.Done():
			return
		}
		err := a.fill(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrUnique) || errors.Is(err, brook.ErrPermanent):
			end(err)
			return
		case err != nil:
			attempts++
			a.report.Failure(brook.Failure{What: "filling an index", Attempts: attempts, Err: err})
			if retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) != nil {
				return
			}
			a.catalog.WantFill()
		default:
			attempts = 0
		}
	}
}

// fill fills the indexes that are to be filled now.
func (a *App) fill(ctx context.Context) error {
	for {
		v, err := a.gate.RLock(ctx)
		if err != nil {
			return err
		}
		todo := a.catalog.Unfilled()
		g := a.catalog.Live.Load()
		a.gate.Leave(v)
		if len(todo) == 0 {
			return nil
		}
		u := todo[0]
		info := a.code.Layout.Collections[u.Ord]
		f := &filling{app: a, gen: g, Unfilled: u, told: time.Now(), progress: brook.IndexProgress{Collection: info.Name, Field: info.Indexes[u.X].Field}}
		err = f.run(ctx)
		if errors.Is(err, errReload) {
			continue // another generation, or other indexes
		}
		if f.progress.Done, f.progress.Err = true, err; ctx.Err() == nil {
			f.tell("an index is whole")
		}
		if err != nil {
			return fmt.Errorf("brook: index %s.%s: %w", info.Name, info.Indexes[u.X].Field, err)
		}
		a.wakeLanes()
	}
}

// filling is the filling of one index.
type filling struct {
	app *App
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
	if f.app.code.Layout.Collections[f.Ord].Indexes[f.X].Unique {
		if err := f.once(ctx); err != nil {
			return err
		}
	}
	return f.whole(ctx)
}

// rows writes the entries of all rows, step by step.
func (f *filling) rows(ctx context.Context) error {
	f.app.report.Info("filling a new index", "collection", f.progress.Collection, "field", f.progress.Field)
	var from []byte
	var losses losses
	for n, most := fillStep, fillStep; ; {
		next, err := f.step(ctx, from, n)
		switch {
		case errors.Is(err, brook.ErrTooLarge) && n > 1:
			n /= 2
			most = n
			continue
		case errors.Is(err, brook.ErrConflict): // a row is another one by now
			n = max(1, n/2)
			losses.giveWay(ctx)
			if err := f.app.catalog.Reload(ctx); err != nil {
				return err
			}
			continue
		case err != nil || next == nil:
			return err
		}
		from, n = next, min(most, 2*n)
		if time.Since(f.told) > fillTold {
			f.told = time.Now()
			f.tell("filling a new index")
		}
	}
}

func (f *filling) tell(message string) {
	if hook := f.app.config.Hooks.Index; hook != nil {
		hook(f.progress)
	}
	args := []any{"collection", f.progress.Collection, "field", f.progress.Field, "rows", f.progress.Rows}
	if f.progress.Err != nil {
		f.app.report.Error("an index can't be filled", append(args, "error", f.progress.Err)...)
		return
	}
	f.app.report.Info(message, args...)
}

// step writes the entries of n rows, with all lanes of the process at rest, and returns where it goes on; nil: nowhere.
func (f *filling) step(ctx context.Context, from []byte, n int) (next []byte, err error) {
	a := f.app
	if err := a.gate.Lock(ctx); err != nil {
		return nil, err
	}
	defer a.gate.Unlock()
	if a.catalog.Live.Load() != f.gen {
		return nil, errReload
	}
	batch := &brook.Batch{ID: a.ids.Batch()}
	if a.catalog.Fenced() {
		batch.Checks = append(batch.Checks, a.catalog.Unchanged())
	}
	rows := f.gen.Tables[a.code.Layout.Rows[f.Ord]]
	var entries brook.Entries
	seen := 0
	for row, err := range a.reader.Scan(ctx, rows, from, nil) {
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
		if err := a.def.Collections[f.Ord].Misfit(row.Value.Data); err != nil {
			return nil, err
		}
		a.def.Collections[f.Ord].Entries(f.X, row.Value.Data, &entries)
		for value := range entries.All {
			batch.Writes = append(batch.Writes, brook.Write{Table: f.gen.Tables[f.Slot], Key: txn.EntryKey(value, key), Value: txn.Present})
		}
		if a.catalog.Fenced() {
			batch.Checks = append(batch.Checks, brook.Check{Table: rows, Key: key, Version: row.Value.Version})
		}
	}
	if len(batch.Writes) > 0 {
		if err := a.store.Commit(ctx, batch); err != nil {
			return nil, err
		}
	}
	f.progress.Rows += seen
	return next, nil
}

// once makes sure that no two rows are found under one value.
func (f *filling) once(ctx context.Context) error {
	a := f.app
	def, index := a.def.Collections[f.Ord], a.code.Layout.Collections[f.Ord].Indexes[f.X]
	var last []byte
	size := 0
	for row, err := range a.reader.Scan(ctx, f.gen.Tables[f.Slot], nil, nil) {
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
	if !f.app.catalog.Fenced() {
		return true, nil
	}
	table, there := f.gen.Tables[f.Slot], txn.Present.([]byte)
	err := f.app.store.Commit(ctx, &brook.Batch{ID: f.app.ids.Batch(),
		Checks: []brook.Check{{Table: table, Key: one, Value: there}, {Table: table, Key: other, Value: there}}})
	if errors.Is(err, brook.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// whole notes that the index has the entries of all rows: every commit since it was claimed has brought its own, or was refused.
func (f *filling) whole(ctx context.Context) error {
	a := f.app
	if err := a.gate.Lock(ctx); err != nil {
		return err
	}
	defer a.gate.Unlock()
	info := a.code.Layout.Collections[f.Ord]
	name := info.EntriesName(info.Indexes[f.X])
	err := a.catalog.UpdateResting(ctx, func(next *catalog.State) error {
		kept, ok := next.Kept[name]
		if next.Generation != f.gen.Number || next.Folds != a.code.Contract || !ok || kept.Table != f.Kept.Table {
			return errReload
		}
		kept.Whole, kept.Once = true, info.Indexes[f.X].Unique
		next.Kept[name] = kept
		return nil
	}, nil)
	if err != nil {
		return err
	}
	return a.catalog.Install(ctx)
}

// inParts commits writes that need not be one commit, in as many as the store takes them in.
func inParts(writes []brook.Write, commit func([]brook.Write) error) error {
	if len(writes) == 0 {
		return nil
	}
	err := commit(writes)
	if half := len(writes) / 2; errors.Is(err, brook.ErrTooLarge) && half > 0 {
		if err := inParts(writes[:half], commit); err != nil {
			return err
		}
		return inParts(writes[half:], commit)
	}
	return err
}
