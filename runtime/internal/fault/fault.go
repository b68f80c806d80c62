// Package fault decides when a store or a driver under test fails. One Fault may be shared by
// several of them: it counts the operations of all.
package fault

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Kind is the way in which an operation fails.
type Kind uint8

// The ways to go wrong.
const (
	// Fail leaves the operation undone and returns an error. Later ones work.
	Fail Kind = iota
	// CrashBefore leaves the operation undone, and nothing works from then on.
	CrashBefore
	// CrashAfter does the operation, but nobody learns that, and nothing works from then on.
	CrashAfter
	// Half publishes the first half of a batch and refuses the rest (a *brook.PublishError). Of any
	// other operation it is Fail.
	Half
	// Refuse fails from the n-th operation on, until Mend.
	Refuse
	// Hang waits, from the n-th operation on, until the operation's context ends, and returns
	// the context's error.
	Hang
)

// Op names an operation. The names are those of the methods.
type Op string

// The operations of stores, and below them those of drivers. Row is a scan's step to a row, a
// history's to an entry, or that of announcements to one.
const (
	Table    Op = "Table"
	Snapshot Op = "Snapshot"
	Commit   Op = "Commit"
	Get      Op = "Get"
	Scan     Op = "Scan"
	Reverse  Op = "Reverse"
	History  Op = "History"
	Row      Op = "Row"
	Count    Op = "Count"
	Drop     Op = "Drop"
	Fetch    Op = "Fetch"
	Backup   Op = "Backup"

	Announcements Op = "Announcements"

	Partitions Op = "Partitions"
	Open       Op = "Open"
	Publish    Op = "Publish"
	Read       Op = "Read"
	Mark       Op = "Mark"
	Marks      Op = "Marks"
	Grown      Op = "Grown"
	Join       Op = "Join"
)

// The errors of a fault.
var (
	// ErrInjected is returned by the operation that fails.
	ErrInjected = errors.New("fault: injected")
	// ErrCrashed is returned by every operation after a crash, and by the one that crashed.
	ErrCrashed = errors.New("fault: crashed")
)

// A Fault strikes once, at one operation; one of kind Refuse or Hang strikes from there on. It is
// safe for concurrent use.
type Fault struct {
	kind   Kind
	at     int
	ops    []Op
	ctx    context.Context // ends with the crash
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	count int
	ill   bool // Refuse or Hang has begun
}

// New makes a fault that strikes at the n-th operation, counted from 1, of the given ones, or of
// all if none are given. With 0 it never strikes, and counts.
func New(kind Kind, n int, ops ...Op) *Fault {
	f := &Fault{kind: kind, at: n, ops: ops}
	f.ctx, f.cancel = context.WithCancelCause(context.Background())
	return f
}

// Count is how many operations of those that the fault looks at there were.
func (f *Fault) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// Struck reports whether the fault happened.
func (f *Fault) Struck() bool { return f.at > 0 && f.Count() >= f.at }

// Crashed reports whether nothing works any more.
func (f *Fault) Crashed() bool { return f.ctx.Err() != nil }

// Strike counts an operation and decides how it goes: done is whether to do it, and err is what to
// return whatever its result.
func (f *Fault) Strike(op Op) (done bool, err error) {
	if f.Crashed() {
		return false, ErrCrashed
	}
	if len(f.ops) > 0 && !slices.Contains(f.ops, op) {
		return true, nil
	}
	f.mu.Lock()
	f.count++
	lasts := f.kind == Refuse || f.kind == Hang
	f.ill = f.ill || lasts && f.count == f.at
	hit := f.count == f.at && !lasts || f.ill
	f.mu.Unlock()
	if !hit {
		return true, nil
	}
	switch f.kind {
	case CrashBefore:
		f.Crash()
		return false, ErrCrashed
	case CrashAfter:
		return true, ErrCrashed
	case Hang:
		return false, errHangs
	default:
		return false, ErrInjected
	}
}

// errHangs has Do wait for the end of the operation's context.
var errHangs = errors.New("fault: hangs")

// Begin makes a fault of kind Refuse or Hang strike from now on.
func (f *Fault) Begin() { f.fall(true) }

// Mend makes it strike no longer.
func (f *Fault) Mend() { f.fall(false) }

func (f *Fault) fall(ill bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ill = ill
}

// Do does an operation, or not, or fails after it. One that hangs does so until ctx
// ends, or with a crash.
func (f *Fault) Do(ctx context.Context, op Op, do func() error) error {
	done, err := f.Strike(op)
	if errors.Is(err, errHangs) {
		until, stop := f.Until(ctx)
		defer stop()
		<-until.Done()
		if f.Crashed() {
			return ErrCrashed
		}
		return ctx.Err()
	}
	if done {
		if e := do(); err == nil {
			err = e
		}
	}
	if errors.Is(err, ErrCrashed) {
		f.Crash()
	}
	return err
}

// Crash makes everything fail from now on.
func (f *Fault) Crash() { f.cancel(ErrCrashed) }

// Halves reports whether the operation that just failed is to be done by half.
func (f *Fault) Halves() bool { return f.kind == Half }

// Until returns a context that also ends with the crash. Call stop when done with it.
func (f *Fault) Until(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(f.ctx, func() { cancel(ErrCrashed) })
	return ctx, func() {
		unhook()
		cancel(nil)
	}
}
