package brook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// reopened wraps a message and opens the record over another message, of which nothing may stay.
func reopened(t *testing.T, e brook.Envelope, m brook.Message, r *brook.Record) brook.Message {
	t.Helper()
	if err := e.Wrap(&m, r); err != nil {
		t.Fatal(err)
	}
	old := brook.Message{ID: "old", Type: "old", Author: "old", Time: time.Unix(1, 0), Cause: "old",
		Lane: "old", Sequence: brook.Sequence{Offset: 1, Ordinal: 1},
		Headers: apptest.Headers("old", "old"), Data: []byte("old"), Keyed: true}
	if err := e.Open(r, &old); err != nil {
		t.Fatal(err)
	}
	return old
}

func TestPlainJSON(t *testing.T) {
	m := apptest.FullMessage()
	r := brook.Record{Topic: "orders", Key: []byte("u1")}
	got := reopened(t, brook.PlainJSON{}, m, &r)
	m.Keyed = true
	if !reflect.DeepEqual(got, m) {
		t.Errorf("opened is\n%+v, wrapped was\n%+v", got, m)
	}
	want := brook.Record{Topic: "orders", Key: []byte("u1"),
		Value: []byte(`{"type":"order.placed","author":"the \"shop\"","create_ts":1591619696789,` +
			`"data":{"order_id":"o1","cents":995}}`),
		Headers: apptest.Headers("brook-id", "orders/0/7/Audit/1", "brook-cause", "c1",
			"brook-lane", "7.1 orders/0/Audit", "region", "eu", "traceparent", "00-1-2-01")}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("the record is\n%s %s, want\n%s %s", r.Value, r.Headers, want.Value, want.Headers)
	}
}

// What others write: any order, more members, times as text, no headers.
func TestPlainJSONOfOthers(t *testing.T) {
	at := time.Date(2020, 6, 8, 12, 34, 56, 789e6, time.UTC)
	for value, want := range map[string]brook.Message{
		` { "data" : [ 1 ] , "type" : "t" } `:                                                         {Type: "t", Data: []byte("[ 1 ]")},
		`{"type":"t","author":null,"create_ts":null,"data":1.0}`:                                      {Type: "t", Data: []byte("1.0")},
		`{"v":{"type":"x"},"type":"t","data":"d","v":[],"create_ts":"2020-06-08T14:34:56.789+02:00"}`: {Type: "t", Data: []byte(`"d"`), Time: at},
		`{"t\u0079pe":"\u0074","author":"ü","data":{"data":null},"create_ts":1591619696789.0}`:        {Type: "t", Author: "ü", Data: []byte(`{"data":null}`), Time: at},
		`{"Type":"x","type":"t","Data":null,"data":false}`:                                            {Type: "t", Data: []byte("false")},
	} {
		m := apptest.FullMessage()
		if err := (brook.PlainJSON{}).Open(&brook.Record{Value: []byte(value)}, &m); err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		want.Keyed = true
		if !reflect.DeepEqual(m, want) {
			t.Errorf("%s is\n%+v, want\n%+v", value, m, want)
		}
	}
}

func TestPlainJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", 10001) + strings.Repeat("]", 10001)
	for value, want := range map[string]string{
		``:                                 "expected an object",
		`null`:                             "expected an object",
		`[]`:                               "expected an object",
		`{}`:                               "missing, null or empty: type, data",
		`{"data":1}`:                       "missing, null or empty: type",
		`{"type":null,"data":1}`:           "missing, null or empty: type",
		`{"type":"","data":1}`:             "missing, null or empty: type",
		`{"type":"t"}`:                     "missing, null or empty: data",
		`{"type":"t","data":null}`:         "missing, null or empty: data",
		`{"type":7,"data":1}`:              "type: found number 7",
		`{"type":"t","author":{}}`:         "author: found an object",
		`{"type":"t","type":"u","data":1}`: "type occurs twice",
		`{"data":1,"type":"t","data":2}`:   "data occurs twice",
		`{"type":"t","data":1,"create_ts":"noon"}`: "create_ts:",
		`{"type":"t","data":1,"create_ts":1e99}`:   "milliseconds since 1970",
		`{"type":"t","data":{"a":}}`:               "data.a",
		`{"type":"t","data":1}}`:                   "the end of the data",
		`{"type":"t","data":1`:                     ", or }",
		`{"type":"t","data":` + deep + `}`:         "10000 levels",
	} {
		var m brook.Message
		err := (brook.PlainJSON{}).Open(&brook.Record{Value: []byte(value)}, &m)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.60s: %v, want an error with %q", value, err, want)
		}
	}
	for _, m := range []brook.Message{
		{Data: []byte("1")},
		{Type: "t", Data: []byte("null")},
		{Type: "t", Data: []byte(" null ")},
		{Type: "t"},
		{Type: "t", Data: []byte("{")},
		{Type: "t", Data: []byte("1"), Headers: apptest.Headers("brook-lane", "x")},
	} {
		if err := (brook.PlainJSON{}).Wrap(&m, &brook.Record{}); err == nil {
			t.Errorf("%+v is wrapped", m)
		}
	}
	for _, h := range apptest.Headers(
		"brook-lane", "7.1", "brook-lane", "7.x lane", "brook-lane", "7 lane", "brook-time", "noon",
	) {
		m := brook.Message{}
		r := brook.Record{Value: []byte(`{"type":"t","data":1}`), Headers: []brook.Header{h}}
		err := (brook.PlainJSON{}).Open(&r, &m)
		if err == nil || !strings.Contains(err.Error(), h.Key) || m.Type != "t" {
			t.Errorf("header %s: %q: %v", h.Key, h.Value, err)
		}
	}
}

