package quiesce

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// visits visits a gate again and again, each time for so long, until ctx ends, and counts.
func visits(ctx context.Context, g *Lock, each time.Duration, n *atomic.Int64) {
	var v Visitor
	for g.Enter(ctx, &v) == nil {
		for began := time.Now(); ; { // a batch has events until it is full or hurried
			_ = retry.Sleep(ctx, each)
			n.Add(1)
			if g.MustYield(&v) || time.Since(began) > 10*each || ctx.Err() != nil {
				break
			}
		}
		g.Leave(&v)
	}
}

// Who takes the gate is alone; who visits it is not.
func TestGateExcludes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		var inside, most atomic.Int64
		var work sync.WaitGroup
		for range 8 {
			work.Go(func() {
				var v Visitor
				for range 200 {
					if err := g.Enter(t.Context(), &v); err != nil {
						t.Error(err)
						return
					}
					most.Store(max(most.Load(), inside.Add(1)))
					time.Sleep(rand.N(200 * time.Millisecond))
					inside.Add(-1)
					g.Leave(&v)
				}
			})
		}
		turns := 0
		for range 3 {
			work.Go(func() {
				for range 50 {
					if err := g.Lock(t.Context()); err != nil {
						t.Error(err)
						return
					}
					if n := inside.Add(100); n != 100 {
						t.Errorf("%d visits while it is taken", n-100)
					}
					time.Sleep(rand.N(10 * time.Millisecond))
					turns++
					inside.Add(-100)
					g.Unlock()
				}
			})
		}
		work.Wait()
		if turns != 150 || g.turns != 150 || most.Load() < 2 {
			t.Errorf("it was taken %d times, as it counts %d; %d visits at once at most", turns, g.turns, most.Load())
		}
		if g.inside != 0 || g.taken || g.shut.Load() || g.door != nil || len(g.queue)+len(g.outside) > 0 {
			t.Errorf("it is not as it was: %+v", &g)
		}
	})
}

// A slow visit holds up who wants the gate, and the others for a moment only.
func TestGateSlowVisitHoldsUpNobodyElse(t *testing.T) {
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

// However many visits are slow, and however slow, the gate's turn comes, in a time that hangs on these.
func TestGateGetsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, durations := range [][]time.Duration{
			{time.Second, time.Second, time.Second, time.Second, time.Second, time.Second},
			{2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second},
			{30 * time.Second, 29 * time.Second, 200 * time.Millisecond, 150 * time.Millisecond, 20 * time.Millisecond},
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

// A visit that never ends holds up nobody for good: waits end with their contexts, and leave nothing behind.
func TestGateWaitsEndWithTheirContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		var hangs Visitor
		if err := g.Enter(t.Context(), &hangs); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		var work sync.WaitGroup
		for range 3 {
			work.Go(func() {
				if err := g.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Lock: %v", err)
				}
			})
		}
		time.Sleep(time.Second)
		for i := range 100 {
			var v Visitor
			if err := g.Enter(t.Context(), &v); err != nil {
				t.Error(i, err)
			}
			g.Leave(&v)
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("visits waited %s", d-time.Second)
		}
		work.Wait()
		if d := time.Since(began); d != time.Minute {
			t.Errorf("waits of a minute took %s", d)
		}
		g.Leave(&hangs)
		if err := g.Lock(t.Context()); err != nil {
			t.Error(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.RLock(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a visit while it is taken: %v", err)
		}
		if err := g.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Lock under an ended context: %v", err)
		}
		g.Unlock()
		if g.inside != 0 || g.door != nil || len(g.queue)+len(g.outside) > 0 {
			t.Errorf("it is not as it was: %+v", &g)
		}
	})
}

// Who gives the gate up lets those in first that waited to visit it.
func TestGateTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		var order []string
		if err := g.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		for i := range 2 {
			work.Go(func() {
				if err := g.Lock(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, fmt.Sprint("taken ", i))
				g.Unlock()
			})
			synctest.Wait()
			work.Go(func() {
				v, err := g.RLock(t.Context())
				if err != nil {
					t.Error(err)
				}
				if len(order) > 0 && i == 0 {
					t.Errorf("visited after %q", order)
				}
				time.Sleep(time.Millisecond)
				g.Leave(v)
			})
			synctest.Wait()
		}
		g.Unlock()
		work.Wait()
		if fmt.Sprint(order) != "[taken 0 taken 1]" {
			t.Errorf("%q", order)
		}
	})
}

func BenchmarkGate(b *testing.B) {
	var g Lock
	b.RunParallel(func(pb *testing.PB) {
		var v Visitor
		for pb.Next() {
			_ = g.Enter(b.Context(), &v)
			g.Leave(&v)
		}
	})
}
