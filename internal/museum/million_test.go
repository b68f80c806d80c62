//go:build unix

package museum_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/museum/v11"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var million = flag.Bool("million", false, "measure the rebuild of views made from a million events")

// TestMillion measures a rebuild of a million events, and that readers meanwhile see the live views
// as they are.
func TestMillion(t *testing.T) {
	if !*million {
		t.Skip("it takes minutes and a gigabyte: only with -million")
	}
	const orders, each = 100_000, 10
	driver := memdriver.New(memdriver.Partitions(4))
	producer, err := v11.NewApp(brook.Config{Author: "shop", Driver: driver, Store: mapstore.New()},
		v11.Shop{}, v11.Till{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := producer.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
		for i := range orders * each {
			if !yield(brook.Emit(v11.PaymentSettled{
				Order: fmt.Sprintf("o%06d", i%orders), Cents: 1, Currency: "EUR"})) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := producer.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"map", "Badger"} {
		t.Run(kind, func(t *testing.T) {
			var store brook.Store = mapstore.New()
			if kind == "Badger" {
				s, err := badgerstore.Open(t.TempDir()) // as a service opens it
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				store = s
			}
			app, err := v11.NewApp(brook.Config{Author: "shop", Driver: driver, Store: store},
				v11.Shop{}, v11.Till{})
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			measure(t, "first fold", func() {
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
			done := make(chan error, 1)
			var took []time.Duration
			measure(t, "rebuild", func() {
				go func() { done <- app.Rebuild(t.Context()) }()
				took, err = readUntil(app, done, orders, each)
				if err != nil {
					t.Fatal(err)
				}
			})
			slices.Sort(took)
			at := func(share float64) time.Duration { return took[int(share*float64(len(took)-1))] }
			t.Logf("%d reads meanwhile, all of them right: median %v, 99 %% below %v, the slowest %v",
				len(took), at(0.5), at(0.99), at(1))
		})
	}
}

// readUntil reads orders at random until a rebuild is done, and returns how long each read took.
func readUntil(app *v11.App, done <-chan error, orders int, want int64) (took []time.Duration, err error) {
	other := time.NewTicker(100 * time.Microsecond) // a reader that does other things too
	defer other.Stop()
	for {
		select {
		case err := <-done:
			return took, err
		case <-other.C:
		}
		id := fmt.Sprintf("o%06d", rand.IntN(orders))
		began := time.Now()
		order, err := app.Views.Orders.Get(id)
		took = append(took, time.Since(began))
		if err != nil || order.Settled != want {
			return took, errors.Join(fmt.Errorf("a reader saw %+v, %w", order, err), <-done)
		}
	}
}

// measure logs what do took: time, CPU time of the process, and the largest heap.
func measure(t *testing.T, what string, do func()) {
	t.Helper()
	stop, peak := make(chan struct{}), make(chan uint64)
	runtime.GC()
	before := heap()
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		most := before
		for {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	began, cpu := time.Now(), cpuTime()
	do()
	elapsed, used := time.Since(began), cpuTime()-cpu
	close(stop)
	most := <-peak
	runtime.GC()
	t.Logf("%s: %v, %v of CPU time; heap %d MiB before, %d at most, %d after", what,
		elapsed.Round(time.Millisecond), used.Round(time.Millisecond), before>>20, most>>20, heap()>>20)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
