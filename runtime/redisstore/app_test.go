package redisstore_test

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/redis/go-redis/v9"
)

const accounts = 9

func config(driver brook.Driver, store brook.Store) brook.Config {
	return brook.Config{Author: "ledger", Driver: driver, Store: store,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), BatchSize: 20,
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Millisecond}}
}

func newApp(t testing.TB, driver brook.Driver, store brook.Store) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(config(driver, store), ledger.Books{},
		apptest.FailOnDemand())
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func closed(t testing.TB, app *ledger.App) {
	t.Helper()
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

func caughtUp(t testing.TB, app *ledger.App) {
	t.Helper()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// story makes n events of which none concerns two accounts.
func story(seed uint64, n int) func(yield func(brook.Outgoing) bool) {
	return func(yield func(brook.Outgoing) bool) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		for i := range n {
			var e brook.Outgoing
			account := fmt.Sprint(rnd.IntN(accounts))
			switch kind := rnd.IntN(12); {
			case i < accounts:
				e = brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "0"})
			case kind == 0:
				e = brook.Emit(ledger.Opened{Account: account, Email: fmt.Sprint(rnd.IntN(4)),
					Tags: []string{account}})
			default:
				m := ledger.Moved{Account: account, Cents: rnd.Int64N(50)}
				if i%200 == 199 {
					m.Order = "fail"
				}
				e = brook.Emit(m)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// onePass makes a log of a story, and returns what it amounts to when nothing goes wrong.
func onePass(t testing.TB, seed uint64, partitions, n int) (*memdriver.Driver, apptest.Observed) {
	t.Helper()
	d := memdriver.New(memdriver.Partitions(partitions))
	app := newApp(t, d, mapstore.New())
	defer closed(t, app)
	if _, err := app.PublishAll(t.Context(), story(seed, n)); err != nil {
		t.Fatal(err)
	}
	caughtUp(t, app)
	want := apptest.Observe(t, app)
	if len(want.Letters) == 0 || len(want.Accounts) != accounts || len(want.History) != accounts {
		t.Fatalf("a dull story: %.2000v", want)
	}
	return d, want
}

func TestAppEqualsOnePass(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		d, want := onePass(t, 1, 3, 1000)
		prefix := apart(t)
		for range 2 { // the second finds all done
			app := newApp(t, d, open(t, connect(t), prefix))
			caughtUp(t, app)
			apptest.Same(t, apptest.Observe(t, app), want)
			if err := app.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			apptest.Same(t, apptest.Observe(t, app), want)
			closed(t, app)
		}
	})
}

func TestAppOverLossyNetwork(t *testing.T) {
	d, want := onePass(t, 2, 1, 1000)
	for _, every := range []int64{5, 10, 30} {
		s, p := lossy(t)
		app := newApp(t, d, s)
		p.loseEvery(every)
		caughtUp(t, app)
		p.loseEvery(0)
		apptest.Same(t, apptest.Observe(t, app), want)
		closed(t, app)
		t.Logf("%d replies were lost", p.lost.Load())
	}
}

// Several apps fold one log into one view, each all of it.
func TestAppsShareAView(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		d, want := onePass(t, 3, 3, 1000)
		prefix := apart(t)
		var wg sync.WaitGroup
		var apps []*ledger.App
		for range 3 {
			app := newApp(t, d, open(t, connect(t), prefix))
			defer closed(t, app)
			apps = append(apps, app)
			wg.Go(func() {
				if err := app.CatchUp(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, app := range apps {
			apptest.Same(t, apptest.Observe(t, app), want)
		}
	})
}

// Views are read while others commit all the time: scans go on, and a snapshot is an instant.
func TestReadsWhileCommitting(t *testing.T) {
	prefix := apart(t)
	d := memdriver.New()
	writer, reader := newApp(t, d, open(t, client(t), prefix)), newApp(t, d,
		open(t, client(t), prefix))
	defer closed(t, reader)
	defer closed(t, writer)
	const rows = 400
	for i := range rows {
		if err := writer.Process.Opened(t.Context(),
			ledger.Opened{Account: fmt.Sprintf("%04d", i), Email: "all"}); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			e := ledger.Opened{Account: fmt.Sprintf("%04d", n%rows),
				Email: []string{"all", "other"}[n/rows%2]}
			if err := writer.Process.Opened(t.Context(), e); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond / 2)
		}
	})
	for range 20 {
		n, err := reader.Views.Accounts.Len()
		if n != rows || err != nil {
			t.Errorf("Len: %d, %v", n, err)
		}
		n = 0
		for e, err := range reader.Views.Accounts.All() {
			if err != nil || e.Key != fmt.Sprintf("%04d", n) {
				t.Fatalf("row %d: %v, %v", n, e.Key, err)
			}
			n++
		}
		if n != rows {
			t.Errorf("All: %d rows", n)
		}
		last := ""
		for a, err := range reader.Views.Accounts.ByEmail("all") {
			if err != nil {
				t.Fatalf("ByEmail: %v", err)
			}
			if a.Email != "all" || a.ID <= last {
				t.Fatalf("ByEmail: %+v after %q", a, last)
			}
			last = a.ID
		}
		if _, err := reader.Views.Accounts.Events("0001"); err != nil {
			t.Errorf("Events: %v", err)
		}
		err = reader.Views.Snapshot(t.Context(), func(v ledger.Views) error {
			for _, id := range []string{"0001", "0002"} {
				if _, err := v.Accounts.Get(id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("Snapshot: %v", err)
		}
	}
	close(done)
	wg.Wait()
}
