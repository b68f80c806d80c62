package engine_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// emissionID finds the ID of what a set emitted for the event at pos, as rule 12 has it:
// name/log/topic/partition/offset/set/ordinal. What stands for the log is taken from the log.
func emissionID(t *testing.T, d *memdriver.Driver, pos brook.Position, set string,
	ordinal int) string {
	t.Helper()
	for _, e := range published(t, d, pos.Topic) {
		parts := strings.Split(e.ID, "/")
		if len(parts) == 7 && e.ID == fmt.Sprintf("%s/%s/%s/%d/%d/%s/%d", parts[0], parts[1],
			pos.Topic, pos.Partition, pos.Offset, set, ordinal) {
			if len(parts[1]) != 8 {
				t.Errorf("the log's identity is not shortened to 8 digits: %s", e.ID)
			}
			return e.ID
		}
	}
	t.Fatalf("no emission of %s is in the log", pos)
	return ""
}

// opening reads a record.
func opening(t *testing.T, envelope brook.Envelope, r brook.Record) (m brook.Message) {
	t.Helper()
	if err := envelope.Open(&r, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// deliver publishes records as they are, and waits for them.
func (h *harness) deliver(records ...brook.Record) {
	h.t.Helper()
	positions, err := h.driver.Publish(h.ctx, records)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range positions {
		h.wait(p, nil)
	}
}

// caught is what an app named so emits for one event: the record.
func caught(t *testing.T, c brook.Config, cents int64) brook.Record {
	t.Helper()
	d := memdriver.New()
	c.Driver, c.Store = d, newStore()
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	for _, publish := range []func() (brook.Position, error){
		func() (brook.Position, error) {
			return app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
		},
		func() (brook.Position, error) {
			return app.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: cents, Order: "emit"})
		},
	} {
		if _, err := publish(); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), brook.Position{Topic: "ledger", Offset: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	chunk, err := r.Read(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return chunk.Records[0]
}

// Rule 12: two apps of one author whose sets have one name, and an app whose topic was made anew,
// have streams of their own: a receiver folds all of them, and each once.
func TestStreamsAreAppsAndLogs(t *testing.T) {
	for _, f := range apptest.Shared() {
		t.Run(f.Name, func(t *testing.T) {
			envelope := f.Ledger()
			conf := func(name string) brook.Config {
				c := config(nil, nil)
				c.Name, c.Topic, c.Envelope = name, "ledger", envelope
				return c
			}
			one, other, anew := caught(t, conf("one/of us"), 1), caught(t, conf("other"),
				2), caught(t, conf("one/of us"), 3)
			if m := opening(t, envelope, one); !strings.HasPrefix(m.ID,
				url.PathEscape("one/of us")+"/") || m.Lane+"x" == "x" || m.Hash == "" {
				t.Errorf("emitted %+v", m)
			}
			c := config(memdriver.New(), newStore())
			c.Envelope = envelope
			h := open(t, c, &ledger.Audit{})
			h.deliver(one, other, anew, one, other, anew)
			h.note("a", "noted: +1 makes 1", "noted: +2 makes 2", "noted: +3 makes 3")
		})
	}
}

// Rule 12: who makes an event of its own from an emission copies its headers: an event with another
// ID or author is never dropped, nor does it make the emitter's own look like repeats.
func TestCopiedHeadersAreNoRepeat(t *testing.T) {
	replace := func(r brook.Record, key, value string) brook.Record {
		headers := append([]brook.Header(nil), r.Headers...)
		for i := range headers {
			if headers[i].Key == key {
				headers[i].Value = []byte(value)
			}
		}
		r.Headers = headers
		return r
	}
	first := caught(t, config(nil, nil), 1)
	h := start(t, &ledger.Audit{})
	h.deliver(replace(first, "ce_id", "derived-1"), replace(first, "ce_source", "//bridge"),
		replace(first, "ce_id", "derived-2"), first, first)
	h.note("a", "noted: +1 makes 1", "noted: +1 makes 1", "noted: +1 makes 1", "noted: +1 makes 1")

	structured := brook.Record{Topic: "ledger", Key: []byte("a"), Headers: []brook.Header{{Key: "content-type", Value: []byte("application/cloudevents+json")}}}
	m := opening(t, brook.CloudEvents{}, first)
	event := func(id string) brook.Record {
		r := structured
		r.Value = fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":"ledger","type":%q,"brooklane":"%d.%d %s","brookhash":%q,"data":{"account":"b","text":"x"}}`,
			id, m.Type, m.Sequence.Offset, m.Sequence.Ordinal, m.Lane, m.Hash)
		return r
	}
	h.deliver(event("derived"), event(m.ID), event("derived"))
	h.note("b", "noted: x", "noted: x")
}

// The form of before is still read: its repeats are dropped where the ID is the one that the
// emission had, and others' copies are not.
func TestEarlierLanes(t *testing.T) {
	lane := func(id, lane string) brook.Record {
		return brook.Record{Topic: "ledger", Key: []byte("a"),
			Value: []byte(`{"account":"a","text":"` + id + `"}`), Headers: []brook.Header{
				{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte(id)},
				{Key: "ce_source", Value: []byte("ledger")},
				{Key: "ce_type", Value: []byte(ledger.NotedType)}, {Key: "ce_brooklane",
					Value: []byte(lane)}}}
	}
	h := start(t, &ledger.Audit{})
	usual, redriven, copied := lane("orders/0/7/Audit/1",
		"7.1 orders/0/Audit"), lane("orders/0/3/Audit/0",
		"1700000000000000000.0 orders/0/Audit/redrive"), lane("mine", "7.1 orders/0/Audit")
	h.deliver(usual, copied, usual, redriven, copied, redriven)
	h.note("a", "noted: orders/0/7/Audit/1", "noted: mine", "noted: orders/0/3/Audit/0",
		"noted: mine")
}

// keyless is an envelope whose records have no key.
type keyless struct{ brook.CloudEvents }

func (keyless) Unkeyed() bool { return true }

func (e keyless) Wrap(m *brook.Message, r *brook.Record) error {
	r.Key = nil
	return e.CloudEvents.Wrap(m, r)
}

func (e keyless) Open(r *brook.Record, m *brook.Message) error {
	err := e.CloudEvents.Open(r, m)
	m.Keyed = false
	return err
}

// Rule 12: where an emission goes is fixed when it is committed: published again after a crash, it
// comes there again, without a key, and where its topic grew, so that each counts once.
func TestTargetsAreFixedWhenCommitted(t *testing.T) {
	for name, envelope := range map[string]brook.Envelope{"keyed": brook.CloudEvents{},
		"without keys": keyless{}} {
		t.Run(name, func(t *testing.T) {
			d := memdriver.New(memdriver.Topic("ledger", 3))
			s := newSpy(newStore())
			s.durable = true
			run := func(d brook.Driver, fault *drivertest.Fault,
				publish bool) (*ledger.App, error) {
				c := config(d, s)
				c.Envelope = envelope
				app := newLedger(t, c, &ledger.Audit{})
				if publish {
					var events []brook.Outgoing
					for i := range 20 {
						events = append(events, brook.Emit(ledger.Opened{Account: fmt.Sprint(i)}))
					}
					for i := range 20 {
						events = append(events, brook.Emit(ledger.Moved{Account: fmt.Sprint(i), Cents: 1, Order: "emit"}))
					}
					for _, e := range events { // each for itself: those of one call come to one partition without keys
						if _, err := app.PublishAll(t.Context(),
							slices.Values([]brook.Outgoing{e})); err != nil {
							t.Fatal(err)
						}
					}
				}
				ctx, cancel := fault.Until(t.Context())
				defer cancel()
				return app, app.CatchUp(ctx)
			}
			fault := drivertest.NewFault(drivertest.CrashAfter, 41, drivertest.OpPublish)
			first, err := run(drivertest.Faulty(d, fault), fault, true)
			if err == nil {
				t.Fatal("nothing crashed")
			}
			first.Close()
			before := emitted(t, d)
			if err := d.Grow("ledger", 7); err != nil {
				t.Fatal(err)
			}
			second, err := run(d, drivertest.NewFault(drivertest.Fail, 0), false)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			if sum(before) == 0 || sum(emitted(t, d)) != 20+sum(before) {
				t.Errorf("published %v, then %v; want some of them twice", before, emitted(t, d))
			}
			for i := range 20 {
				if n, err := second.Views.Notes.Get(fmt.Sprint(i)); len(n) != 1 || err != nil {
					t.Errorf("account %d counts %q, %v", i, n, err)
				}
			}
		})
	}
}

func sum(n map[string]int) (all int) {
	for _, n := range n {
		all += n
	}
	return all
}

// Rule 12: emissions that don't follow the order of their cause's partition, of Process and
// Redrive, are numbered by the store: published again after a crash, in whatever order, each counts
// once, and none is taken for a repeat of another.
func TestNumberedEmissionsCountOnce(t *testing.T) {
	d := memdriver.New()
	s := newSpy(newStore())
	s.durable = true
	var broken breaker
	for round := 1; round <= 6; round++ {
		fault := drivertest.NewFault(drivertest.CrashAfter, round%3, drivertest.OpPublish) // 0: none
		app := newLedger(t, config(drivertest.Faulty(d, fault), s), &ledger.Audit{Do: broken.do})
		ctx, cancel := fault.Until(t.Context())
		if round == 1 {
			at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
			for range 3 {
				at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
			}
			at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":100,"order":"fail"}`)
			at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":5,"order":"emit"}`)
		}
		_ = app.CatchUp(ctx) // it may crash
		if round == 2 {
			broken.set(true)
		}
		for _, err := range []error{
			app.Process.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: int64(10 * round), Order: "emit"}),
			app.Process.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: int64(10*round + 1), Order: "emit"}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := app.Redrive(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		_ = app.CatchUp(ctx)
		cancel()
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	app := newLedger(t, config(d, s), &ledger.Audit{})
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	notes, err := app.Views.Notes.Get("a")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]int{}
	for _, n := range notes {
		text, _, _ := strings.Cut(n, " makes")
		counted[text]++
	}
	want := map[string]int{"noted: +1": 3, "+100": 1, "noted: +5": 1}
	for round := 1; round <= 6; round++ {
		want[fmt.Sprintf("noted: +%d", 10*round)], want[fmt.Sprintf("noted: +%d",
			10*round+1)] = 1, 1
	}
	if !maps.Equal(counted, want) {
		t.Errorf("counted %v\nwant    %v", counted, want)
	}
	if n := sum(emitted(t, d)); n <= 16 {
		t.Errorf("%d emissions are published: none twice, so that nothing is tested", n)
	}
	streams := map[string]bool{}
	for _, e := range published(t, d, "ledger") {
		if e.Type == ledger.NotedType {
			streams[e.Lane] = true
		}
	}
	if len(streams) != 2 {
		t.Errorf("streams %v, want the partition's and the store's", streams)
	}
}