// FuzzPlainJSON compares what is opened with what encoding/json finds.
func FuzzPlainJSON(f *testing.F) {
	for _, value := range []string{
		`{"type":"t","author":"a","create_ts":1,"data":{}}`,
		`{"type":"t","data":[{"type":1}],"x":null}`,
		`{"t\u0079pe":"\ud800","data":"\u0000"}`,
		`{"type":"t","data":1,"data":2}`,
		`{"create_ts":"2020-06-08T12:34:56Z","type":"a","data":-0}`,
		`{"type":"t","data":null}`,
		`{"type":"t","data":}`,
		`{"type":"\xff","data":""}`,
	} {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		var m brook.Message
		err := (brook.PlainJSON{}).Open(&brook.Record{Value: value}, &m)
		var all map[string]json.RawMessage
		if bad := json.Unmarshal(value, &all); bad != nil {
			if err == nil {
				t.Fatalf("%q: %v", value, bad)
			}
			return
		}
		if err != nil {
			if reason := refusal(value, all); reason == "" {
				t.Fatalf("%q is refused for no reason: %v", value, err)
			}
			return
		}
		if reason := refusal(value, all); reason != "" {
			t.Fatalf("%q is taken, though %s", value, reason)
		}
		var typ, author string
		if json.Unmarshal(all["type"], &typ) != nil || typ != m.Type ||
			!bytes.Equal(bytes.Trim(all["data"], " \t\r\n"), m.Data) {
			t.Errorf("%q: %+v", value, m)
		}
		if text, ok := all["author"]; ok &&
			(json.Unmarshal(text, &author) != nil || author != m.Author) {
			t.Errorf("%q: author %q", value, m.Author)
		}
		var r brook.Record
		if err := (brook.PlainJSON{}).Wrap(&m, &r); err != nil || !json.Valid(r.Value) {
			t.Errorf("%q is wrapped as %q, %v", value, r.Value, err)
		}
	})
}

// refusal returns why PlainJSON must refuse a valid text, or "" if it must not.
func refusal(value []byte, all map[string]json.RawMessage) string {
	count := map[string]int{}
	d := json.NewDecoder(bytes.NewReader(value))
	for depth := 0; ; {
		at := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		rest := bytes.TrimLeft(value[d.InputOffset():], " \t\r\n")
		name, ok := token.(string)
		if ok && depth == 1 && bytes.HasPrefix(rest, []byte(":")) && at > 0 {
			count[name]++
		}
	}
	for _, name := range []string{"type", "author", "create_ts", "data"} {
		if count[name] > 1 {
			return name + " occurs twice"
		}
	}
	var s *string
	if json.Unmarshal(all["type"], &s) != nil || s == nil || *s == "" {
		return "there is no type"
	}
	if text, ok := all["author"]; ok && json.Unmarshal(text, &s) != nil {
		return "author is no string"
	}
	if data := string(bytes.TrimSpace(all["data"])); data == "" || data == "null" {
		return "there is no data"
	}
	text, ok := all["create_ts"]
	if !ok || string(text) == "null" {
		return ""
	}
	var at time.Time
	if json.Unmarshal(text, &at) == nil {
		return ""
	}
	var ms float64
	if json.Unmarshal(text, &ms) != nil || ms < -62167219200000 || ms >= 253402300800000 {
		return "create_ts is no time"
	}
	return ""
}

func BenchmarkPlainJSON(b *testing.B) {
	m := apptest.FullMessage()
	var r brook.Record
	if err := (brook.PlainJSON{}).Wrap(&m, &r); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := (brook.PlainJSON{}).Open(&r, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
	r.Headers = nil
	b.Run("open, no headers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := (brook.PlainJSON{}).Open(&r, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func ExamplePlainJSON() {
	m := brook.Message{
		ID: "o1", Type: "order.placed", Author: "shop",
		Time: time.UnixMilli(1591619696789), Data: []byte(`{"order_id":"o1"}`),
	}
	r := brook.Record{Topic: "orders", Key: []byte("ada")}
	if err := (brook.PlainJSON{}).Wrap(&m, &r); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n", r.Value)
	for _, h := range r.Headers {
		fmt.Printf("%s: %s\n", h.Key, h.Value)
	}
	// Output:
	// {"type":"order.placed","author":"shop","create_ts":1591619696789,"data":{"order_id":"o1"}}
	// brook-id: o1
}
