// Package staterow is the state row of an app: the one row of what its store knows of the app as a
// whole, such as which generation of views is live. The package is the only one that reads or
// writes that row, and Row.UpdateLocked is the only method that changes it.
//
// Package catalog makes one Row per app and decides what is to change. Others take from it the
// check that the row is unchanged. Any goroutine may call any method, except that most ask for the
// quiesce lock: it guards what memory knows of the row, which changes only while the lock is held,
// and may be read while it is held or visited. What a State points to never changes in place: a
// newer one replaces it.
package staterow

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Row is the state row of one app, and what memory knows of it. It is safe for concurrent use.
type Row struct {
	parts Parts
	table brook.Table // set by Open
	known *State      // guarded by the quiesce lock
}

// Parts are what a row is made of. All of them are the app's.
type Parts struct {
	Config *brook.Config // with defaults
	Reader brook.Reader  // of the latest commit
	IDs    *ids.Source
	Lock   *quiesce.Lock
	Retry  *retry.Loop
	// Updated is called, with the quiesce lock held, after a change of this app is committed.
	Updated func()
	// Reload is called, with the quiesce lock held, if another process has changed the row. It
	// reads anew what memory has of the store, and calls Follow.
	Reload func(context.Context) error
}

// New returns the row of an app. It reads nothing of the store before Open.
func New(p Parts) *Row { return &Row{parts: p, known: &State{}} }

// Open opens the table of the row and reads the row, or creates it in a new store. It returns the
// error of a store that fails, and tries nothing again. It is called before any other method, by
// one app of the name at a time in this process.
func (r *Row) Open(ctx context.Context) (err error) {
	spec := brook.TableSpec{Name: plan.TableName(r.parts.Config.Name, "state")}
	if r.table, err = r.parts.Config.Store.Table(ctx, spec); err != nil {
		return err
	}
	s, err := r.Read(ctx)
	switch {
	case err == nil:
		r.known = &s
		return nil
	case !errors.Is(err, brook.ErrNotFound):
		return err
	}
	if err := r.parts.Lock.Lock(ctx); err != nil {
		return err
	}
	defer r.parts.Lock.Unlock()
	_, err = r.commit(ctx, func(next *State) error {
		if next.raw != nil {
			return ErrUnchanged // another process created it meanwhile
		}
		// The first commit of the app brings the rest.
		*next = State{Layout: layoutVersion, Generation: 1}
		return nil
	}, nil, func(stored State) error {
		r.Follow(stored)
		return nil
	})
	return err
}

// Table returns the table of the row. Other packages keep rows of their own in it.
func (r *Row) Table() brook.Table { return r.table }

// Fenced reports whether several processes may write the store, and so the row.
func (r *Row) Fenced() bool {
	f, ok := r.parts.Config.Store.(brook.Fenced)
	return ok && f.Fenced()
}

// Known returns the state as memory knows it. It does not change, and must not be changed. The
// caller holds or visits the quiesce lock.
func (r *Row) Known() *State { return r.known }

// Visit returns the state as memory knows it, for a caller who neither holds nor visits the quiesce
// lock.
func (r *Row) Visit(ctx context.Context) (*State, error) {
	v, err := r.parts.Lock.RLock(ctx)
	if err != nil {
		return nil, err
	}
	defer r.parts.Lock.Leave(v)
	return r.known, nil
}

// Follow makes memory know a state that was read from the store. The caller holds the quiesce lock.
func (r *Row) Follow(s State) { r.known = &s }

// Unchanged returns the check that nobody has changed the row since memory read it. The caller
// holds or visits the quiesce lock.
func (r *Row) Unchanged() brook.Check {
	return brook.Check{Table: r.table, Key: rowKey, Value: r.known.raw}
}

// Read reads the row from the store, and leaves what memory knows as it is. The error is
// ErrNotFound if there is none.
func (r *Row) Read(ctx context.Context) (State, error) {
	v, err := r.parts.Reader.Get(ctx, r.table, rowKey)
	if err != nil {
		return State{}, err
	}
	return decode(r.parts.Config.Name, v.Data.([]byte))
}
