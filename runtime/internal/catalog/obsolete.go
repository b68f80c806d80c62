package catalog

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// obsolete are generations that are no longer live, or never became so. They are removed in the
// background once nobody reads them, and if several processes write the store, keptFor after they
// were replaced.
type obsolete struct {
	sweeping quiesce.Mutex // held by whoever removes
	wake     retry.Signal  // set if there may be something to remove

	mu   sync.Mutex
	read map[int]*Generation // replaced ones that may still be read, by number; guarded by mu
}

func newObsolete() obsolete {
	return obsolete{
		sweeping: quiesce.NewMutex(), wake: retry.NewSignal(), read: map[int]*Generation{},
	}
}

// replaced notes a generation that this process may still read.
func (o *obsolete) replaced(g *Generation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read[g.Number] = g
}

// await waits for a wake, for a time unless it is 0, or for the end of ctx, for which it returns
// false.
func (o *obsolete) await(ctx context.Context, wait time.Duration) bool {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-o.wake:
	case <-timer:
	case <-ctx.Done():
		return false
	}
	return true
}

// SweepSoon makes RemoveObsolete look again for generations to remove.
func (c *Catalog) SweepSoon() { c.obsolete.wake.Set() }

// RemoveObsolete removes obsolete generations until the app closes. One goroutine runs it.
func (c *Catalog) RemoveObsolete() {
	for attempts := 1; ; attempts++ {
		wait, err := c.Sweep(c.life.Context())
		failure := brook.Failure{What: "removal of old views", Attempts: attempts, Err: err}
		switch {
		case c.life.Err() != nil:
			return
		case errors.Is(err, brook.ErrPermanent):
			failure.Final = true
			c.report.Failure(failure)
			return // the next start tries again
		case err != nil:
			c.report.Failure(failure)
			wait = retry.Wait(c.config.Retry, attempts)
		default:
			attempts = 0
		}
		if !c.obsolete.await(c.life.Context(), wait) {
			return
		}
	}
}

// Sweep removes the obsolete generations that may be removed now, and returns how long to wait for
// the next one, or 0 if that is not known. The caller does not hold the quiesce lock.
func (c *Catalog) Sweep(ctx context.Context) (next time.Duration, err error) {
	if !c.obsolete.sweeping.LockContext(ctx) {
		return 0, ctx.Err()
	}
	defer c.obsolete.sweeping.Unlock()
	cleaning, end, ok := c.hold.Clean(ctx)
	if !ok {
		return 0, nil // the app that folds removes them
	}
	defer end()
	next, err = c.sweepOnce(cleaning)
	if err != nil && cleaning.Err() != nil && ctx.Err() == nil {
		return 0, nil // another app of the name folds from now on
	}
	return next, err
}

func (c *Catalog) sweepOnce(ctx context.Context) (next time.Duration, err error) {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return 0, err
	}
	s, building := c.row.Known(), c.building // what the state points to never changes in place
	c.lock.Leave(v)
	numbers := slices.Clone(s.Dropped)
	if s.Building != 0 && s.Building != building && !c.Fenced() { // of a process that is no more
		numbers = append(numbers, s.Building)
	}
	for _, number := range numbers {
		if at, ok := s.Replaced[number]; ok && c.Fenced() {
			if wait := keptFor - now().Sub(at); wait > 0 {
				if next == 0 || wait < next {
					next = wait
				}
				continue
			}
		}
		if !c.unread(number) {
			continue
		}
		g, err := c.openGeneration(ctx, number)
		if err != nil {
			return 0, err
		}
		if err := c.drop(ctx, g); err != nil {
			return 0, err
		}
		if err := c.forget(ctx, number); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// unread reports whether nobody in this process reads a generation, and keeps reads of it from
// beginning if so. If it is read, the last reader calls SweepSoon.
func (c *Catalog) unread(number int) bool {
	o := &c.obsolete
	o.mu.Lock()
	defer o.mu.Unlock()
	p := c.hold.PinsOf(number)
	if g := o.read[number]; g != nil {
		p = g.pins
	}
	if !p.Release() {
		return false
	}
	delete(o.read, number)
	return true
}

// forget notes that nothing is left of a generation. If the store fails it soon gives up: tasks
// wait for it.
func (c *Catalog) forget(ctx context.Context, number int) error {
	ctx, cancel := context.WithTimeout(ctx, max(100*time.Millisecond, c.config.Retry.Max))
	defer cancel()
	return c.row.Update(ctx, func(next *staterow.State) error {
		if next.Building == number {
			next.Building = 0
		}
		next.Dropped = slices.DeleteFunc(next.Dropped, func(n int) bool { return n == number })
		delete(next.Tables, number)
		delete(next.Replaced, number)
		return nil
	}, nil)
}

// now is the time that the state records.
func now() time.Time { return time.Now().UTC() }
