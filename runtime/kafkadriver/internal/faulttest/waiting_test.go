package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// records returns what a topic holds, each partition in its order.
func (c *cluster) records(ctx context.Context, topic string) (all []brook.Record) {
	c.t.Helper()
	for _, last := range ends(c.t, ctx, c.steady(), topic) {
		r, err := c.steady().Open(ctx, brook.Position{Topic: topic, Partition: last.Partition})
		if err != nil {
			c.t.Fatal(err)
		}
		for next := int64(0); next <= last.Offset; {
			chunk, err := r.Read(ctx, 1000)
			if err != nil {
				c.t.Fatal(err)
			}
			all, next = append(all, chunk.Records...), chunk.Next
		}
		if err := r.Close(); err != nil {
			c.t.Error(err)
		}
	}
	return all
}

// newReminders opens an app with timers, whose failures block no keys.
func newReminders(c brook.Config) (*reminders.App, error) {
	c.Author, c.Name, c.OnFailure = "reminders", "reminders", brook.GoOn
	return reminders.NewApp(c, reminders.Reminding{})
}

// TestTimersKilled: processes whose timers become due are killed, one after the other. Timers are
// what the plainest program makes of the log.
func TestTimersKilled(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(3, nil)
	conf := config(c.driver(nil), mapstore.New(), topic)
	conf.Author = "orders"
	writer, err := reminders.NewApp(conf, reminders.Reminding{})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	place := func(yield func(brook.Outgoing) bool) {
		for range 40 {
			order := fmt.Sprint("o", rand.IntN(60))
			due := time.Now().Add(time.Duration(rand.IntN(1500)-300) * time.Millisecond)
			var e brook.Outgoing = brook.Emit(reminders.Placed{Order: order, Due: due,
				Fails: rand.IntN(9) == 0})
			switch rand.IntN(5) {
			case 0:
				e = brook.Emit(reminders.Paid{Order: order})
			case 1:
				e = brook.Emit(reminders.Deferred{Order: order, Due: due})
			}
			if !yield(e) {
				return
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "store")
	for n := range 15 {
		if _, err := writer.PublishAll(ctx, place); err != nil {
			t.Fatal(err)
		}
		p := spawn(t, ctx, order{Addrs: c.addrs, Topic: topic, Badger: dir, What: "timers",
			Batch: 1 + rand.IntN(12)})
		if n%3 == 2 {
			p.await([]string{publishing, published}[n%2], 1)
		} else {
			p.await(committed, 1+rand.IntN(4))
		}
		time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Millisecond)))) // any instant will do
		p.kill()
	}
	store := badger(t, dir)
	app, err := newReminders(config(c.driver(nil), store, topic))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	later := time.Now().Add(time.Hour)
	back, _ := engine.BackstageOf(app.Source())
	back.SetClock(func() time.Time { return later })
	if err := app.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	model, ids, published := apptest.NewTimerModel(), map[string]bool{}, 0
	for _, r := range c.records(ctx, topic) {
		if err := model.Fold(&r); err != nil {
			t.Error(err)
		}
		var m brook.Message
		if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
			t.Fatal(err)
		}
		if m.Author == "reminders" {
			ids[m.ID] = true
			published++
		}
	}
	if len(ids) < 30 || model.Letters == 0 {
		t.Fatalf("a dull story: %d timers, %d letters", len(ids), model.Letters)
	}
	if err := model.Compare(ctx, app, store, later); err != nil {
		t.Error(err)
	}
	t.Logf("%d timers, published %d times, %d passed over", len(ids), published, model.Lapsed)
}

// newParcels opens an app whose events may come too early.
func newParcels(c brook.Config) (*parcels.App, error) {
	return parcels.NewApp(c, &parcels.Shop{}, parcels.Audit{})
}

// earlyEvents returns the events of orders as they happened, and the rows that they come to.
func earlyEvents(t *testing.T, orders int) (events []brook.Outgoing, rows string) {
	t.Helper()
	events = apptest.ParcelEvents(orders)
	app, err := newParcels(config(memdriver.New(), mapstore.New(), "early"))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	for i := range events {
		_, err := app.PublishAll(t.Context(), slices.Values(events[i:i+1]))
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return events, apptest.ParcelRows(t, app)
}

// TestEarlyKilled: orders, payments and parcels, in topics of their own and in any order, are folded
// by processes that are killed: one after the other over Badger, and in a group over Redis. Views
// are as if all had come in order, and each receipt is in the log.
func TestEarlyKilled(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topics := []string{"orders", "payments", "parcels"}
	for _, topic := range append(topics, "receipts") {
		c.create(topic, 3, nil)
		t.Cleanup(func() {
			if err := c.admin().DeleteTopic(topic); err != nil {
				t.Error(err)
			}
		})
	}
	const orders = 100
	events, want := earlyEvents(t, orders)
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	writer, err := newParcels(config(c.driver(nil), mapstore.New(), "writer"))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	dir := filepath.Join(t.TempDir(), "store")
	for some := range slices.Chunk(events, len(events)/10) {
		if _, err := writer.PublishAll(ctx, slices.Values(some)); err != nil {
			t.Fatal(err)
		}
		p := spawn(t, ctx, order{Addrs: c.addrs, Topic: "early", Badger: dir, What: "early",
			Batch: 1 + rand.IntN(12)})
		p.await(committed, 1+rand.IntN(3))
		time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Millisecond)))) // any instant will do
		p.kill()
	}
	finished := func(t *testing.T, name string, conf brook.Config, beside func()) {
		t.Helper()
		app, err := newParcels(conf)
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		run, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- app.Run(run) }()
		beside()
		for _, topic := range topics {
			for _, at := range ends(t, ctx, c.steady(), topic) {
				if err := app.WaitFor(ctx, at); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		}
		stop()
		if err := errors.Join(<-done, app.CatchUp(ctx)); err != nil {
			t.Fatal(err)
		}
		if got := apptest.ParcelRows(t, app); got != want {
			t.Errorf("rows are\n%swant\n%s", got, want)
		}
		ids := map[string]bool{}
		for _, r := range c.records(ctx, "receipts") {
			var m brook.Message
			if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(m.ID, name+"/") {
				ids[m.ID] = true
			}
		}
		if len(ids) != 2*orders {
			t.Errorf("receipts of %d payments are in the log, want those of %d", len(ids), 2*orders)
		}
	}
	t.Run("Badger", func(t *testing.T) {
		finished(t, "early", config(c.driver(nil), badger(t, dir), "early"), func() {})
	})
	t.Run("Redis group", func(t *testing.T) {
		addr, prefix := redisAddr(t), fmt.Sprintf("early-%x", rand.Uint32())
		store := shareable(t, addr, redisstore.Prefix(prefix))
		conf := config(c.driver(nil), store, "early-group")
		conf.Group = true
		finished(t, "early-group", conf, func() {
			for range 8 {
				p := spawn(t, ctx, order{Addrs: c.addrs, Topic: "early-group", Redis: addr,
					Prefix: prefix, Group: true, What: "early", Batch: 1 + rand.IntN(12)})
				p.await(opened, 1)
				time.Sleep(time.Duration(rand.Int64N(int64(time.Second)))) // any instant will do
				p.kill()
			}
		})
	})
}
