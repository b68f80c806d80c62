package quiesce

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// gate is the lock between the lanes, which visit it batch by batch, and whoever needs all of them at rest and takes it for himself. All waits
// end with the caller's context.
//
// Whoever wants the gate shuts its door: no visit begins, and lanes end their batches early. Where a visit goes on all the same, because a
// handler is slow or a commit is, the door opens again after a while, for the other lanes, until all visits have ended that went on then.
// A lane that was as slow stays out for a while, so that the gate's turn comes though several are slow.
type Lock struct {
	mu      sync.Mutex
	taken   bool
	turns   uint64        // how often it was taken
	queue   []*gateWait   // who wants it, in order
	outside []*gateWait   // visits that have yet to begin
	inside  int           // visits that go on
	slow    int           // of these, those that went on when the door opened again
	door    *time.Timer   // opens it again; nil: nothing to wait for
	shut    atomic.Bool   // nobody comes in
	round   atomic.Uint64 // how often the door was opened for the others' sake
}

// gatePatience is how long lanes stand still for a visit that does not end.
const gatePatience = 100 * time.Millisecond

// gateWait is somebody's wait.
type gateWait struct {
	visit *Visitor
	in    bool // it is over; guarded by the gate's mu
	ready chan struct{}
}

// visit is the part of somebody who visits a gate, one time after the other. The zero visit is ready for use.
type Visitor struct {
	since time.Time
	round uint64
	out   time.Time // it was slow, and stays out until then while somebody wants the gate
}

// Lock takes the gate: from then on nobody visits it.
func (g *Lock) Lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return restless(err)
	}
	g.mu.Lock()
	if !g.taken && g.inside == 0 && len(g.queue) == 0 {
		g.take()
		g.mu.Unlock()
		return nil
	}
	w := &gateWait{ready: make(chan struct{})}
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
	g.queue = slices.DeleteFunc(g.queue, func(other *gateWait) bool { return other == w })
	if len(g.queue) == 0 && !g.taken {
		g.open()
	}
	return restless(ctx.Err())
}

func restless(err error) error {
	return fmt.Errorf("brook: waiting for handlers and commits under way: %w", err)
}

// Unlock gives the gate up. Visits that waited come before who wants it next.
func (g *Lock) Unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.taken {
		panic("brook: unlock of a gate that nobody took")
	}
	g.taken = false
	for _, w := range g.outside {
		w.visit.out = time.Time{} // it was for this turn
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

// Enter begins a visit.
func (g *Lock) Enter(ctx context.Context, v *Visitor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.lets(v) {
		g.begin(v)
		g.mu.Unlock()
		return nil
	}
	w := &gateWait{visit: v, ready: make(chan struct{})}
	g.outside = append(g.outside, w)
	wait := time.Until(v.out)
	g.mu.Unlock()
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	for {
		select {
		case <-w.ready:
			return nil
		case <-timer:
			g.mu.Lock()
			g.admit()
			g.mu.Unlock()
		case <-ctx.Done():
			g.mu.Lock()
			defer g.mu.Unlock()
			if w.in {
				return nil
			}
			g.outside = slices.DeleteFunc(g.outside, func(other *gateWait) bool { return other == w })
			return ctx.Err()
		}
	}
}

// Leave ends a visit.
func (g *Lock) Leave(v *Visitor) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside < 0 {
		panic("brook: the end of a visit that never began")
	}
	if v.round != g.round.Load() && g.slow > 0 {
		g.slow--
		now := time.Now()
		v.out = now.Add(2 * now.Sub(v.since))
	}
	switch {
	case g.taken || len(g.queue) == 0:
	case g.inside == 0:
		g.next()
	case g.slow == 0 && !g.shut.Load():
		g.close()
	}
}

// hurried reports whether a visit is to end soon, because somebody wants the gate.
func (g *Lock) MustYield(v *Visitor) bool { return g.shut.Load() || g.round.Load() != v.round }

// taking returns how often the gate was taken. The caller visits it, or took it.
func (g *Lock) Turns() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turns
}

// RLock begins a visit of somebody who has no part of his own.
func (g *Lock) RLock(ctx context.Context) (*Visitor, error) {
	v := &Visitor{}
	return v, g.Enter(ctx, v)
}

// The rest is called with mu held.

// lets reports whether a visit may begin.
func (g *Lock) lets(v *Visitor) bool {
	if g.taken || g.shut.Load() {
		return false
	}
	return len(g.queue) == 0 || !time.Now().Before(v.out)
}

func (g *Lock) begin(v *Visitor) {
	g.inside++
	v.since, v.round, v.out = time.Now(), g.round.Load(), time.Time{}
}

// admit lets in who may come in.
func (g *Lock) admit() {
	g.outside = slices.DeleteFunc(g.outside, func(w *gateWait) bool {
		if !g.lets(w.visit) {
			return false
		}
		g.begin(w.visit)
		w.in = true
		close(w.ready)
		return true
	})
}

func (g *Lock) take() {
	g.taken = true
	g.turns++
	g.slow = 0
	g.still()
}

// next hands the gate to who waited the longest for it.
func (g *Lock) next() {
	w := g.queue[0]
	g.queue = slices.Delete(g.queue, 0, 1)
	g.take()
	w.in = true
	close(w.ready)
}

// still stops the timer.
func (g *Lock) still() {
	if g.door != nil {
		g.door.Stop()
		g.door = nil
	}
}

// close shuts the door, until the visits have ended or that takes too long.
func (g *Lock) close() {
	g.shut.Store(true)
	g.slow = 0
	g.still()
	var door *time.Timer
	door = time.AfterFunc(gatePatience, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.door != door {
			return // another one's
		}
		g.slow = g.inside
		g.round.Add(1)
		g.open()
	})
	g.door = door
}

// open opens the door.
func (g *Lock) open() {
	g.still()
	g.shut.Store(false)
	g.admit()
}
