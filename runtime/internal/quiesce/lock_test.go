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
)

// Visits exclude whoever takes the lock, and not each other.
func TestLockExcludes(t *testing.T) {
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
			t.Errorf("it was taken %d times, as it counts %d; %d visits at once at most",
				turns, g.turns, most.Load())
		}
		wantIdle(t, &g)
	})
}

// A visit that never ends holds up nobody forever: waits end with their contexts, and leave nothing
// behind.
func TestWaitsEndWithTheirContexts(t *testing.T) {
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
		wantIdle(t, &g)
	})
}

// Visits that wait begin before the next one takes the lock.
func TestLockAndVisitsTakeTurns(t *testing.T) {
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

// wantIdle wants that nobody has the lock, visits it or waits.
func wantIdle(t *testing.T, g *Lock) {
	t.Helper()
	if g.inside != 0 || g.taken || g.closed.Load() || g.reopen != nil ||
		len(g.queue)+len(g.outside) > 0 {
		t.Errorf("it is not as it was: %+v", g)
	}
}

// Whoever waits for the lock is served in order.
func TestLockServesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		if err := g.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 5 {
			go func() {
				if err := g.Lock(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				g.Unlock()
			}()
			synctest.Wait()
		}
		if n := g.Turns(); n != 1 {
			t.Errorf("it was taken %d times", n)
		}
		g.Unlock()
		synctest.Wait()
		if fmt.Sprint(order) != "[0 1 2 3 4]" || g.Turns() != 6 {
			t.Errorf("served are %v, taken %d times", order, g.Turns())
		}
		wantIdle(t, &g)
	})
}

// A wait for the lock that ends lets visits in again, unless somebody else waits.
func TestLockGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Lock
		v, err := g.RLock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first, cancelFirst := context.WithCancel(t.Context())
		second, cancelSecond := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			go func() {
				if err := g.Lock(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("a wait that ends: %v", err)
				}
			}()
			synctest.Wait()
		}
		cancelFirst()
		synctest.Wait()
		if !g.MustYield(v) {
			t.Error("a visit need not yield, and somebody waits")
		}
		cancelSecond()
		synctest.Wait()
		if g.MustYield(v) {
			t.Error("a visit must yield, and nobody waits")
		}
		g.Leave(v)
		wantIdle(t, &g)
	})
}

// Ends of what never began are mistakes that show.
func TestUnlockAndLeaveWithoutBeginning(t *testing.T) {
	for name, end := range map[string]func(*Lock){
		"Unlock": (*Lock).Unlock,
		"Leave":  func(g *Lock) { g.Leave(&Visitor{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			end(&Lock{})
		}()
	}
}

func BenchmarkLock(b *testing.B) {
	var g Lock
	b.RunParallel(func(pb *testing.PB) {
		var v Visitor
		for pb.Next() {
			_ = g.Enter(b.Context(), &v)
			g.Leave(&v)
		}
	})
}
