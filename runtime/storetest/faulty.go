package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fault"
)

// A Fault decides when a faulty store fails, and counts its operations. Several stores, and drivers
// of drivertest.Faulty, may share one.
type Fault = fault.Fault

// FaultKind is the way in which an operation fails.
type FaultKind = fault.Kind

// Op names an operation of a store.
type Op = fault.Op

// The ways to fail.
const (
	Fail        = fault.Fail        // the operation is not done; later ones work
	CrashBefore = fault.CrashBefore // the operation is not done, and nothing works from then on
	// the operation is done but returns an error, and nothing works from then on
	CrashAfter = fault.CrashAfter
)

// The operations of a store. OpRow is a scan's step to a row, or a history's to an entry.
const (
	OpTable    = fault.Table
	OpSnapshot = fault.Snapshot
	OpCommit   = fault.Commit
	OpGet      = fault.Get
	OpScan     = fault.Scan
	OpHistory  = fault.History
	OpRow      = fault.Row
	OpCount    = fault.Count
	OpDrop     = fault.Drop
	OpFetch    = fault.Fetch
	OpBackup   = fault.Backup
)

// The errors of a fault.
var (
	ErrInjected = fault.ErrInjected // the operation was made to fail
	ErrCrashed  = fault.ErrCrashed  // the store has crashed
)

// NewFault returns a fault that strikes at the n-th operation, counted from 1, of the given ones,
// or of all if none are given. With n = 0 it only counts. To try every n:
//
//	for n, struck := 1, true; struck; n++ {
//		f := storetest.NewFault(storetest.CrashAfter, n)
//		use(storetest.Faulty(store, f))
//		struck = f.Struck()
//	}
func NewFault(kind FaultKind, n int, ops ...Op) *Fault { return fault.New(kind, n, ops...) }

// Faulty wraps a store so that it fails as f decides. After a crash the store itself is as it was
// at that instant: use it, or wrap it anew, as the one that is opened after the crash. The wrapper
// has those powers (brook.Durable, Fenced, Restored, Dropper, Backuper, Counter, Fetcher) that the
// store has.
func Faulty(store brook.Store, f *Fault) brook.Store {
	s := faulty{store, f}
	if d, ok := store.(brook.Dropper); ok {
		return faultyDropper{s, d}
	}
	return s
}

type faulty struct {
	store brook.Store
	fault *Fault
}

func (s faulty) Durable() bool {
	d, ok := s.store.(brook.Durable)
	return ok && d.Durable()
}

func (s faulty) Fenced() bool {
	f, ok := s.store.(brook.Fenced)
	return ok && f.Fenced()
}

func (s faulty) Restoration() string {
	if r, ok := s.store.(brook.Restored); ok {
		return r.Restoration()
	}
	return ""
}

// Backup fails with errors.ErrUnsupported if the store is no brook.Backuper.
func (s faulty) Backup(ctx context.Context, w io.Writer) error {
	b, ok := s.store.(brook.Backuper)
	if !ok {
		return fmt.Errorf("storetest: a %T has no backups: %w", s.store, errors.ErrUnsupported)
	}
	return s.fault.Do(ctx, OpBackup, func() error { return b.Backup(ctx, w) })
}

func (s faulty) Table(ctx context.Context, spec brook.TableSpec) (t brook.Table, err error) {
	err = s.fault.Do(ctx, OpTable, func() (err error) {
		t, err = s.store.Table(ctx, spec)
		return err
	})
	return t, err
}

func (s faulty) Latest() brook.Reader { return reader(s.store.Latest(), s.fault) }

func (s faulty) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	var snap brook.Snapshot
	err := s.fault.Do(ctx, OpSnapshot, func() (err error) {
		snap, err = s.store.Snapshot(ctx)
		return err
	})
	if err != nil {
		if snap != nil {
			_ = snap.Close()
		}
		return nil, err
	}
	r := faultyReader{snap, s.fault}
	if c, ok := snap.(brook.Counter); ok {
		return struct {
			faultyReader
			faultyCounter
			closer
		}{r, faultyCounter{c, s.fault}, closer{snap}}, nil
	}
	return struct {
		faultyReader
		closer
	}{r, closer{snap}}, nil
}

func (s faulty) Commit(ctx context.Context, b *brook.Batch) error {
	return s.fault.Do(ctx, OpCommit, func() error { return s.store.Commit(ctx, b) })
}

type faultyDropper struct {
	faulty
	dropper brook.Dropper
}

func (s faultyDropper) Drop(ctx context.Context, t brook.Table) error {
	return s.fault.Do(ctx, OpDrop, func() error { return s.dropper.Drop(ctx, t) })
}

// A closer can be closed even after a crash: its memory must be freed.
type closer struct{ snapshot brook.Snapshot }

func (c closer) Close() error { return c.snapshot.Close() }

func reader(r brook.Reader, f *Fault) brook.Reader {
	own := faultyReader{r, f}
	c, counts := r.(brook.Counter)
	e, fetches := r.(brook.Fetcher)
	switch {
	case counts && fetches:
		return struct {
			faultyReader
			faultyCounter
			faultyFetcher
		}{own, faultyCounter{c, f}, faultyFetcher{e, f}}
	case counts:
		return struct {
			faultyReader
			faultyCounter
		}{own, faultyCounter{c, f}}
	case fetches:
		return struct {
			faultyReader
			faultyFetcher
		}{own, faultyFetcher{e, f}}
	}
	return own
}

type faultyFetcher struct {
	fetcher brook.Fetcher
	fault   *Fault
}

func (e faultyFetcher) Fetch(ctx context.Context,
	keys []brook.TableKey) (values []brook.Value, err error) {
	err = e.fault.Do(ctx, OpFetch, func() (err error) {
		values, err = e.fetcher.Fetch(ctx, keys)
		return err
	})
	if err != nil {
		values = nil
	}
	return values, err
}

type faultyCounter struct {
	counter brook.Counter
	fault   *Fault
}

func (c faultyCounter) Count(ctx context.Context, t brook.Table) (n int, err error) {
	err = c.fault.Do(ctx, OpCount, func() (err error) {
		n, err = c.counter.Count(ctx, t)
		return err
	})
	return n, err
}

type faultyReader struct {
	reader brook.Reader
	fault  *Fault
}

func (r faultyReader) Get(ctx context.Context, t brook.Table,
	key []byte) (v brook.Value, err error) {
	err = r.fault.Do(ctx, OpGet, func() (err error) {
		v, err = r.reader.Get(ctx, t, key)
		return err
	})
	if err != nil {
		v = brook.Value{}
	}
	return v, err
}

func (r faultyReader) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return steps(ctx, r.fault, OpScan, r.reader.Scan(ctx, t, from, to))
}

func (r faultyReader) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return steps(ctx, r.fault, OpHistory, r.reader.History(ctx, t, key))
}

// steps returns a sequence whose beginning and whose every step may fail.
func steps[T any](ctx context.Context, f *Fault, op Op,
	rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := f.Do(ctx, op, func() error { return nil }); err != nil {
			yield(none, err)
			return
		}
		for row, err := range rows {
			if err == nil {
				err = f.Do(ctx, OpRow, func() error { return nil })
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
