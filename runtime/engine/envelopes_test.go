package engine_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/relay"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// records gives all that the log has of a topic.
func records(t *testing.T, d *memdriver.Driver, topic string) (all []brook.Record) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		reader, err := d.Open(t.Context(), brook.Position{Topic: p.Topic, Partition: p.Number})
		if err != nil {
			t.Fatal(err)
		}
		for next := int64(0); next < p.End; {
			c, err := reader.Read(t.Context(), 1000)
			if err != nil {
				t.Fatal(err)
			}
			all, next = append(all, c.Records...), c.Next
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// allEmitted gives those of a topic's records that handlers emitted, and their messages.
func allEmitted(t *testing.T, d *memdriver.Driver, e brook.Envelope,
	topic string) (all []brook.Record, messages []brook.Message) {
	t.Helper()
	for _, r := range records(t, d, topic) {
		var m brook.Message
		if err := e.Open(&r, &m); err != nil {
			t.Fatal(err)
		}
		if m.Lane != "" {
			all, messages = append(all, r), append(messages, m)
		}
	}
	return all, messages
}

// An app folds what it publishes in any envelope, over several partitions, and its emissions once,
// however often they come. What its emissions are caused by is told, and the trace goes on to them.
func TestEveryEnvelopeFolds(t *testing.T) {
	for _, f := range apptest.Shared() {
		t.Run(f.Name, func(t *testing.T) {
			e := f.Ledger()
			d := memdriver.New(memdriver.Partitions(2))
			c := config(d, newStore())
			c.Envelope = e
			app := newLedger(t, c, &ledger.Audit{})
			defer app.Close()
			ctx := t.Context()
			if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a",
				Tags: []string{"x", "y"}}, brook.WithID("first")); err != nil {
				t.Fatal(err)
			}
			if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "b"}); err != nil {
				t.Fatal(err)
			}
			// In Brook's formats one type's events are in one partition, and another's may be folded before.
			if err := app.CatchUp(ctx); err != nil {
				t.Fatal(err)
			}
			traced := []string{"traceparent", "00-1-2-01", "tracestate", "a=1,b=2",
				"ce_traceparent", "00-0-0-00", "ce_tracestate", "c=3"}
			options := []brook.PublishOption{brook.WithID("cause"),
				brook.WithHeader("region", []byte("eu"))}
			for _, h := range apptest.Headers(traced...) {
				options = append(options, brook.WithHeader(h.Key, h.Value))
			}
			if _, err := app.Publish.Moved(ctx, ledger.Moved{Account: "a", Cents: 1, Order: "emit"},
				options...); err != nil {
				t.Fatal(err)
			}
			for _, account := range []string{"b", "a", "b"} {
				if _, err := app.Publish.Moved(ctx,
					ledger.Moved{Account: account, Cents: 2, Order: "emit"}); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]ledger.Note{"a": {"noted: +1 makes 1", "noted: +2 makes 3"},
				"b": {"noted: +2 makes 2", "noted: +2 makes 4"}}
			folded := func() {
				t.Helper()
				if err := app.CatchUp(ctx); err != nil {
					t.Fatal(err)
				}
				if notes, err := brook.Map(app.Views.Notes.All()); err != nil ||
					!reflect.DeepEqual(notes, want) {
					t.Errorf("notes %q, %v; want %q", notes, err, want)
				}
			}
			folded()
			if a, err := app.Views.Accounts.Get("a"); err != nil ||
				!reflect.DeepEqual(a.Tags, []string{"x", "y"}) || a.Balance != 3 {
				t.Errorf("account %+v, %v", a, err)
			}
			again, messages := allEmitted(t, d, e, "ledger")
			if len(again) != 4 {
				t.Fatalf("%d emissions", len(again))
			}
			i := slices.IndexFunc(messages,
				func(m brook.Message) bool { return m.Cause == "cause" })
			if i < 0 {
				t.Fatalf("none of %+v is caused by the event", messages)
			}
			if m := messages[i]; !reflect.DeepEqual(m.Headers, apptest.Headers(traced...)) ||
				m.Author != "ledger" || m.Type != ledger.NotedType {
				t.Errorf("emitted is %+v, with headers %s", m, m.Headers)
			}
			// As after a crash between publishing them and noting that.
			if _, err := d.Publish(ctx, again); err != nil {
				t.Fatal(err)
			}
			folded()
			if history, err := app.Views.Accounts.Events("a"); err != nil ||
				history[0].ID != "first" || history[1].ID != "cause" {
				t.Errorf("history %+v, %v", history, err)
			}
			for l, err := range app.DeadLetters() {
				t.Errorf("left: %v, %v", l, err)
			}
		})
	}
}

// With records that are keyed by the event's type, partitions are folded in one lane, and the app
// says why.
func TestUnkeyedEnvelopeMeansOneLane(t *testing.T) {
	for _, f := range apptest.Shared() {
		t.Run(f.Name, func(t *testing.T) {
			c := config(memdriver.New(memdriver.Partitions(2)), newStore())
			c.Envelope = f.Ledger()
			told := modes(&c)
			open(t, c, &ledger.Audit{})
			mode := <-told
			if f.Unkeyed != (mode.Lanes == 1) ||
				f.Unkeyed && !strings.Contains(mode.Reason, "record keys") {
				t.Errorf("%d lanes: %s", mode.Lanes, mode.Reason)
			}
		})
	}
}

