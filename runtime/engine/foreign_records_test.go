package engine_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/relay"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// hollow has headers without value.
func hollow(value []byte, names ...string) (all []brook.Header) {
	for _, name := range names {
		all = append(all, brook.Header{Key: name, Value: value})
	}
	return all
}

// An optional header that is null or empty is as good as absent, in every envelope.
func TestEmptyHeadersCountAsAbsent(t *testing.T) {
	for _, value := range [][]byte{nil, {}} {
		for _, f := range apptest.Forms {
			r := f.Record("t", "")
			r.Headers = append(r.Headers, hollow(value, f.Optional...)...)
			want := brook.Message{Type: "t", Data: []byte(`1`), Keyed: !f.Unkeyed}
			m := apptest.FullMessage()
			err := f.Envelope("t", "t").Open(&r, &m)
			if err != nil || !reflect.DeepEqual(m, want) {
				t.Errorf("%s, %#v: %+v, %v; want %+v", f.Name, value, m, err, want)
			}
		}
	}
}

// Times of envelopes are all that RFC 3339 allows, and what it does not is told without Go's
// layouts.
func TestTimesOfEnvelopes(t *testing.T) {
	for _, f := range apptest.Forms {
		name, open := f.Name, func(text string) (m brook.Message, err error) {
			r := f.Record("t", text)
			err = f.Envelope("t", "t").Open(&r, &m)
			return m, err
		}
		for text, want := range map[string]time.Time{
			"2020-06-08t12:34:56.789z":  time.Date(2020, 6, 8, 12, 34, 56, 789e6, time.UTC),
			"2016-12-31T23:59:60Z":      time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
			"2017-01-01t01:59:60+02:00": time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		} {
			if m, err := open(text); err != nil || !m.Time.Equal(want) {
				t.Errorf("%s: %s is %v, %v", name, text, m.Time, err)
			}
		}
		for _, text := range []string{"noon", "2020-06-08", "0000-01-01T00:00:00+01:00",
			"9999-12-31T23:59:60Z"} {
			m, err := open(text)
			if err == nil || strings.Contains(err.Error(), "2006") || strings.Contains(err.Error(),
				"parsing time") || !strings.Contains(err.Error(), text) || m.Type != "t" {
				t.Errorf("%s: %s: %v", name, text, err)
			}
		}
	}
}

