package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// trips counts how often a store is asked for rows. It is far away by the clock of a bubble: how
// long dry runs take on this machine must not decide whether they pay.
type trips struct {
	brook.Store
	gets, fetches, rows atomic.Int64
	after               func() // is called after every fetch
}

func (s *trips) Latest() brook.Reader { return counted{s.Store.Latest(), s} }

type counted struct {
	brook.Reader
	s *trips
}

func (r counted) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	r.s.gets.Add(1)
	return r.Reader.Get(ctx, t, key)
}

func (r counted) Fetch(ctx context.Context, keys []brook.TableKey) ([]brook.Value, error) {
	r.s.fetches.Add(1)
	r.s.rows.Add(int64(len(keys)))
	time.Sleep(time.Millisecond) // the store is far away, else it pays to ask it each time
	values, err := r.Reader.(brook.Fetcher).Fetch(ctx, keys)
	if r.s.after != nil {
		r.s.after()
	}
	return values, err
}

// A batch asks the store a few times, however many rows its events read, and views are those of an
// app that asks for each.
func TestBatchIsFetchedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const accounts = 300
		var events []brook.Outgoing
		for i := range accounts {
			events = append(events, brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "0"}))
		}
		for i := range accounts {
			events = append(events,
				brook.Emit(ledger.Moved{Account: fmt.Sprint(i), Cents: int64(i), From: fmt.Sprint((i +
					7) % accounts)}))
		}
		d := log(t, 1, events)
		want := func() told {
			app, err := ledger.NewApp(config(d, mapstore.New()), ledger.Books{}, &ledger.Audit{})
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			return tell(t, app)
		}()
		s := &trips{Store: bytestore.NewFar()}
		c := config(d, s)
		c.BatchSize = 100
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		s.gets.Store(0)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := tell(t, app); !reflect.DeepEqual(got, want) {
			t.Errorf("views\n%s", brooktest.Diff(got, want))
		}
		if gets, fetches := s.gets.Load(), s.fetches.Load(); gets > accounts/2 || fetches > 40 ||
			s.rows.Load() < 2*accounts {
			t.Errorf("%d rows were read one by one, and %d in %d fetches", gets, s.rows.Load(), fetches)
		}
	})
}

// A rehearsal leaves no trace: what fails, panics, emits or takes effect in it does so once, in its
// turn.
func TestRehearsalLeavesNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var effects, failures, calls atomic.Int64
		c := config(memdriver.New(), &trips{Store: bytestore.NewFar()})
		c.Hooks.Failure = func(brook.Failure) { failures.Add(1) }
		c.BatchSize, c.OnFailure = 100, brook.GoOn
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{
			Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
				calls.Add(1)
				switch e.Data.Order {
				case "fail":
					return errors.New("made to fail")
				case "panic":
					panic("made to panic")
				}
				return nil
			},
			Effect: func(brook.Event[ledger.Moved]) brook.Effect {
				return func(context.Context) error { effects.Add(1); return nil }
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		const accounts = 20
		_, err = app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
			for i := range accounts {
				id, end := fmt.Sprint(i), []string{"fail", "panic"}[i%2]
				if !yield(brook.Emit(ledger.Opened{Account: id})) ||
					!yield(brook.Emit(ledger.Moved{Account: id, Cents: 1, Order: "emit"})) ||
					!yield(brook.Emit(ledger.Moved{Account: id, Cents: 1, Order: end})) {
					return
				}
			}
		})
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		letters := 0
		for l, err := range app.DeadLetters() {
			if err != nil || l.Attempts != 1 {
				t.Errorf("letter %+v, %v", l, err)
			}
			letters++
		}
		for i := range accounts {
			// What was emitted was so once.
			if n, err := app.Views.Notes.Get(fmt.Sprint(i)); len(n) != 1 || err != nil {
				t.Errorf("account %d: notes %q, %v", i, n, err)
			}
		}
		if letters != accounts || effects.Load() != accounts || failures.Load() != 0 {
			t.Errorf("%d letters, %d effects, %d failures told; want %d, %[4]d, 0", letters,
				effects.Load(), failures.Load(), accounts)
		}
		if calls.Load() <= 2*accounts {
			t.Errorf("%d calls: nothing was rehearsed", calls.Load())
		}
	})
}

// A row that another process changes after it was fetched is noticed at the commit.
func TestFetchedRowsAreFenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(3, 3))
		var events []brook.Outgoing
		for i := range 400 {
			if i < 20 {
				events = append(events, brook.Emit(ledger.Opened{Account: fmt.Sprint(i)}))
			}
			events = append(events, brook.Emit(ledger.Moved{Account: fmt.Sprint(rnd.IntN(min(i+1,
				20))), Cents: rnd.Int64N(50)}))
		}
		d := log(t, 1, events)
		alone, _ := catchUp(t, d, mapstore.New(), storetest.NewFault(storetest.Fail, 0))
		want := tell(t, alone)
		if err := alone.Close(); err != nil {
			t.Fatal(err)
		}
		store := newShared()
		other, err := ledger.NewApp(config(d, store), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if err := other.Process.Opened(t.Context(), ledger.Opened{Account: "0"}); err != nil {
			t.Fatal(err)
		}
		s := &trips{Store: store}
		meddled := 0
		s.after = func() {
			if meddled++; meddled <= 10 {
				if err := other.Process.Moved(t.Context(),
					ledger.Moved{Account: "0", Cents: 1000, Order: "quiet"}); err != nil {
					t.Error(err)
				}
			}
		}
		c := config(d, fencedTrips{s})
		c.BatchSize = 20
		var b breaker
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{Do: b.do})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if meddled <= 10 || store.conflicts == 0 {
			t.Fatalf("%d fetches, %d conflicts", meddled, store.conflicts)
		}
		if err := app.Rebuild(t.Context()); err != nil { // forgets what the other processed
			t.Fatal(err)
		}
		if got := tell(t, app); !reflect.DeepEqual(got, want) {
			t.Errorf("rebuilt\n%s", brooktest.Diff(got, want))
		}
	})
}

type fencedTrips struct{ *trips }

func (fencedTrips) Fenced() bool  { return true }
func (fencedTrips) Durable() bool { return true }
