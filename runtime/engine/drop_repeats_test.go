package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// published by somebody else: a move with an ID of its own.
func movedBy(author, id, order string) brook.Record {
	return brook.Record{Topic: "ledger", Key: []byte("a"),
		Value: []byte(`{"account":"a","cents":1,"order":"` + order + `"}`), Headers: []brook.Header{
			{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte(id)},
			{Key: "ce_source", Value: []byte(author)},
			{Key: "ce_type", Value: []byte(ledger.MovedType)}}}
}

// An event of an author and ID that were folded, or became a dead letter, is passed over and
// counted: live, after a restart and in a rebuild, as long as it is among the last so many of its
// partition. Without DropRepeats it counts twice.
func TestDropRepeats(t *testing.T) {
	for _, size := range []int{0, 3, 1000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			d := memdriver.New()
			var broken breaker
			s := newSpy(newStore())
			s.durable = true
			repeats := 0
			run := func() *ledger.App {
				c := config(d, s)
				c.DropRepeats, c.BatchSize = size, 2
				c.Hooks.Commit = func(e brook.Commit) { repeats += e.Repeats }
				return newLedger(t, c, &ledger.Audit{Do: broken.do})
			}
			publish := func(records ...brook.Record) {
				if _, err := d.Publish(t.Context(), records); err != nil {
					t.Fatal(err)
				}
			}
			at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
			publish(movedBy("x", "1", ""), movedBy("x", "1", ""), movedBy("y", "1", ""),
				movedBy("x", "2", "fail"), movedBy("x", "2", "fail"), movedBy("x", "1", ""))
			app := run()
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			app.Close()
			publish(movedBy("x", "2", ""), movedBy("y", "1", ""))
			app = run()
			defer app.Close()
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := map[int][2]int{0: {8, 0}, 3: {3, 5}, 1000: {3, 5}}[size]
			check := func() {
				t.Helper()
				if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != want[0] {
					t.Errorf("%d moves, %v; want %d", a.Moves, err, want[0])
				}
			}
			check()
			if repeats != want[1] {
				t.Errorf("%d repeats told, want %d", repeats, want[1])
			}
			if err := app.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			check()
			publish(movedBy("x", "1", ""))
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if size == 0 {
				want[0]++
			}
			check()
		})
	}
}

// The window is exact, whatever crashes, and the store holds no more than it needs.
func TestWindowOverCrashes(t *testing.T) {
	d, s := memdriver.New(), newSpy(newStore())
	s.durable = true
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	events := 0
	for round := range 12 {
		for i := range 100 {
			r := movedBy("x", fmt.Sprint(events), "quiet")
			if _, err := d.Publish(t.Context(), []brook.Record{r, r}); err != nil {
				t.Fatal(err)
			}
			if i%10 == 9 { // one of before, in the window
				if _, err := d.Publish(t.Context(), []brook.Record{movedBy("x",
					fmt.Sprint(max(0, events-250)), "quiet")}); err != nil {
					t.Fatal(err)
				}
			}
			events++
		}
		c := config(d, s)
		fault := drivertest.NewFault(drivertest.CrashAfter, round, drivertest.OpRead)
		c.Driver, c.DropRepeats, c.BatchSize = drivertest.Faulty(d, fault), 300, 7
		app := newLedger(t, c, &ledger.Audit{})
		ctx, cancel := fault.Until(t.Context())
		_ = app.CatchUp(ctx)
		cancel()
		app.Close()
	}
	app := newLedger(t, func() brook.Config { c := config(d, s); c.DropRepeats = 300; return c }(),
		&ledger.Audit{})
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != events {
		t.Errorf("%d moves, %v; want %d", a.Moves, err, events)
	}
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/1/window"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n += len(row.Value.Data.([]byte)) / 16
	}
	if n < 300 || n > 300+3*256 {
		t.Errorf("the store remembers %d events for a window of 300", n)
	}
}

// Config.DropRepeats: "a commit writes up to 4 KiB more for each partition", however long the
// process runs, and old blocks go.
func TestWindowWritesStaySmall(t *testing.T) {
	d, s := memdriver.New(), newSpy(newStore())
	s.durable = true
	last, rows := 0, map[string]bool{}
	s.commit = func(_ context.Context, b *brook.Batch, do func() error) error {
		n := 0
		for _, w := range b.Writes {
			if strings.HasSuffix(s.name(w.Table), "/window") {
				n += len(w.Key)
				if v, ok := w.Value.([]byte); ok {
					n += len(v)
				}
				if rows[string(w.Key)] = true; w.Op == brook.Remove {
					delete(rows, string(w.Key))
				}
			}
		}
		if n > 0 {
			last = n
		}
		return do()
	}
	c := config(d, s)
	c.DropRepeats, c.BatchSize = 100, 50
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	var all []brook.Record
	for n := range 5000 {
		all = append(all, movedBy("x", fmt.Sprint(n), ""))
	}
	if _, err := d.Publish(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last > 8<<10 || len(rows) > 3 {
		t.Errorf("the last commit of 50 events wrote %d bytes of the window of 100 events, which has %d blocks in the store", last, len(rows))
	}
}
