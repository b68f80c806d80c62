package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// authors says which authors can be a CloudEvents source.
var authors = map[string]string{
	"shop": "", "/shop": "", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66": "",
	"mailto:cncf@example.org": "", "https://example.com/shop?x=1#y": "",
	"my%20shop": "", "1-555-123-4567": "", "./a:b": "", "//host:8080/a": "", "http://[::1]/a": "",
	"a+b.c:d": "", "shop;v=1,(2)": "", "?": "", "#f": "",
	"my shop": `write " " as %20`, `the "shop"`: `write " " as %20`, "shöp": `write "ö" as %C3%B6`,
	"a%2": "two hexadecimal digits", "a%zz": "two hexadecimal digits",
	"a#b#c": "# twice", "a<b": `write "<" as %3C`, "1a:b": "no scheme", ":a": "no scheme",
	"shop:": "a scheme and nothing else", "a[b]": "bracket", "http://[::1": "host",
	"http://a:port/": "host", "a\nb": "control character", "\xff": "no UTF-8",
	"a\u0085b": "no character of texts", "a^b": `write "^" as %5E`, "a`b": "write",
	`a\b`: "write", "a|b": "write",
}

// Rule 41: NewApp refuses an author that can't be the source of a CloudEvent, where events travel
// so.
func TestAuthorHasToBeASource(t *testing.T) {
	for author, want := range authors {
		of := append(apptest.Envelopes(), apptest.Form{Name: "default", Cloud: true})
		for _, f := range of {
			c := config(memdriver.New(), newStore())
			c.Author, c.Name, c.Topic = author, "ledger", "ledger"
			if c.Envelope = nil; f.Envelope != nil {
				c.Envelope = f.Ledger()
			}
			app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
			if err == nil {
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			}
			want := want
			if !f.Cloud && !strings.Contains(want, "control") &&
				!strings.Contains(want, "UTF-8") && !strings.Contains(want, "of texts") {
				want = ""
			}
			if want == "" && err != nil || want != "" &&
				(!errors.Is(err, brook.ErrConfig) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s, author %q: %v, want %q", f.Name, author, err, want)
			}
		}
	}
}