// What occurs twice in an envelope is refused, whichever comes last. Two types are a letter whether
// the app knows one of them or not.
func TestMembersThatOccurTwice(t *testing.T) {
	twice := func(json, member string) string {
		return strings.Replace(json, "{", "{"+member+",", 1)
	}
	const opened = `"` + ledger.OpenedType + `"`
	cloud, plain := `{"specversion":"1.0","type":`+opened+`,"data":{"account":"a"},"x":1}`, `{"type":`+opened+`,"data":{"account":"a"}}`
	brookJSON, many := `{"type":`+opened+`,"data":{"account":"a"},"__brook_struct__":"Elixir.Brook.Event"}`, strings.Builder{}
	for i := range 1000 {
		fmt.Fprintf(&many, `"x%d":1,`, i)
	}
	for name, c := range map[string]struct {
		e    brook.Envelope
		r    brook.Record
		want string
	}{
		"ce_id": {brook.CloudEvents{},
			apptest.Binary("ce_id", "1", "ce_id", "1"), "the header ce_id occurs twice"},
		"ce_type": {brook.CloudEvents{}, apptest.Binary("ce_type", "t"),
			"the header ce_type occurs twice"},
		"ce_type and a stranger's": {brook.CloudEvents{}, apptest.Binary("ce_type", "other"),
			"the header ce_type occurs twice"},
		"ce_specversion": {brook.CloudEvents{},
			apptest.Binary("ce_specversion", "1.0"), "the header ce_specversion occurs twice"},
		"ce_time in another case": {brook.CloudEvents{},
			apptest.Binary("ce_time", "2020-06-08T12:34:56Z", "CE_Time", "2020-06-08T12:34:56Z"),
			"the header ce_time occurs twice"},
		"content-type": {brook.CloudEvents{},
			apptest.Binary("content-type", "application/json", "Content-Type", "text/json"),
			"the header content-type occurs twice"},
		"an extension": {brook.CloudEvents{}, apptest.Binary("ce_x", "1", "region",
			"eu", "region", "us", "CE_X", "1"), "the header ce_x occurs twice"},
		"structured id": {brook.CloudEvents{},
			apptest.Structured(twice(cloud, `"id":"1","id":"1"`)), "the member id occurs twice"},
		"structured type, stranger's": {brook.CloudEvents{},
			apptest.Structured(twice(cloud, `"type":"other"`)), "the member type occurs twice"},
		"structured data": {brook.CloudEvents{},
			apptest.Structured(twice(cloud, `"data":1`)), "the member data occurs twice"},
		"structured base64": {brook.CloudEvents{},
			apptest.Structured(`{"specversion":"1.0","type":` + opened +
				`,"data_base64":"MQ==","data_base64":"MQ=="}`), "the member data_base64 occurs twice"},
		"structured extension": {brook.CloudEvents{},
			apptest.Structured(twice(cloud, `"\u0078":true`)), "the member x occurs twice"},
		"one of many": {brook.CloudEvents{}, apptest.Structured(twice(cloud,
			many.String()+`"x777":1`)), "the member x777 occurs twice"},
		"plain author": {brook.PlainJSON{}, brook.Record{Value: []byte(twice(plain,
			`"author":"a","author":null`))}, "the member author occurs twice"},
		"plain type, stranger's first": {brook.PlainJSON{}, brook.Record{Value: []byte(twice(plain,
			`"type":"other"`))}, "the member type occurs twice"},
		"plain type, stranger's last": {brook.PlainJSON{},
			brook.Record{Value: []byte(strings.Replace(plain, `}}`, `},"type":"other"}`, 1))},
			"the member type occurs twice"},
		"brook-id": {brook.PlainJSON{},
			brook.Record{Value: []byte(plain), Headers: apptest.Headers("brook-id", "1", "brook-id",
				"2")}, "the header brook-id occurs twice"},
		"elixir data": {elixir.Envelope{}, brook.Record{Value: []byte(twice(brookJSON,
			`"data":1`))}, "the member data occurs twice"},
		"elixir type, the same": {elixir.Envelope{}, brook.Record{Value: []byte(twice(brookJSON,
			`"type":`+opened))}, "the member type occurs twice"},
		"elixir type, a stranger's": {elixir.Envelope{},
			brook.Record{Value: []byte(strings.Replace(brookJSON, `,"__`, `,"type":"other","__`,
				1))}, "the member type occurs twice"},
		"elixir type, now an atom": {elixir.Envelope{}, brook.Record{Value: []byte(strings.Replace(brookJSON, `,"__`, `,"type":{"__data_type__":"atom","value":"other"},"__`, 1))}, "the member type occurs twice"},
		"brook-time with a raw topic": {brook.RawTopics{Types: map[string]string{"ledger": ledger.OpenedType}},
			brook.Record{Value: []byte(`{"account":"a"}`),
				Headers: apptest.Headers("brook-time", "2020-06-08T12:34:56Z", "brook-time",
					"2020-06-08T12:34:56Z")}, "the header brook-time occurs twice"},
	} {
		for i := range c.r.Headers {
			if string(c.r.Headers[i].Value) == "t" {
				c.r.Headers[i].Value = []byte(ledger.OpenedType)
			}
		}
		d := memdriver.New()
		conf := config(d, newStore())
		conf.Envelope = c.e
		app := newLedger(t, conf, &ledger.Audit{})
		c.r.Topic, c.r.Key = "ledger", []byte("a")
		publish(t, d, c.r)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if all := letters(t, app); len(all) != 1 || !strings.Contains(all[0].Error, c.want) ||
			all[0].Stage != brook.StageDecode {
			t.Errorf("%s: letters %v, want %q", name, all, c.want)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A ce_specversion that is no known version is the envelope's fault: a letter, also where the type
// is then none of the app's. Events of strangers in an older version are passed over.
func TestUnknownSpecVersionIsALetter(t *testing.T) {
	d := memdriver.New()
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	record := func(version, typ string) brook.Record {
		return brook.Record{Topic: "ledger", Key: []byte("a"), Value: []byte(`{"account":"a"}`),
			Headers: apptest.Headers("ce_specversion", version, "ce_type", typ)}
	}
	in := func(version, typ string) brook.Record {
		r := apptest.Structured(`{"specversion":"` + version + `","type":"` + typ +
			`","data":{"account":"a"}}`)
		r.Topic = "ledger"
		return r
	}
	publish(t, d, record(`"1.0"`, `"account.opened"`), record("\xa1\x031.0",
		"\xa1\x0eaccount.opened"), record("2.0", "account.opened"), record("0.3", "account.opened"),
		in("1.0.1", "other"), record("0.3", "other"), in("0.2", "other"))
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := letters(t, app)
	if len(all) != 5 {
		t.Fatalf("letters %v", all)
	}
	for i, l := range all {
		if l.Position.Offset != int64(i) || l.Stage != brook.StageDecode ||
			!strings.Contains(l.Error, "only events of version 1.0 can be read") {
			t.Errorf("letter %d is %v", i, l)
		}
	}
}

// Of two headers of a trace the last one travels on; one that is empty or no text does not, and
// makes no emission unreadable.
func TestLastTraceTravelsOn(t *testing.T) {
	d := memdriver.New()
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	record := func(typ, data string, pairs ...string) brook.Record {
		return brook.Record{Topic: "ledger", Key: []byte("a"), Value: []byte(data),
			Headers: append(apptest.Headers("ce_specversion", "1.0", "ce_id", "1", "ce_source", "s",
				"ce_type", typ), apptest.Headers(pairs...)...)}
	}
	publish(t, d, record(ledger.OpenedType, `{"account":"a"}`),
		record(ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`,
			"traceparent", "00-1-1-01", "tracestate", "a=1", "traceparent", "00-2-2-01", "tracestate", "", "ce_traceparent", "\xff", "ce_tracestate", "b\n"))
	for range 2 {
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, messages := allEmitted(t, d, brook.CloudEvents{}, "ledger")
	if len(messages) != 1 || !reflect.DeepEqual(messages[0].Headers,
		apptest.Headers("traceparent", "00-2-2-01", "tracestate", "a=1")) {
		t.Errorf("emitted %+v", messages)
	}
	if all := letters(t, app); len(all) > 0 {
		t.Errorf("letters %v", all)
	}
}

// A raw topic whose payloads are wrapped, or are no JSON, says so: they are no events of zero
// values with the key "".
func TestRawTopicsTellsWhatAPayloadIs(t *testing.T) {
	type raw struct{ key, value, want string }
	for _, c := range []raw{
		{"o1", `{"schema":{"type":"struct","fields":[]},"payload":{"order":"o1","cents":5}}`, `the record has the key "o1" and its payload has none: it looks like what Kafka Connect's JsonConverter`},
		{"o1", `{"payload":null,"schema":null}`,
			"it looks like what Kafka Connect's JsonConverter"},
		{"o1", `{"schema":{},"payload":{"before":null,"after":{"order":"o1"},"op":"c"}}`,
			"Connect"},
		{`{"order":"o1"}`, `{"before":null,"after":{"order":"o1"},"source":{"table":"orders"},"op":"c","ts_ms":1}`, `it looks like a change of Debezium`},
		{"o1", `{"before":{"order":"o1"},"op":"d"}`, "it looks like a change of Debezium"},
		{"", `{"schema":{},"payload":{"order":"o1"}}`,
			`the payload has no key: it looks like what Kafka Connect's`},
		{"o1", `{"id":"o1"}`, `the record has the key "o1" and its payload has none`},
		{"o1", `{"order":""}`, `the record has the key "o1" and its payload has none`},
		{"o1", "\x00\x00\x00\x00\x2a\x04o1\x0a", "the five bytes of a schema registry (schema 42), so it is Avro or Protobuf, and no JSON"},
		{"o1", "\x00\x00\x00\x00\x07\x00\x0a\x02o1",
			"the five bytes of a schema registry (schema 7), so it is Avro or Protobuf"},
		{"o1", "\x00\x00\x00\x01\x00{\"order\":\"o1\"}",
			"the five bytes of a schema registry (schema 256), and JSON comes after them"},
		{"o1", "", "the payload is empty"},
		{"o1", `{"order":"o1","cents":1}`, ""},
		{"elsewhere", `{"order":"o2"}`, ""}, // keyed otherwise, as it may be
	} {
		d := memdriver.New()
		conf := config(d, newStore())
		conf.Envelope = brook.RawTopics{Types: map[string]string{"orders": relay.PlacedType, "bills": relay.BilledType}}
		app, err := relay.NewApp(conf, relay.Billing{})
		if err != nil {
			t.Fatal(err)
		}
		r := brook.Record{Topic: "orders", Key: []byte(c.key), Value: []byte(c.value)}
		if c.key == "" {
			r.Key = nil
		}
		publish(t, d, r)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all []brook.DeadLetter
		for l, err := range app.DeadLetters() {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, l)
		}
		if c.want == "" && len(all) > 0 || c.want != "" && (len(all) != 1 ||
			all[0].Stage != brook.StageDecode || !strings.Contains(all[0].Error, c.want)) {
			t.Errorf("%q %q: letters %v, want %q", c.key, c.value, all, c.want)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The bytes of a schema registry are named in every envelope.
func TestRegistryBytesAreNamed(t *testing.T) {
	value := []byte("\x00\x00\x00\x00\x2a\x04o1\x0a")
	for _, f := range apptest.Forms {
		d := memdriver.New()
		conf := config(d, newStore())
		conf.Envelope = f.Ledger()
		app := newLedger(t, conf, &ledger.Audit{})
		named := f.Record(ledger.OpenedType, "")
		named.Topic, named.Value = "ledger", value
		publish(t, d, named, brook.Record{Topic: "ledger", Value: value})
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		const want = "the five bytes of a schema registry (schema 42)"
		if all := letters(t, app); len(all) != 2 || !strings.Contains(all[0].Error, want) ||
			!strings.Contains(all[1].Error, want) {
			t.Errorf("%s: letters %v", f.Name, all)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}
