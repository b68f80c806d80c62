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

// The operations of a store. OpRow is a scan's step to a row, a history's to an entry, or that of
// announcements to one.
const (
	OpTable    = fault.Table
	OpSnapshot = fault.Snapshot
	OpCommit   = fault.Commit
	OpGet      = fault.Get
	OpScan     = fault.Scan
	OpReverse  = fault.Reverse
	OpHistory  = fault.History
	OpRow      = fault.Row
	OpCount    = fault.Count
	OpDrop     = fault.Drop
	OpFetch    = fault.Fetch
	OpBackup   = fault.Backup

	OpAnnouncements = fault.Announcements
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
// has those powers (brook.Durable, Fenced, Restored, Dropper, Backuper, Announcer, and its readers
// Counter, Fetcher and Reverser) that the store has; its readers count and scan downwards by scans
// over a store that can't. It is no brook.Holder: it stands for a process of its own.
func Faulty(store brook.Store, f *Fault) brook.Store {
	s := faulty{store, f}
	d, drops := store.(brook.Dropper)
	a, announces := store.(brook.Announcer)
	dropper, announcer := faultyDropper{d, f}, faultyAnnouncer{a, f}
	switch {
	case drops && announces:
		return struct {
			faulty
			faultyDropper
			faultyAnnouncer
		}{s, dropper, announcer}
	case drops:
		return struct {
			faulty
			faultyDropper
		}{s, dropper}
	case announces:
		return struct {
			faulty
			faultyAnnouncer
		}{s, announcer}
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
	if e, ok := snap.(brook.Fetcher); ok {
		return struct {
			faultyReader
			faultyFetcher
			closer
		}{r, faultyFetcher{e, s.fault}, closer{snap}}, nil
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
	dropper brook.Dropper
	fault   *Fault
}

func (s faultyDropper) Drop(ctx context.Context, t brook.Table) error {
	return s.fault.Do(ctx, OpDrop, func() error { return s.dropper.Drop(ctx, t) })
}

type faultyAnnouncer struct {
	announcer brook.Announcer
	fault     *Fault
}

func (s faultyAnnouncer) Announcements(
	ctx context.Context, tables []brook.Table,
) iter.Seq2[brook.Announcement, error] {
	return func(yield func(brook.Announcement, error) bool) {
		until, stop := s.fault.Until(ctx) // it also ends with a crash
		defer stop()
		all, failed := s.announcer.Announcements(until, tables), false
		for a, err := range steps(ctx, s.fault, OpAnnouncements, all) {
			if failed = err != nil; !yield(a, err) {
				return
			}
		}
		if !failed && s.fault.Crashed() {
			yield(brook.Announcement{}, ErrCrashed)
		}
	}
}

// A closer can be closed even after a crash: its memory must be freed.
type closer struct{ snapshot brook.Snapshot }

func (c closer) Close() error { return c.snapshot.Close() }
