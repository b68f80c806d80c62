package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// Log reads all records of the ledger's first partition.
func Log(t *testing.T, d *memdriver.Driver) []brook.Record {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	return recordsOf(t, d, partitions[0])
}

// recordsOf reads all records of a partition.
func recordsOf(t *testing.T, d *memdriver.Driver, p brook.Partition) (records []brook.Record) {
	t.Helper()
	r, err := d.Open(t.Context(),
		brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.Start})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for next := p.Start; next < p.End; {
		c, err := r.Read(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		records, next = append(records, c.Records...), c.Next
	}
	return records
}

var errBug = errors.New("the bug")

// Stale makes views such that other code than the ledger's made them.
func Stale(t *testing.T, s brook.Store) {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/state"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Latest().Get(t.Context(), table, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]any{}
	if err := json.Unmarshal(v.Data.([]byte), &state); err != nil {
		t.Fatal(err)
	}
	state["Made"].(map[string]any)["gone"] = map[string]any{"Key": "string"}
	state["Folds"] = "another version"
	b, err := json.Marshal(state)
	if err == nil {
		err = s.Commit(t.Context(),
			&brook.Batch{Writes: []brook.Write{{Table: table, Key: []byte("state"), Value: b}}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Unacted tells the story of a bug over a driver and a store: orders whose handler fails,
// others that wait behind them, code without the bug, whose views are rebuilt by themselves, and
// everything emitted that never was, once. The code without the bug first runs over what broken
// gives, where it is not nil, which may fail.
func Unacted(t *testing.T, d *memdriver.Driver, s brook.Store, fault *storetest.Fault,
	broken func() (brook.Driver, brook.Store)) {
	t.Helper()
	bug := true
	run := func(ctx context.Context, d brook.Driver, s brook.Store) error {
		app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: d, Store: s,
			Log: slog.New(slog.DiscardHandler), BatchSize: 4,
			Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}},
			ledger.Books{},
			&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
				if bug && e.Data.Cents%3 == 0 {
					return errBug
				}
				return nil
			}})
		if err != nil {
			return err
		}
		err = app.CatchUp(ctx)
		return errors.Join(err, app.Close())
	}
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	publisher, err := ledger.NewApp(brook.Config{Author: "orders", Topic: "ledger", Driver: d,
		Store: mapstore.New()}, ledger.Books{}, &ledger.Audit{})
	check(err)
	const accounts, orders = 3, 5
	for i := range accounts {
		_, err := publisher.Publish.Opened(t.Context(), ledger.Opened{Account: fmt.Sprint(i)})
		check(err)
	}
	for n := range orders * accounts {
		_, err := publisher.Publish.Moved(t.Context(),
			ledger.Moved{Account: fmt.Sprint(n % accounts), Cents: int64(n/accounts + n%accounts),
				Order: "emit"})
		check(err)
	}
	check(publisher.Close())
	check(run(t.Context(), d, s))
	bug = false
	Stale(t, s)
	if broken != nil {
		ctx, cancel := fault.Until(t.Context())
		d, s := broken()
		if err := run(ctx, d, s); err != nil && !fault.Struck() {
			t.Error(err)
		}
		cancel()
	}
	for range 2 {
		check(run(t.Context(), d, s))
	}
	crashed := fault != nil && fault.Crashed()
	ids := map[string]int{}
	for _, r := range Log(t, d) {
		for _, h := range r.Headers {
			if h.Key == "ce_id" && slices.ContainsFunc(r.Headers, func(h brook.Header) bool {
				return h.Key == "ce_brooklane"
			}) {
				ids[string(h.Value)]++
			}
		}
	}
	if len(ids) != orders*accounts {
		t.Errorf("%d orders emitted, want all %d: %v", len(ids), orders*accounts, ids)
	}
	for id, n := range ids {
		if n != 1 && !crashed { // a crash may come between publishing and its note
			t.Errorf("%s was emitted %d times", id, n)
		}
	}
	app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: d, Store: s,
		Log: slog.New(slog.DiscardHandler)}, ledger.Books{}, &ledger.Audit{})
	check(err)
	defer func() { check(app.Close()) }()
	for i := range accounts {
		if note, err := app.Views.Notes.Get(fmt.Sprint(i)); len(note) != orders || err != nil {
			t.Errorf("account %d has the notes %q, %v; want %d", i, note, err, orders)
		}
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("a letter is left: %v, %v", l, err)
	}
}
