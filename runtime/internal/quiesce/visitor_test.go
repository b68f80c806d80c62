package quiesce

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// visits visits a lock again and again until ctx ends, and counts the events of its visits, each of
// which takes so long.
func visits(ctx context.Context, g *Lock, each time.Duration, n *atomic.Int64) {
	var v Visitor
	for g.Enter(ctx, &v) == nil {
		for began := time.Now(); ; { // a batch has events until it is full or must yield
			select {
			case <-time.After(each):
			case <-ctx.Done():
			}
			n.Add(1)
			if g.MustYield(&v) || time.Since(began) > 10*each || ctx.Err() != nil {
				break
			}
		}
		g.Leave(&v)
	}
}

// A slow visit holds up whoever waits for the lock, and other visits for a moment only.
func TestSlowVisitHoldsUpNoOtherVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var g Lock
		var work sync.WaitGroup
		var quick, slow atomic.Int64
		work.Go(func() { visits(ctx, &g, 30*time.Second, &slow) })
		for range 3 {
			work.Go(func() { visits(ctx, &g, time.Millisecond, &quick) })
		}
		time.Sleep(time.Second)
		quick.Store(0)
		began := time.Now()
		if err := g.Lock(ctx); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > 30*time.Second {
			t.Errorf("waited %s for a visit of 30 s", waited)
		}
		if n := quick.Load(); n < 3*28_000 {
			t.Errorf("the others did %d things in 29 s, and would have done 87,000", n)
		}
		g.Unlock()
		cancel()
		work.Wait()
	})
}

// However many visits are slow, and however slow, the lock is taken, after a time that depends on
// the slowest of them.
func TestSlowVisitsDoNotStarveLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, durations := range [][]time.Duration{
			{time.Second, time.Second, time.Second, time.Second, time.Second, time.Second},
			{2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second},
			{
				30 * time.Second, 29 * time.Second,
				200 * time.Millisecond, 150 * time.Millisecond, 20 * time.Millisecond,
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			var g Lock
			var work sync.WaitGroup
			var n atomic.Int64
			longest := time.Duration(0)
			for _, d := range durations {
				longest = max(longest, d)
				work.Go(func() { visits(ctx, &g, d, &n) })
			}
			for range 10 {
				time.Sleep(rand.N(3 * time.Second))
				began := time.Now()
				if err := g.Lock(ctx); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(began); waited > 3*longest {
					t.Errorf("%v: waited %s", durations, waited)
				}
				g.Unlock()
			}
			cancel()
			work.Wait()
		}
	})
}

// A visit must yield once somebody waits, even after the lock opened again for the others; visits
// that began later need not, until the slow one has ended.
func TestMustYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		var slow, quick Visitor
		enter := func(v *Visitor) {
			t.Helper()
			if err := g.Enter(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
		enter(&slow)
		if g.MustYield(&slow) {
			t.Error("a visit that nobody waits for must yield")
		}
		taken := false
		go func() {
			if err := g.Lock(t.Context()); err != nil {
				t.Error(err)
			}
			taken = true
		}()
		synctest.Wait()
		if !g.MustYield(&slow) {
			t.Error("a visit need not yield")
		}
		began := time.Now()
		enter(&quick) // waits until the lock opens again
		if waited := time.Since(began); waited != patience {
			t.Errorf("another visit waited %s, want %s", waited, patience)
		}
		if !g.MustYield(&slow) || g.MustYield(&quick) {
			t.Errorf("the slow visit must yield: %v, the other: %v", g.MustYield(&slow),
				g.MustYield(&quick))
		}
		g.Leave(&slow)
		if !g.MustYield(&quick) {
			t.Error("a visit need not yield once the slow one ended")
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience/2)
		defer cancel()
		if err := g.Enter(ctx, &slow); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the slow visitor is let in: %v", err)
		}
		if taken {
			t.Error("it is taken while somebody visits it")
		}
		g.Leave(&quick)
		synctest.Wait()
		if !taken {
			t.Error("it is not taken")
		}
		g.Unlock()
		wantIdle(t, &g)
	})
}

// A visitor that was slow is kept out while somebody waits, for twice the time that it took, and no
// longer than somebody waits.
func TestSlowVisitorIsKeptOut(t *testing.T) {
	for _, gaveUp := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var g Lock
			var slow, other Visitor
			for _, v := range []*Visitor{&slow, &other} {
				if err := g.Enter(t.Context(), v); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- g.Lock(ctx) }()
			time.Sleep(time.Second)
			g.Leave(&slow) // after a second; the other goes on
			began := time.Now()
			entered := make(chan time.Duration, 1)
			go func() {
				if err := g.Enter(t.Context(), &slow); err != nil {
					t.Error(err)
				}
				entered <- time.Since(began)
			}()
			want := 2 * time.Second
			if gaveUp {
				want = 500 * time.Millisecond
				time.Sleep(want)
				cancel()
			}
			if out := <-entered; out != want {
				t.Errorf("kept out for %s, want %s", out, want)
			}
			g.Leave(&slow)
			g.Leave(&other)
			if err := <-ended; (err != nil) != gaveUp {
				t.Errorf("Lock returns %v", err)
			} else if err == nil {
				g.Unlock()
			}
			cancel()
			wantIdle(t, &g)
		})
	}
}

// A slow visitor is kept out for one turn: it comes in before the next waiter takes the lock.
func TestSlowVisitorComesBetweenTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		var slow Visitor
		if err := g.Enter(t.Context(), &slow); err != nil {
			t.Fatal(err)
		}
		var order []string
		var work sync.WaitGroup
		for range 2 {
			work.Go(func() {
				if err := g.Lock(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, "taken")
				time.Sleep(time.Millisecond)
				g.Unlock()
			})
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		g.Leave(&slow)
		if err := g.Enter(t.Context(), &slow); err != nil {
			t.Fatal(err)
		}
		order = append(order, "visited")
		g.Leave(&slow)
		work.Wait()
		if len(order) != 3 || order[1] != "visited" {
			t.Errorf("the order is %q", order)
		}
		wantIdle(t, &g)
	})
}
