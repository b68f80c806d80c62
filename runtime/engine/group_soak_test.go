package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Instances come and go, with stores that last and stores that forget: every emission is in the log
// once, every effect ran once.
func TestInstancesComeAndGo(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			d := memdriver.New(memdriver.Partitions(3))
			var mu sync.Mutex
			ran := map[int64]int{}
			audit := &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
				cents := e.Data.Cents
				return func(context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					ran[cents]++
					return nil
				}
			}}
			lasts := []brook.Store{lasting{newStore()}, lasting{newStore()}, nil, nil}
			running := make([]*harness, len(lasts))
			enter := func(i int) {
				store := lasts[i]
				if store == nil {
					store = newStore()
				}
				c := config(d, store)
				c.BatchSize, c.MaxOutbox = 1+rnd.IntN(20), 50
				running[i] = open(t, c, audit)
			}
			moves := map[string]int{}
			sum := int64(0)
			happen := func(n int) {
				h := &harness{t: t, ctx: t.Context(), driver: d}
				for range n {
					account := fmt.Sprint(rnd.IntN(8))
					if moves[account] == 0 {
						h.raw(account, ledger.OpenedType, fmt.Sprintf(`{"account":%q}`, account))
					}
					moves[account]++
					sum++
					h.raw(account, ledger.MovedType,
						fmt.Sprintf(`{"account":%q,"cents":%d,"order":"emit"}`, account, sum))
				}
			}
			enter(rnd.IntN(len(lasts)))
			for range 25 {
				happen(rnd.IntN(10))
				time.Sleep(time.Duration(rnd.IntN(1500)) * time.Millisecond)
				synctest.Wait() // who goes while it is behind may forget effects that it held back
				i := rnd.IntN(len(running))
				if running[i] == nil {
					enter(i)
					continue
				}
				happen(rnd.IntN(10))
				if err := running[i].stop(); err != nil {
					t.Fatal(err)
				}
				if err := running[i].Close(); err != nil {
					t.Fatal(err)
				}
				running[i] = nil
			}
			if running[0] == nil {
				enter(0)
			}
			happen(3)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for cents := int64(1); cents <= sum; cents++ {
				if ran[cents] != 1 {
					t.Errorf("seed %d: effect %d of %d ran %d times", seed, cents, sum, ran[cents])
				}
			}
			out := emitted(t, d)
			for account, n := range moves {
				if out[account] != n {
					t.Errorf("seed %d: account %s: %d emissions of %d moves", seed, account,
						out[account], n)
				}
			}
			for i, h := range running {
				if h != nil {
					if n := waiting(t, h.store); n != 0 {
						t.Errorf("seed %d: %d emissions wait at instance %d", seed, n, i)
					}
				}
			}
		})
	}
}