// Topics without envelopes: what is emitted into another one comes once, though there is no place
// in the value to say what it is.
func TestRawTopicsFold(t *testing.T) {
	d := memdriver.New(memdriver.Partitions(2))
	e := brook.RawTopics{Types: map[string]string{"orders": relay.PlacedType, "bills": relay.BilledType}}
	c := config(d, newStore())
	c.Author, c.Envelope = "billing", e
	app, err := relay.NewApp(c, relay.Billing{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx := t.Context()
	// One of our own, and one of a stranger's who knows nothing of brook.
	if _, err := app.Publish.Placed(ctx, relay.Placed{Order: "o1", Cents: 5},
		brook.WithHeader("traceparent", []byte("00-1-2-01"))); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Publish(ctx, []brook.Record{{Topic: "orders", Key: []byte("o2"), Value: []byte(`{"order":"o2","cents":7}`)}, {Topic: "orders", Key: []byte("o2")}}); err != nil {
		t.Fatal(err)
	}
	want := map[string]relay.Bill{"o1": {Order: "o1", Cents: 5, Times: 1},
		"o2": {Order: "o2", Cents: 7, Times: 1}}
	for range 2 {
		if err := app.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if bills, err := brook.Map(app.Views.Bills.All()); err != nil || !reflect.DeepEqual(bills, want) {
			t.Errorf("bills %+v, %v; want %+v", bills, err, want)
		}
		again, messages := allEmitted(t, d, e, "bills")
		if len(again) == 0 || messages[0].Author != "billing" || string(again[0].Value)[0] != '{' {
			t.Fatalf("emitted is %+v", messages)
		}
		if _, err := d.Publish(ctx, again); err != nil {
			t.Fatal(err)
		}
	}
	_, messages := allEmitted(t, d, e, "bills")
	if !slices.ContainsFunc(messages, func(m brook.Message) bool {
		return reflect.DeepEqual(m.Headers, apptest.Headers("traceparent", "00-1-2-01"))
	}) {
		t.Errorf("the trace does not go on: %+v", messages)
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("left: %v, %v", l, err)
	}
}

// Two events in one topic: the second one is refused where it is published, and what is emitted
// there is a dead letter.
func TestRawTopicsRefuseASecondType(t *testing.T) {
	c := config(memdriver.New(), newStore())
	c.Envelope = brook.RawTopics{Types: map[string]string{"ledger": ledger.MovedType}}
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err == nil ||
		!strings.Contains(err.Error(), "a topic of its own") {
		t.Errorf("published: %v", err)
	}
	if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Publish.Moved(t.Context(),
		ledger.Moved{Account: "a", Cents: 1, Order: "emit"}); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := letters(t, app)
	if len(letters) != 1 || letters[0].Stage != brook.StageEmit ||
		!strings.Contains(letters[0].Error, "a topic of its own") {
		t.Errorf("letters %v", letters)
	}
}

// What others wrote in one topic: events of both of Brook's formats, and what is none.
func TestElixirRecordsOfOthers(t *testing.T) {
	d := memdriver.New()
	c := config(d, newStore())
	c.Envelope = elixir.Envelope{}
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	var published []brook.Record
	for _, value := range []string{
		`{"author":"svc","create_ts":1591619696789,"data":{"account":"a","email":null,"tags":{"__brook_struct__":"Elixir.MapSet","values":["x"]},"__brook_struct__":"Elixir.Opened"},"forwarded":false,"type":"account.opened","__brook_struct__":"Elixir.Brook.Event"}`,
		`{"author":"svc","create_ts":1591619696790,"data":{"account":"a","cents":5,"order":{"__data_type__":"atom","value":"quiet"},"__data_type__":"Elixir.Moved"},"forwarded":false,"type":{"__data_type__":"atom","value":"money.moved"},"__data_type__":"Elixir.Brook.Event"}`,
		`{"author":"svc","create_ts":1591619696791,"data":{"__data_type__":"date"},"type":"not.ours","__data_type__":"Elixir.Brook.Event"}`,
		`{"type":"money.moved","data":{"account":"a","cents":5}}`,
	} {
		published = append(published, brook.Record{Topic: "ledger", Value: []byte(value)})
	}
	if _, err := d.Publish(t.Context(), published); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := app.Views.Accounts.Get("a")
	if want := (ledger.Account{ID: "a", Balance: 5, Moves: 1, Tags: []string{"x"}}); err != nil ||
		!reflect.DeepEqual(a, want) {
		t.Errorf("account %+v, %v; want %+v", a, err, want)
	}
	history, err := app.Views.Accounts.Events("a")
	if err != nil || len(history) != 2 || history[1].ID != "ledger/0/1" ||
		history[1].Author != "svc" || history[1].Time.UnixMilli() != 1591619696790 {
		t.Errorf("history %+v, %v", history, err)
	}
	letters := letters(t, app)
	if len(letters) != 1 || letters[0].Position.Offset != 3 ||
		letters[0].Stage != brook.StageDecode ||
		!strings.Contains(letters[0].Error, "no event of Brook") {
		t.Errorf("letters %v", letters)
	}
}