// Rule 41: the name of the app is a part of its emissions' IDs.
func TestNameHasToBeText(t *testing.T) {
	for _, name := range []string{"a\nb", "\xff"} {
		c := config(memdriver.New(), newStore())
		c.Name = name
		if _, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{}); !errors.Is(err,
			brook.ErrConfig) || !strings.Contains(err.Error(), "Name is ") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Rule 41: Publish refuses what its reader would, in every envelope, and nothing of it stands in
// the log.
func TestPublishRefusesWhatNobodyCouldRead(t *testing.T) {
	for _, f := range apptest.Shared() {
		name, d := f.Name, memdriver.New()
		c := config(d, newStore())
		c.Envelope = f.Ledger()
		app := newLedger(t, c, &ledger.Audit{})
		for want, options := range map[string][]brook.PublishOption{
			"in the year 10000": {brook.WithTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))},
			"in the year -5":    {brook.WithTime(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC))},
			"in the year -1 (UTC)": {brook.WithTime(time.Date(0, 1, 1, 0, 0, 0, 0,
				time.FixedZone("", 3600)))},
			"the ID is empty":              {brook.WithID("")},
			"the control character U+000A": {brook.WithID("a\nb")},
			"the control character U+007F": {brook.WithID("a\x7f")},
			"no UTF-8":                     {brook.WithID("a\xff")},
			"U+009F":                       {brook.WithID("a\u009f")},
		} {
			for _, o := range options {
				_, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}, o)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v, want %q", name, err, want)
				}
			}
		}
		own := apptest.Headers("brook-id", "1", "brook-x", "", "brook-", "")
		if f.Cloud {
			own = apptest.Headers("ce_id", "1", "CE_Type", "x", "ce_brooklane", "1.1 a", "content-type", "text/json", "Content-Type", "x", "ce_x", "", "ce_x", "a\nb", "ce_x", "\xff", "ce_X", "1", "ce_time", "1")
			if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"},
				brook.WithHeader("ce_x", []byte("1")), brook.WithHeader("ce_x",
					[]byte("1"))); err == nil {
				t.Error("an attribute is published twice")
			}
		}
		for _, h := range own {
			if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"},
				brook.WithHeader(h.Key, h.Value)); err == nil {
				t.Errorf("%s: header %s: %q is taken", name, h.Key, h.Value)
			}
		}
		for _, r := range records(t, d, "ledger") {
			t.Errorf("%s: there is %q %s", name, r.Value, r.Headers)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A record with a time in microseconds, and no time of its event, is folded; what it causes can be
// read. So is what has a time beyond that of every envelope.
func TestRecordTimesThatNoEventCanHave(t *testing.T) {
	for _, f := range apptest.Shared() {
		name, e := f.Name, f.Ledger()
		if f.Unkeyed {
			continue // their events are seldom without time, and in one lane each
		}
		for _, when := range []time.Time{time.UnixMilli(1591619696789012),
			time.UnixMilli(math.MaxInt64 / 1000), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)} {
			d := memdriver.New()
			c := config(d, newStore())
			c.Envelope = e
			var times []time.Time
			app := newLedger(t, c, &ledger.Audit{})
			all := []brook.Record{
				{Value: []byte(`{"account":"a"}`), Headers: apptest.Headers("ce_specversion", "1.0",
					"ce_type", ledger.OpenedType)},
				{Value: []byte(`{"account":"a","cents":1,"order":"emit"}`),
					Headers: apptest.Headers("ce_specversion", "1.0", "ce_type", ledger.MovedType)},
			}
			if name == "PlainJSON" {
				all[0] = brook.Record{Value: []byte(`{"type":"account.opened","data":{"account":"a"}}`)}
				all[1] = brook.Record{Value: []byte(`{"type":"money.moved","data":{"account":"a","cents":1,"order":"emit"}}`)}
			}
			for i := range all {
				all[i].Topic, all[i].Key, all[i].Time = "ledger", []byte("a"), when
			}
			publish(t, d, all...)
			before := time.Now().Add(-time.Second)
			for range 2 {
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if left := letters(t, app); len(left) > 0 {
				t.Errorf("%s, %v: letters %v", name, when, left)
			}
			_, messages := allEmitted(t, d, e, "ledger")
			if len(messages) != 1 || messages[0].Time.Before(before) ||
				messages[0].Time.After(time.Now().Add(time.Second)) {
				t.Errorf("%s, %v: emitted %+v", name, when, messages)
			}
			if notes, err := app.Views.Notes.Get("a"); err != nil || len(notes) != 1 {
				t.Errorf("%s, %v: notes %v, %v", name, when, notes, err)
			}
			history, err := app.Views.Accounts.Events("a")
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range history {
				times = append(times, event.Time)
			}
			if text, err := json.Marshal(times); err != nil || len(times) != 2 ||
				!times[0].IsZero() {
				t.Errorf("%s, %v: times %s, %v", name, when, text, err)
			}
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Rule 41: what can be wrapped is opened as it was, in every envelope.
func FuzzWhatIsWrappedIsOpened(f *testing.F) {
	for _, m := range []brook.Message{apptest.FullMessage(), {Type: "t", Data: []byte("null")},
		{Type: "t", ID: "a\x00", Data: []byte("1")},
		{Type: "\xff", Author: "my shop", Data: []byte(`"x"`)},
		{Type: "t", Author: "ü", Data: []byte(`{"__brook_struct__":"Elixir.Date","value":1}`)},
		{Type: "t", Data: []byte(`{"keyword":true,"list":[]}`)}, {Type: "t", Data: []byte("{")},
		{Type: "t", Data: []byte(`"{\"a\":1}"`)}, {Type: "t", Data: nil}, {Type: "t",
			Data: []byte(" null ")}, {Type: "t", Data: []byte("\x00\x00\x00\x00\x01{}")}} {
		for _, h := range []brook.Header{{Key: "ce_subject", Value: []byte("s")}, {Key: "ce_x"}, {Key: "traceparent", Value: []byte{}}, {Key: "brook-time", Value: []byte("x")}, {Key: "Content-Type", Value: []byte("x")}, {Key: "CE_ID", Value: []byte("x")}} {
			f.Add(m.ID, m.Type, m.Author, m.Cause, m.Lane, m.Time.Unix(), int64(m.Time.Nanosecond()), h.Key, h.Value, h.Key, m.Data, m.Sequence.Offset, m.Sequence.Ordinal)
		}
	}
	f.Add("i", "t", "a", "", "", int64(253402300800), int64(0), "k", []byte(nil), "k2", []byte("1"),
		int64(0), int32(0))
	f.Add("i", "t", "a", "", "", int64(-62167219201), int64(0), "k", []byte(nil), "k2", []byte("1"),
		int64(0), int32(0))
	f.Fuzz(func(t *testing.T, id, typ, author, cause, lane string, seconds, nanos int64,
		name string, value []byte, other string, data []byte, offset int64, ordinal int32) {
		if !json.Valid(data) || len(data) == 0 || bytes.Contains(data, []byte("__brook_struct__")) {
			data = []byte(`{"a":1}`) // what a codec makes is JSON
		}
		m := brook.Message{ID: id, Type: typ, Author: author, Cause: cause, Lane: lane,
			Time: time.Unix(seconds, nanos).UTC(), Data: data, Keyed: true,
			Headers: []brook.Header{{Key: name, Value: value}, {Key: other, Value: []byte("v")}}}
		if lane != "" {
			m.Sequence = brook.Sequence{Offset: offset, Ordinal: ordinal}
		}
		for _, form := range apptest.Envelopes() {
			kind, e := form.Name, form.Envelope("topic", typ)
			wrapped, r := m, brook.Record{Topic: "topic", Key: []byte("k")}
			wrapped.Headers = slices.Clone(m.Headers)
			if err := e.Wrap(&wrapped, &r); err != nil {
				continue
			}
			want := m
			if form.Millis {
				want.Time = want.Time.Truncate(time.Millisecond)
			}
			want.Keyed = !form.Unkeyed
			if want.Time.IsZero() {
				want.Time = time.Time{}
			}
			var got brook.Message
			if err := e.Open(&r, &got); err != nil {
				t.Fatalf("%s: %+v is %q %s, and %v", kind, m, r.Value, r.Headers, err)
			}
			if bytes.Equal(bytes.TrimSpace(got.Data), bytes.TrimSpace(want.Data)) {
				got.Data, want.Data = nil, nil // white space around it is nobody's
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %+v is %q %s, and then %+v", kind, want, r.Value, r.Headers, got)
			}
		}
	})
}

// Rule 41, through an app: what Publish accepts is folded as it was given, in every envelope, and
// so is what its handlers emit; nothing becomes a letter.
func FuzzWhatIsPublishedIsFolded(f *testing.F) {
	f.Add("a", "x@y", "tag", "i", int64(1591619696), int64(789e6), "k", []byte("v"), int64(5))
	f.Add("", "", "", "1", int64(-62167219200), int64(1), "ce_subject", []byte("s"), int64(-1))
	f.Add("a\x00/%", "\xff", "\u2028", "\u00e9", int64(253402300799), int64(999999999),
		"traceparent", []byte{}, int64(math.MaxInt64))
	f.Add("\xff", "e", "t", "i", int64(253402300800), int64(0), "brook-x", []byte(nil), int64(0))
	f.Fuzz(func(t *testing.T, account, email, tag, id string, seconds, nanos int64, name string,
		value []byte, cents int64) {
		for _, form := range apptest.Shared() {
			kind, d := form.Name, memdriver.New()
			c := config(d, newStore())
			c.Envelope = form.Ledger()
			app := newLedger(t, c, &ledger.Audit{})
			at := time.Unix(seconds, nanos).UTC()
			opened := ledger.Opened{Account: account, Email: strings.ToValidUTF8(email, "\uFFFD"),
				Tags: []string{strings.ToValidUTF8(tag, "\uFFFD")}}
			_, err := app.Publish.Opened(t.Context(), opened, brook.WithID(id), brook.WithTime(at),
				brook.WithHeader(name, value))
			if err == nil {
				if _, err := app.Publish.Moved(t.Context(), ledger.Moved{Account: account, Cents: cents, Order: "emit"}, brook.WithID(id+"2"), brook.WithTime(at), brook.WithHeader(name, value)); err != nil {
					t.Errorf("%s: the first is published, the second not: %v", kind, err)
				}
				for range 2 {
					if err := app.CatchUp(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for _, l := range letters(t, app) {
					t.Errorf("%s: %v", kind, l)
				}
				history, err := app.Views.Accounts.Events(account)
				if err != nil || len(history) != 2 || !reflect.DeepEqual(history[0].Data, opened) ||
					history[0].ID != id || !history[0].Time.Truncate(time.Millisecond).
					Equal(at.Truncate(time.Millisecond)) && !at.IsZero() {
					t.Errorf("%s: %+v is folded as %+v, %v", kind, opened, history, err)
				}
				if notes, err := app.Views.Notes.Get(account); err != nil || len(notes) != 1 {
					t.Errorf("%s: notes %q, %v", kind, notes, err)
				}
			}
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A key that JSON can't hold would be another one for who reads it.
func TestPublishRefusesKeysThatAreNoText(t *testing.T) {
	app := newLedger(t, config(memdriver.New(), newStore()), &ledger.Audit{})
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a\xff"}); err == nil ||
		!strings.Contains(err.Error(), "no UTF-8") {
		t.Error(err)
	}
	if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a\xff"}); err == nil ||
		!strings.Contains(err.Error(), "no UTF-8") {
		t.Error(err)
	}
}
