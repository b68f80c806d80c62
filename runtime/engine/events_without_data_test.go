package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// without is a CloudEvent in binary mode that has no data: its value is null or empty.
func without(topic, key, typ string, value []byte) brook.Record {
	return brook.Record{Topic: topic, Key: []byte(key), Value: value,
		Headers: apptest.Headers("ce_specversion", "1.0", "ce_id", "id-"+key, "ce_source",
			"elsewhere", "ce_type", typ)}
}

// noData are the values of an event without data.
var noData = map[string][]byte{"null": nil, "empty": {}}

// publish puts records into a log.
func publish(t *testing.T, d brook.Driver, records ...brook.Record) {
	t.Helper()
	if _, err := d.Publish(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

// Rule 29: a CloudEvent whose value is null or empty is an event: of zero values, with the key of
// its record. Its history says so, too. In one lane and in several.
func TestEventWithoutData(t *testing.T) {
	for name, value := range noData {
		for _, partitions := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s in %d partitions", name, partitions), func(t *testing.T) {
				d := memdriver.New(memdriver.Partitions(partitions))
				c := config(d, newStore())
				var batches []brook.Commit
				c.Hooks.Commit = func(b brook.Commit) { batches = append(batches, b) }
				app := newLedger(t, c, &ledger.Audit{})
				defer app.Close()
				publish(t, d, without("ledger", "a", ledger.OpenedType, value),
					without("ledger", "b", ledger.OpenedType, value),
					without("ledger", "a/1%", ledger.OpenedType, value),
					without("ledger", "", ledger.OpenedType, value), without("ledger", "x",
						ledger.IgnoredType, value))
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				publish(t, d, without("ledger", "b", ledger.ClosedType, value))
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				want := map[string]ledger.Account{"a": {ID: "a"}, "a/1%": {ID: "a/1%"}, "": {}}
				if accounts, err := brook.Map(app.Views.Accounts.All()); err != nil ||
					!reflect.DeepEqual(accounts, want) {
					t.Errorf("accounts %+v, %v", accounts, err)
				}
				history, err := app.Views.Accounts.Events("a/1%")
				if err != nil || len(history) != 1 ||
					!reflect.DeepEqual(history[0].Data, ledger.Opened{Account: "a/1%"}) {
					t.Errorf("history %+v, %v", history, err)
				}
				typed, err := app.Views.Accounts.EventsOfOpened("a")
				if err != nil || len(typed) != 1 || typed[0].Data.Account != "a" ||
					typed[0].ID != "id-a" || typed[0].Author != "elsewhere" {
					t.Errorf("typed history %+v, %v", typed, err)
				}
				if all := letters(t, app); len(all) > 0 {
					t.Errorf("letters %v", all)
				}
				strays := 0
				for _, b := range batches {
					strays += b.Strays
				}
				if strays > 0 {
					t.Errorf("%d of them strayed", strays)
				}
			})
		}
	}
}

