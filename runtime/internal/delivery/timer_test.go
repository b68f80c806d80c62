package delivery_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/timers"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/key"
)

// late is the event of the timers of the tests, whose payload is its key.
var late = &brook.EventDef{
	Type: "late", Was: []string{"too.late"}, Shape: "string", Timed: true,
	AppendKey: func(dst []byte, data any) []byte {
		if id := *data.(*string); id != "" {
			return key.AppendString(dst, id)
		}
		return nil
	},
	Append: func(dst []byte, data any) ([]byte, error) {
		b, err := json.Marshal(data)
		return append(dst, b...), err
	},
}

// timed is a fixture whose package has timers.
func timed(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	layout := &schema.Layout{}
	layout.AddTimers()
	tx := txn.New(nil, layout, &f.reader)
	tx.On([]brook.Table{"timers", "due"}, nil)
	f.Delivery = delivery.New(tx, def, false, "app")
	return f
}

// event begins the next event, of the type of timers.
func (f *fixture) event(id, lane string) (started bool) {
	f.Tx.Accept()
	f.Prepare(f.t.Context(), &f.record, &f.host)
	f.Message = brook.Message{ID: id, Type: "late", Keyed: true, Time: written, Lane: lane}
	f.Key = key.AppendString(nil, "k")
	f.Tx.Begin(txn.Event{Ctx: f.t.Context()})
	return f.Started(late.Info())
}

// set sets a timer in set A, and then fails with err.
func (f *fixture) set(id string, due time.Time, err error) {
	f.Handle(0, func(context.Context) error {
		f.SetTimer(late, &id, due)
		return err
	})
}

