package catalog

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// obsolete are generations that are no longer live, or never became so. They are removed in the background once nobody reads
// them, and where several processes write the store, keptFor after they were replaced.
type obsolete struct {
	turn   quiesce.Mutex // of who removes
	wake   retry.Signal  // set when there may be something to remove
	missed atomic.Bool   // another app of the name folded, when something was to be removed

	mu   sync.Mutex
	read map[int]*Generation // replaced, and perhaps still read
}

func newLeftovers() obsolete {
	return obsolete{turn: quiesce.NewMutex(), wake: retry.NewSignal(), read: map[int]*Generation{}}
}

// Wake makes removeLeftovers look again.
func (l *obsolete) Wake() { l.wake.Set() }

// replaced notes a generation that this process may still read.
func (l *obsolete) replaced(g *Generation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read[g.Number] = g
}

// unread reports whether nobody in this process reads a generation, and sees to it that nobody begins to. Of one that is read the last
// reader rouses.
func (c *Catalog) unread(number int) bool {
	l := &c.Leftovers
	l.mu.Lock()
	defer l.mu.Unlock()
	p := c.pinsOf(number)
	if g := l.read[number]; g != nil {
		p = g.pins
	}
	if !p.Release() {
		return false
	}
	delete(l.read, number)
	return true
}

// RemoveObsolete removes what is left of generations, until the app closes.
func (c *Catalog) RemoveObsolete() {
	for attempts := 1; ; attempts++ {
		wait, err := c.Sweep(c.ctx)
		switch {
		case c.ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrPermanent):
			c.report.Failure(brook.Failure{What: "removal of old views", Attempts: attempts, Err: err, Final: true})
			return // the next open tries again
		case err != nil:
			c.report.Failure(brook.Failure{What: "removal of old views", Attempts: attempts, Err: err})
			wait = retry.Wait(c.config.Retry, attempts)
		default:
			attempts = 0
		}
		if !c.Leftovers.await(c.ctx, wait) {
			return
		}
	}
}

// await waits until it is roused, for a time where it is not 0, or until ctx ends, which makes it report false.
func (l *obsolete) await(ctx context.Context, wait time.Duration) bool {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-l.wake:
	case <-timer:
	case <-ctx.Done():
		return false
	}
	return true
}

// Sweep removes the leftovers that may be removed now, and returns when the next one may, 0: that is not known.
func (c *Catalog) Sweep(ctx context.Context) (next time.Duration, err error) {
	if !c.Leftovers.turn.LockContext(ctx) {
		return 0, ctx.Err()
	}
	defer c.Leftovers.turn.Unlock()
	cleaning, end, ok := c.cleaning(ctx)
	if !ok {
		return 0, nil // whoever folds removes them
	}
	defer end()
	next, err = c.sweepOnce(cleaning)
	if err != nil && cleaning.Err() != nil && ctx.Err() == nil { // another app of the name folds from now on
		c.Leftovers.missed.Store(true)
		return 0, nil
	}
	return next, err
}

func (c *Catalog) sweepOnce(ctx context.Context) (next time.Duration, err error) {
	v, err := c.Gate.RLock(ctx)
	if err != nil {
		return 0, err
	}
	s, building := c.State, c.Building // what the state points to never changes in place
	c.Gate.Leave(v)
	left := slices.Clone(s.Dropped)
	if s.Building != 0 && s.Building != building && !c.Fenced() { // of a process that is no more
		left = append(left, s.Building)
	}
	for _, number := range left {
		if at, ok := s.Replaced[number]; ok && c.Fenced() {
			if wait := keptFor - time.Now().UTC().Sub(at); wait > 0 {
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
		if err := c.forgetGeneration(ctx, number); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// forgetGeneration notes that nothing is left of a generation. Where the store fails it does not wait for long: lanes wait for it.
func (c *Catalog) forgetGeneration(ctx context.Context, number int) error {
	ctx, cancel := context.WithTimeout(ctx, max(100*time.Millisecond, c.config.Retry.Max))
	defer cancel()
	return c.Update(ctx, func(next *State) error {
		if next.Building == number {
			next.Building = 0
		}
		next.Dropped = slices.DeleteFunc(next.Dropped, func(n int) bool { return n == number })
		delete(next.Tables, number)
		delete(next.Replaced, number)
		return nil
	}, nil)
}

// Discard notes that what was built of a generation is to be removed; where that fails, the next rebuild or open finds it.
func (c *Catalog) Discard(g *Generation) {
	ctx, cancel := context.WithTimeout(context.Background(), c.config.ShutdownTimeout)
	defer cancel()
	switched, err := c.switched(ctx, g) // the switch may have been told as a failure, and was none
	if err == nil && !switched {
		err = c.noteAbandoned(ctx, g)
	}
	if err != nil {
		c.report.Failure(brook.Failure{What: "removal of an unfinished rebuild", Attempts: 1, Err: err, Final: true})
	}
	c.Leftovers.Wake()
}

func (c *Catalog) noteAbandoned(ctx context.Context, g *Generation) error {
	return c.tryState(ctx, func(next *State) error {
		c.Building = 0
		if next.Generation == g.Number || slices.Contains(next.Dropped, g.Number) {
			return ErrUnchanged
		}
		if next.Building == g.Number { // else another process builds by now
			next.Building = 0
		}
		next.Dropped = append(next.Dropped, g.Number)
		return nil
	}, nil)
}
