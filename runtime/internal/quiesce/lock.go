// Package quiesce has the locks that bring tasks to rest. Tasks visit a Lock batch by batch; a call
// that changes what all of them rely on (a rebuild that switches, a redrive, Process) takes it and
// has all tasks at rest. Mutex is a mutex that can be waited for until a context ends. The packages
// that run an app use both, from any goroutine.
//
// The mutex of a Lock guards all of its fields but closed and round, which are written while it is
// held and read without it. It is held for a moment only, and no other lock is taken under it.
package quiesce

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Lock is like a readers-writer lock whose readers are the visits of tasks, and whose writers wait
// for all tasks to rest. All waits end with the caller's context. The zero Lock is ready for use.
//
// As soon as somebody waits for it, it is closed: no visit begins, and visits are asked to end
// early. If a visit goes on all the same, because a handler or a commit is slow, the lock opens
// again after a while for the sake of the other tasks, and closes once the visits of that moment
// have all ended. A visitor that was slow is kept out for a time, so that a waiter gets its turn
// however many visits are slow.
type Lock struct {
	mu      sync.Mutex
	taken   bool
	turns   uint64        // how often it was taken
	queue   []*waiter     // for the lock itself, first come first served
	outside []*waiter     // for a visit
	inside  int           // visits under way
	slow    int           // of these, those that were under way when the lock opened again
	reopen  *time.Timer   // opens the lock again; nil: it is not closed, or nothing is waited for
	closed  atomic.Bool   // no visit may begin
	round   atomic.Uint64 // how often the lock opened again because of slow visits
}

// patience is how long the lock is closed for a visit that does not end.
const patience = 100 * time.Millisecond

// waiter is one call that waits.
type waiter struct {
	visit *Visitor
	in    bool          // the wait is over; guarded by the lock's mu
	ready chan struct{} // closed when it is
}

// Lock takes the lock: no visit is under way then, and none begins until Unlock. It returns an
// error that wraps that of ctx if it ends first.
func (g *Lock) Lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return waitError(err)
	}
	g.mu.Lock()
	if !g.taken && g.inside == 0 && len(g.queue) == 0 {
		g.take()
		g.mu.Unlock()
		return nil
	}
	w := &waiter{ready: make(chan struct{})}
	g.queue = append(g.queue, w)
	if !g.taken && len(g.queue) == 1 {
		g.close()
	}
	g.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.in {
		return nil
	}
	g.queue = slices.DeleteFunc(g.queue, func(other *waiter) bool { return other == w })
	if len(g.queue) == 0 && !g.taken {
		g.open()
	}
	return waitError(ctx.Err())
}

func waitError(err error) error {
	return fmt.Errorf("brook: waiting for handlers and commits under way: %w", err)
}

// Unlock frees the lock. Visits that wait begin before the next one takes it. It panics if nobody
// has the lock.
func (g *Lock) Unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.taken {
		panic("brook: unlock of a quiesce lock that nobody took")
	}
	g.taken = false
	for _, w := range g.outside {
		w.visit.out = time.Time{} // it was kept out for the turn that ends
	}
	g.open()
	switch {
	case len(g.queue) == 0:
	case g.inside == 0:
		g.next()
	default:
		g.close()
	}
}

// Turns returns how often the lock was taken. It stays the same while the caller has the lock or a
// visit.
func (g *Lock) Turns() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turns
}

// take takes the lock, which is free. The caller holds mu, as for all below.
func (g *Lock) take() {
	g.taken = true
	g.turns++
	g.slow = 0
	g.stopTimer()
}

// next passes the lock to the first waiter.
func (g *Lock) next() {
	w := g.queue[0]
	g.queue = slices.Delete(g.queue, 0, 1)
	g.take()
	w.in = true
	close(w.ready)
}

// close closes the lock, until all visits have ended or patience has.
func (g *Lock) close() {
	g.closed.Store(true)
	g.slow = 0
	g.stopTimer()
	var timer *time.Timer
	timer = time.AfterFunc(patience, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.reopen != timer {
			return // it was stopped, too late
		}
		g.slow = g.inside
		g.round.Add(1)
		g.open()
	})
	g.reopen = timer
}

// open opens the lock.
func (g *Lock) open() {
	g.stopTimer()
	g.closed.Store(false)
	g.admit()
}

func (g *Lock) stopTimer() {
	if g.reopen != nil {
		g.reopen.Stop()
		g.reopen = nil
	}
}