// What decodes as null does in structured mode, and with a value that says null, is the same.
func TestEventOfNull(t *testing.T) {
	for name, r := range map[string]brook.Record{
		"structured, no data":   apptest.Structured(`{"specversion":"1.0","type":"account.opened"}`),
		"structured, null":      apptest.Structured(`{"specversion":"1.0","type":"account.opened","data":null}`),
		"structured, no bytes":  apptest.Structured(`{"specversion":"1.0","type":"account.opened","data_base64":""}`),
		"structured, null text": apptest.Structured(`{"specversion":"1.0","type":"account.opened","data_base64":"bnVsbA=="}`),
		"binary": {Value: []byte(" null\n"),
			Headers: apptest.Headers("ce_specversion", "1.0", "ce_type", "account.opened")},
		"other content": {Headers: apptest.Headers("CE_SpecVersion", "1.0", "Ce_Type",
			"account.opened", "Content-Type", "application/xml")},
		"structured, xml": apptest.Structured(`{"specversion":"1.0","type":"account.opened","datacontenttype":"application/xml"}`),
	} {
		d := memdriver.New()
		app := newLedger(t, config(d, newStore()), &ledger.Audit{})
		r.Topic, r.Key = "ledger", []byte("a")
		publish(t, d, r)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if accounts, err := brook.Map(app.Views.Accounts.All()); err != nil ||
			!reflect.DeepEqual(accounts, map[string]ledger.Account{"a": {ID: "a"}}) {
			t.Errorf("%s: accounts %+v, %v, letters %v", name, accounts, err, letters(t, app))
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Integer keys, keys of defined types, and payloads that are their key; what the record's key does
// not give, or is required, makes a letter.
func TestEventWithoutDataTakesTheRecordsKey(t *testing.T) {
	for name, value := range noData {
		t.Run(name, func(t *testing.T) {
			d := memdriver.New()
			app, err := people.NewApp(config(d, newStore()), people.Registry{}, &people.Post{})
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			keyless := without("zzz", "", "person.hired", value)
			keyless.Key = nil
			publish(t, d, without("zzz", "7", "person.hired", value), without("zzz", "-9",
				"person.hired", value), without("zzz", "seven", "person.hired", value), keyless,
				without("zzz", "", "person.hired", value), without("ledger", "red", "team.cleared",
					value), without("ledger", "\xff", "team.cleared", value), without("ledger", "8",
					"person.joined", value))
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if payroll, err := brook.Map(app.Views.Payroll.All()); err != nil || len(payroll) != 2 ||
				payroll[7].ID != 7 || payroll[-9].ID != -9 {
				t.Errorf("payroll %+v, %v", payroll, err)
			}
			if sizes, err := brook.Map(app.Views.ClearedSizes.All()); err != nil ||
				!reflect.DeepEqual(sizes, map[people.Team]people.Size{"red": 0}) {
				t.Errorf("sizes %+v, %v", sizes, err)
			}
			want := []string{"ledger/0/1 team.cleared no UTF-8",
				"ledger/0/2 person.joined required but absent or null: id",
				`zzz/0/2 person.hired "seven" is no int64`,
				"zzz/0/3 person.hired its record has none", `zzz/0/4 person.hired "" is no int64`}
			i := 0
			for l, err := range app.DeadLetters() {
				if err != nil || i == len(want) {
					t.Fatal(l, err)
				}
				words := strings.SplitN(want[i], " ", 3)
				if l.Position.String() != words[0] || l.Type != words[1] ||
					!strings.Contains(l.Error, words[2]) || l.Stage != brook.StageDecode ||
					l.Record.Value == nil != (value == nil) {
					t.Errorf("letter %v, value %q, want %s", l, l.Record.Value, want[i])
				}
				i++
			}
			if i != len(want) {
				t.Errorf("%d letters, want %q", i, want)
			}
		})
	}
}

// Rule 29: without the headers of a CloudEvent, and in every other envelope, a null value is a
// tombstone; an empty one is a letter.
func TestTombstones(t *testing.T) {
	for _, f := range apptest.Envelopes() {
		d := memdriver.New()
		c := config(d, newStore())
		c.Envelope = f.Ledger()
		app := newLedger(t, c, &ledger.Audit{})
		tombstones := []brook.Record{{Key: []byte("a")}, {Key: []byte("a"),
			Headers: apptest.Headers("ce_specversion", "", "ce_traceparent", "00-1-2-01")},
			{Key: []byte("a"), Headers: apptest.Headers("content-type",
				"application/cloudevents+json")}}
		if !f.Cloud {
			tombstones = append(tombstones, without("ledger", "a", ledger.OpenedType, nil))
		}
		for i := range tombstones {
			tombstones[i].Topic = "ledger"
		}
		publish(t, d, append(tombstones,
			brook.Record{Topic: "ledger", Key: []byte("a"), Value: []byte{}})...)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if all := letters(t, app); len(all) != 1 ||
			all[0].Position.Offset != int64(len(tombstones)) || all[0].Stage != brook.StageDecode {
			t.Errorf("%s: letters %v", f.Name, all)
		}
		if n, err := app.Views.Accounts.Len(); n != 0 || err != nil {
			t.Errorf("%s: %d accounts, %v", f.Name, n, err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A letter holds the value as it was, null or empty, and is redriven as the event that it is. One
// that is too large leaves out the rest of its record and finds it in the log again.
func TestLettersOfEventsWithoutData(t *testing.T) {
	for name, value := range noData {
		for _, large := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, large: %v", name, large), func(t *testing.T) {
				d := memdriver.New()
				c := config(d, newStore())
				if large {
					c.Store = apptest.Limited(c.Store, 50_000)
				}
				broken := errors.New("not yet")
				app := newLedger(t, c, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error { return broken }})
				defer app.Close()
				r := without("ledger", "a", ledger.MovedType, value)
				if large {
					r.Headers = append(r.Headers,
						brook.Header{Key: "large", Value: make([]byte, 100_000)})
				}
				publish(t, d, without("ledger", "a", ledger.OpenedType, value), r)
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := letters(t, app)
				if len(all) != 1 || all[0].Set != "Audit" || all[0].Omitted > 0 != large {
					t.Fatalf("letters %v", all)
				}
				if l := all[0]; !large && (l.Record.Value == nil) != (value == nil) ||
					len(l.Record.Value) > 0 {
					t.Errorf("the letter's value is %#v", l.Record.Value)
				}
				if text, err := json.Marshal(all[0].Record); !large && (err != nil ||
					strings.Contains(string(text), `"Value":null`) != (value == nil)) {
					t.Errorf("as JSON the record is %s, %v", text, err)
				}
				// Tried in vain, and written again.
				for range 2 {
					if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
						t.Fatal(n, err)
					}
				}
				if l := letters(t, app)[0]; l.Attempts != 3 ||
					!large && (l.Record.Value == nil) != (value == nil) {
					t.Errorf("after two redrives: %v, value %#v", l, l.Record.Value)
				}
				broken = nil
				if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 1 {
					t.Errorf("account %+v, %v", a, err)
				}
			})
		}
	}
}

// An envelope whose record keys are not the events' gives an event of null no key: that is a
// letter, and no event with the zero key. Publish refuses what it could not read.
func TestNullWithoutKeyOfItsOwn(t *testing.T) {
	d := memdriver.New()
	c := config(d, newStore())
	c.Envelope = elixir.Envelope{}
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	event := func(typ string) brook.Record {
		return brook.Record{Topic: "ledger", Key: []byte(typ),
			Value: []byte(`{"author":"svc","create_ts":1,"data":null,"forwarded":false,"type":"` +
				typ + `","__brook_struct__":"Elixir.Brook.Event"}`)}
	}
	publish(t, d, event(ledger.OpenedType), event(ledger.IgnoredType))
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := letters(t, app); len(all) != 1 || !strings.Contains(all[0].Error,
		"the event has no data, and no key: the key of its record is another one") {
		t.Errorf("letters %v", all)
	}
}
