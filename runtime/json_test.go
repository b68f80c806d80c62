package brook_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

type paid struct {
	Order string `json:"order"`
	Cents int64  `json:"cents"`
	Note  string `json:"note,omitempty"`
}

type lineKey struct {
	Order string `json:"order"`
	Line  int    `json:"line"`
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// roundTrip checks the JSON of v, and that reading it makes v again.
func roundTrip[T any](t *testing.T, v T, want string) {
	t.Helper()
	got := marshal(t, v)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	read := *new(T)
	if err := json.Unmarshal([]byte(got), &read); err != nil || !reflect.DeepEqual(read, v) {
		t.Errorf("%s\nreads as %+v, %v\nand was   %+v", got, read, err, v)
	}
}

func TestPositionJSON(t *testing.T) {
	t.Parallel()
	roundTrip(t, brook.Position{}, `""`)
	roundTrip(t, brook.Position{Topic: "orders", Partition: 3, Offset: 17}, `"orders/3/17"`)
	roundTrip(t, brook.Position{Topic: "a/b\"", Partition: 1}, `"a/b\"/1/0"`)
	roundTrip(t, brook.Position{Partition: 1}, `"/1/0"`)
	roundTrip(t, brook.Position{Topic: "o", Partition: -1, Offset: -2}, `"o/-1/-2"`)
	roundTrip(t, map[brook.Position]int{{Topic: "o", Offset: 5}: 1}, `{"o/0/5":1}`)
}

func TestPositionRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"o", "o/1", "o/1/", "o//1", "o/x/1", "o/1/x", "o/+1/1", "o/01/1", "o/1/1 ",
		"o/2147483648/0",
		"o/0/9223372036854775808", "/", "//",
	} {
		p := brook.Position{Topic: "kept"}
		err := p.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), "topic/partition/offset") {
			t.Errorf("%q: %v", text, err)
		}
		if p.Topic != "kept" {
			t.Errorf("%q changed the position to %v", text, p)
		}
	}
	var p brook.Position
	if err := json.Unmarshal([]byte(`{"topic":"o"}`), &p); err == nil {
		t.Error("an object was taken")
	}
}

func FuzzPositionText(f *testing.F) {
	f.Add("orders/3/17")
	f.Add("a/b/1/0")
	f.Add("/0/0")
	f.Fuzz(func(t *testing.T, text string) {
		var p brook.Position
		if p.UnmarshalText([]byte(text)) != nil {
			return
		}
		if text != "" && p.String() != text {
			t.Errorf("%q reads as %v", text, p)
		}
		again, err := p.MarshalText()
		var read brook.Position
		if err != nil || read.UnmarshalText(again) != nil || read != p {
			t.Errorf("%v is written as %q, which reads as %v: %v", p, again, read, err)
		}
	})
}

func TestEventJSON(t *testing.T) {
	t.Parallel()
	roundTrip(t, brook.Event[paid]{}, `{"id":"","type":"","data":{"order":"","cents":0}}`)
	roundTrip(t, brook.Event[paid]{
		ID: "1", Type: "order.paid", Author: "shop", Cause: "0", Key: []byte("o1"),
		Time: time.Date(2024, 2, 3, 4, 5, 6, 7, time.UTC),
		Headers: []brook.Header{{Key: "Trace", Value: []byte("x")}, {Key: "Trace", Value: []byte{}},
			{Key: "raw", Value: []byte{0xff}}},
		Position: brook.Position{Topic: "orders", Partition: 3, Offset: 17},
		Data:     paid{Order: "o1", Cents: 995},
	}, `{"id":"1","type":"order.paid","author":"shop","time":"2024-02-03T04:05:06.000000007Z",`+
		`"cause":"0","key":"o1","headers":[{"key":"Trace","value":"x"},{"key":"Trace"},`+
		`{"key":"raw","value_base64":"/w=="}],"position":"orders/3/17",`+
		`"data":{"order":"o1","cents":995}}`)
	roundTrip(t, brook.Event[map[string]int]{ID: "1", Key: []byte{}},
		`{"id":"1","type":"","key":"","data":null}`)
	roundTrip(t, brook.Event[int]{Key: []byte{1, 0xfe}, Data: 3},
		`{"id":"","type":"","key_base64":"Af4=","data":3}`)
	roundTrip(t, []brook.Event[string]{{ID: "1", Data: "a"}, {ID: "2", Data: "b"}},
		`[{"id":"1","type":"","data":"a"},{"id":"2","type":"","data":"b"}]`)
}

// A history's sum type is an interface: it can be written, and not read.
func TestHistoryJSON(t *testing.T) {
	t.Parallel()
	text := marshal(t, brook.Event[any]{ID: "1", Data: paid{Order: "o1"}})
	if want := `{"id":"1","type":"","data":{"order":"o1","cents":0}}`; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var e brook.Event[interface{ sum() }]
	e.ID = "kept"
	if err := json.Unmarshal([]byte(text), &e); err == nil || e.ID != "kept" {
		t.Errorf("got %+v, %v", e, err)
	}
}

// Whoever encodes decides whether < is escaped, inside of an event too.
func TestEventJSONEscapes(t *testing.T) {
	t.Parallel()
	e := brook.Event[string]{ID: "<", Data: "<&"}
	if got := marshal(t, e); strings.Contains(got, "<") {
		t.Errorf("json.Marshal: %s", got)
	}
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		t.Fatal(err)
	}
	if want := `{"id":"<","type":"","data":"<&"}` + "\n"; out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

func TestEntryJSON(t *testing.T) {
	t.Parallel()
	roundTrip(t, brook.Entry[string, paid]{Key: "o1", Value: paid{Order: "o1", Cents: 1}},
		`{"key":"o1","value":{"order":"o1","cents":1}}`)
	roundTrip(t, brook.Entry[lineKey, paid]{Key: lineKey{"o1", 2}},
		`{"key":{"order":"o1","line":2},"value":{"order":"","cents":0}}`)
}

func TestUpdateJSON(t *testing.T) {
	t.Parallel()
	roundTrip(t, brook.Update[string, paid]{Key: "o1", Present: true, Value: paid{Cents: 1}},
		`{"key":"o1","present":true,"value":{"order":"","cents":1}}`)
	roundTrip(t, brook.Update[string, paid]{Key: "o1"}, `{"key":"o1","present":false}`)
	roundTrip(t, brook.Update[lineKey, []int]{Key: lineKey{"o1", 2}, Present: true, Missed: true},
		`{"key":{"order":"o1","line":2},"present":true,"value":null,"missed":true}`)
}

func FuzzEventJSON(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"t","key":"k","data":{"order":"o"}}`))
	f.Add([]byte(`{"key_base64":"/w==","headers":[{"key":"a","value_base64":"/w=="}]}`))
	f.Add([]byte(`{"time":"2024-02-03T04:05:06+01:00","position":"o/1/2","more":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e, again brook.Event[paid]
		if json.Unmarshal(text, &e) != nil {
			return
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("%q reads as %+v, which is not written: %v", text, e, err)
		}
		err = json.Unmarshal(written, &again)
		if err != nil || marshal(t, again) != string(written) {
			t.Errorf("%s reads as %+v, %v", written, again, err)
		}
	})
}