// rows returns the keys of what the transaction writes, and the rows of timers.
func (f *fixture) rows() (keys string, rows []*timers.Row) {
	f.t.Helper()
	for _, w := range f.Tx.Writes(nil) {
		if w.Op == brook.Remove {
			continue
		}
		keys += " " + w.Table.(string)
		if w.Table != "timers" {
			continue
		}
		r, err := timers.Decode(w.Value.([]byte))
		if err != nil {
			f.t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return keys, rows
}

// A timer is set with its set's changes, and is what an emission in its place would be.
func TestSetTimer(t *testing.T) {
	f := timed(t)
	f.event("cause", "")
	due := time.Date(2030, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	f.set("k", due, errBad)
	if keys, _ := f.rows(); keys != "" {
		t.Errorf("a set that fails leaves%s", keys)
	}
	f.Handle(1, func(context.Context) error {
		f.Emit(brook.Outbound{})
		id := "k"
		f.SetTimer(late, &id, due.Add(-1))
		f.SetTimer(late, &id, due)
		f.Emit(brook.Outbound{})
		return nil
	})
	keys, rows := f.rows()
	if keys != " timers due" || len(rows) != 1 {
		t.Fatalf("one timer writes%s", keys)
	}
	r := rows[0]
	if !r.Due.Equal(due) || r.Due.Location() != time.UTC || r.ID != "app/log/in/2/7/B/2" ||
		string(r.Key) != "k" || string(r.Data) != `"k"` || r.Position != at || r.Cause != "cause" ||
		r.Set != "B" || r.Ordinal != 2 || r.Published {
		t.Errorf("the timer is %+v", r)
	}
	if f.Emissions[0].Ordinal != 0 || f.Emissions[1].Ordinal != 3 {
		t.Errorf("emissions have the ordinals %d and %d: one ID would come twice",
			f.Emissions[0].Ordinal, f.Emissions[1].Ordinal)
	}
}

// The fold decides whether an event of a timer is handled.
func TestFoldTimer(t *testing.T) {
	lane := stream.OfTimers("app/RANDOM")
	const id = "app/log/in/2/7/A/0"
	f := timed(t)
	f.event("cause", "")
	f.set("k", written, nil)
	for _, c := range []struct {
		what, id, lane   string
		started, remains bool
	}{
		{"the event of another timer", "app/log/in/2/6/A/0", lane, false, true},
		{"an emission of that type", "app/log/in/2/6/A/0", "app/log/in/2/A", true, true},
		{"another app's event", "other/log/in/2/7/A/0", "other/RANDOM:timers", true, true},
		{"anybody's event", "cause", "", true, true},
		{"the event of the timer", id, lane, true, false},
		{"the event again", id, lane, false, false},
	} {
		if f.event(c.id, c.lane) != c.started {
			t.Errorf("%s is handled: %t", c.what, !c.started)
		}
		if f.Lapsed == c.started {
			t.Errorf("%s is passed over: %t", c.what, f.Lapsed)
		}
		if _, rows := f.rows(); len(rows) == 1 != c.remains {
			t.Errorf("after %s there are %d timers", c.what, len(rows))
		}
	}
}

// The timer is gone whatever sets do with the event, and stays if the event has no outcome.
func TestFoldTimerOfFailure(t *testing.T) {
	const id = "app/log/in/2/7/A/0"
	f := timed(t)
	f.event("cause", "")
	f.set("k", written, nil)
	f.event(id, "app/RANDOM:timers")
	f.Handle(0, func(context.Context) error { return errBad })
	if keys, _ := f.rows(); keys != "" {
		t.Errorf("an event that fails leaves%s", keys)
	}
	f.Tx.Revert()
	if _, rows := f.rows(); len(rows) != 1 {
		t.Error("an event without outcome takes its timer away")
	}
}

// What is redriven is handled although its timer is gone.
func TestFoldTimerRedriven(t *testing.T) {
	f := timed(t)
	f.Prepare(t.Context(), &f.record, &f.host)
	f.Message = brook.Message{ID: "app/log/in/2/7/A/0", Type: "late", Lane: "app/RANDOM:timers"}
	f.Key = key.AppendString(nil, "k")
	f.Letter = &deadletter.Letter{}
	f.Tx.Begin(txn.Event{Ctx: t.Context()})
	if !f.Started(late.Info()) || f.Lapsed {
		t.Error("it is passed over")
	}
}

// Without the store nothing is decided.
func TestFoldTimerWithoutStore(t *testing.T) {
	f := timed(t)
	f.reader.err = errBad
	if f.event("app/log/in/2/7/A/0", "app/RANDOM:timers") || f.Lapsed || f.Tx.StoreFault() == nil {
		t.Error("the event has an outcome")
	}
}

// Timers that can't be fail their set.
func TestBadTimers(t *testing.T) {
	for what, c := range map[string]struct {
		id   string
		due  time.Time
		want string
	}{
		"year":    {"k", time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), "year 10000"},
		"early":   {"k", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "year -1"},
		"no key":  {"", written, "a timer has a key"},
		"no text": {"\xff", written, "no UTF-8"},
	} {
		f := timed(t)
		f.event("cause", "")
		f.set(c.id, c.due, nil)
		if err := f.Results[0].Err; err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f := timed(t)
	f.event("cause", "")
	f.Handle(0, func(context.Context) error {
		f.CancelTimer(late, new(string))
		return nil
	})
	if f.Results[0].Err == nil {
		t.Error("a timer without a key is cancelled")
	}
	f.event("cause", "")
	f.set("k", time.Time{}, nil)
	if _, rows := f.rows(); len(rows) != 1 || !rows[0].Due.IsZero() {
		t.Errorf("of the zero time there are %v", rows)
	}
}

// A row under an earlier name of the event is the timer's as well.
func TestTimerOfEarlierName(t *testing.T) {
	f := timed(t)
	f.event("cause", "")
	encoded := key.AppendString(nil, "k")
	old := &timers.Row{Due: written, ID: "app/log/in/2/5/A/0"}
	f.Tx.SetTimer([]string{"too.late"}, encoded, old)
	f.set("k", written.Add(1), nil)
	if keys, rows := f.rows(); keys != " timers due" || rows[0].ID != "app/log/in/2/7/A/0" {
		t.Errorf("after it was set anew there are%s", keys)
	}
	f.Tx.SetTimer([]string{"too.late"}, encoded, old)
	f.Tx.CancelTimer([]string{"late", "too.late"}, encoded)
	if keys, _ := f.rows(); keys != "" {
		t.Errorf("after it was cancelled there are%s", keys)
	}
}
