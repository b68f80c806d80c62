package quiesce

import (
	"context"
	"slices"
	"time"
)

// Visitor is one who visits a Lock again and again, one visit at a time. The zero Visitor is ready
// for use. The mutex of the lock guards it; between Enter and Leave its owner may read it.
type Visitor struct {
	since time.Time // the visit began
	round uint64    // of the lock, then
	out   time.Time // it was slow: kept out until then while somebody waits for the lock
}

// Enter begins a visit. It returns the error of ctx if that ends first.
func (g *Lock) Enter(ctx context.Context, v *Visitor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.mayEnter(v) {
		g.begin(v)
		g.mu.Unlock()
		return nil
	}
	w := &waiter{visit: v, ready: make(chan struct{})}
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
			g.outside = slices.DeleteFunc(g.outside, func(o *waiter) bool { return o == w })
			return ctx.Err()
		}
	}
}

// Leave ends the visit of v. It panics if no visit is under way.
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
	case g.slow == 0 && !g.closed.Load():
		g.close()
	}
}

// MustYield reports whether the visit of v is to end soon, because somebody waits for the lock. It
// takes no lock: tasks call it for every event.
func (g *Lock) MustYield(v *Visitor) bool {
	return g.closed.Load() || g.round.Load() != v.round
}

// RLock begins a visit of a new visitor, for callers that seldom visit.
func (g *Lock) RLock(ctx context.Context) (*Visitor, error) {
	v := &Visitor{}
	return v, g.Enter(ctx, v)
}

// mayEnter reports whether a visit may begin. The caller holds mu, as for all below.
func (g *Lock) mayEnter(v *Visitor) bool {
	if g.taken || g.closed.Load() {
		return false
	}
	return len(g.queue) == 0 || !time.Now().Before(v.out)
}

// begin begins a visit.
func (g *Lock) begin(v *Visitor) {
	g.inside++
	v.since, v.round, v.out = time.Now(), g.round.Load(), time.Time{}
}

// admit begins the waiting visits that may begin.
func (g *Lock) admit() {
	g.outside = slices.DeleteFunc(g.outside, func(w *waiter) bool {
		if !g.mayEnter(w.visit) {
			return false
		}
		g.begin(w.visit)
		w.in = true
		close(w.ready)
		return true
	})
}
