// Package obsolete removes generations of views that are no longer live, or never became so: in the
// background, once nobody in this process reads them, and if several processes write the store,
// generation.KeptFor after they were replaced.
//
// Package catalog makes one Remover per app and notes in the state what is obsolete. Any goroutine
// may call any method. Remover.sweeping is held while generations are removed; the lock of the hold
// on the name and the quiesce lock come after it. Remover.mu guards what may still be read.
package obsolete

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// Remover removes obsolete generations of one app. It is safe for concurrent use.
type Remover struct {
	parts    Parts
	sweeping quiesce.Mutex // held by whoever removes
	wake     retry.Signal  // set if there may be something to remove

	mu   sync.Mutex
	read map[int]*generation.Generation // replaced, may still be read, by number; guarded by mu
}

// Parts are what a remover is made of. All of them are the app's.
type Parts struct {
	Config *brook.Config // with defaults
	Life   *lifetime.App
	Lock   *quiesce.Lock
	Retry  *retry.Loop
	Row    *staterow.Row
	Opener *generation.Opener
	Hold   *tenancy.Hold
	// Building returns the number of the generation that this process builds, 0 for none. It is
	// called while the quiesce lock is visited.
	Building func() int
}

// New returns the remover of an app.
func New(p Parts) *Remover {
	return &Remover{
		parts: p, sweeping: quiesce.NewMutex(), wake: retry.NewSignal(),
		read: map[int]*generation.Generation{},
	}
}

// Replaced notes a generation that this process may still read.
func (r *Remover) Replaced(g *generation.Generation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read[g.Number] = g
}

// Wake makes Run look again for generations to remove.
func (r *Remover) Wake() { r.wake.Set() }

// Run removes obsolete generations until the app closes. One goroutine runs it.
func (r *Remover) Run() {
	ctx, report := r.parts.Life.Context(), r.parts.Retry.Report
	backoff := retry.Backoff{Policy: r.parts.Config.Retry, Report: report}
	defer backoff.Ended()
	for {
		wait, err := r.Sweep(ctx)
		failure := brook.Failure{What: "removal of old views", Err: err}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrPermanent):
			failure.Final = true
			backoff.Note(failure)
			return // the next start tries again
		case err != nil:
			backoff.Note(failure)
			wait = retry.Wait(r.parts.Config.Retry, backoff.Failures())
		default:
			backoff.Succeeded()
		}
		if retry.Await(ctx, r.wake, wait) != nil {
			return
		}
	}
}

// Sweep removes the obsolete generations that may be removed now, and returns how long to wait for
// the next one, or 0 if that is not known. The caller does not hold the quiesce lock.
func (r *Remover) Sweep(ctx context.Context) (next time.Duration, err error) {
	if !r.sweeping.LockContext(ctx) {
		return 0, ctx.Err()
	}
	defer r.sweeping.Unlock()
	cleaning, end, ok := r.parts.Hold.Clean(ctx)
	if !ok {
		return 0, nil // the app that folds removes them
	}
	defer end()
	next, err = r.sweep(cleaning)
	if err != nil && cleaning.Err() != nil && ctx.Err() == nil {
		return 0, nil // another app of the name folds from now on
	}
	return next, err
}

// sweep is Sweep for a caller who holds sweeping, with a context in which it may remove.
func (r *Remover) sweep(ctx context.Context) (next time.Duration, err error) {
	v, err := r.parts.Lock.RLock(ctx)
	if err != nil {
		return 0, err
	}
	s, building := r.parts.Row.Known(), r.parts.Building()
	r.parts.Lock.Leave(v)
	shared := r.parts.Row.Fenced()
	numbers := slices.Clone(s.Dropped)
	if s.Building != 0 && s.Building != building && !shared { // of a process that is no more
		numbers = append(numbers, s.Building)
	}
	for _, number := range numbers {
		if s.Retained != nil && s.Retained.Generation == number {
			if wait := r.retained(s.Replaced[number]); wait > 0 {
				next = sooner(next, wait)
				continue
			}
			if err := r.release(ctx, number); err != nil {
				return 0, err
			}
		}
		if at, ok := s.Replaced[number]; ok && shared {
			if wait := generation.KeptFor - time.Now().UTC().Sub(at); wait > 0 {
				next = sooner(next, wait)
				continue
			}
		}
		if !r.unread(number) {
			continue
		}
		if err := r.remove(ctx, number, s.Tables[number]); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// sooner returns the shorter one of two times to wait; 0 is not known.
func sooner(next, wait time.Duration) time.Duration {
	if next == 0 || wait < next {
		return wait
	}
	return next
}

// retained returns for how long a generation is still retained that was replaced at a time.
func (r *Remover) retained(at time.Time) time.Duration {
	return r.parts.Config.KeepReplaced - time.Now().UTC().Sub(at)
}

// release has the state retain a generation no longer, before anything of it is removed.
func (r *Remover) release(ctx context.Context, number int) error {
	return r.parts.Row.Update(ctx, func(next *staterow.State) error {
		if next.Retained == nil || next.Retained.Generation != number {
			return staterow.ErrUnchanged
		}
		next.Retained = nil
		return nil
	}, nil)
}

// Pause keeps generations from being removed until resume is called. The caller does not hold the
// quiesce lock.
func (r *Remover) Pause(ctx context.Context) (resume func(), err error) {
	if !r.sweeping.LockContext(ctx) {
		return nil, ctx.Err()
	}
	return r.sweeping.Unlock, nil
}

// unread reports whether nobody in this process reads a generation, and keeps reads of it from
// beginning if so. If it is read, the last reader calls Wake.
func (r *Remover) unread(number int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	release := r.parts.Hold.PinsOf(number).Release
	if g := r.read[number]; g != nil {
		release = g.Release
	}
	if !release() {
		return false
	}
	delete(r.read, number)
	return true
}

// remove removes a generation, whose tables the state names, and has the state forget it.
func (r *Remover) remove(ctx context.Context, number int, named []string) error {
	g, err := r.parts.Opener.Open(ctx, number)
	if err != nil {
		return err
	}
	if err := r.parts.Opener.Empty(ctx, g, named); err != nil {
		return err
	}
	return r.forget(ctx, number)
}

// forget notes that nothing is left of a generation. If the store fails it soon gives up: tasks
// wait for it.
func (r *Remover) forget(ctx context.Context, number int) error {
	ctx, cancel := context.WithTimeout(ctx, max(100*time.Millisecond, r.parts.Config.Retry.Max))
	defer cancel()
	return r.parts.Row.Update(ctx, func(next *staterow.State) error {
		if next.Building == number {
			next.Building = 0
		}
		next.Dropped = slices.DeleteFunc(next.Dropped, func(n int) bool { return n == number })
		delete(next.Tables, number)
		delete(next.Replaced, number)
		return nil
	}, nil)
}
