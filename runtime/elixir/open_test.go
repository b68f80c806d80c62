package elixir_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
)

// open opens a record's value over another message, of which nothing may stay.
func open(value string, headers ...brook.Header) (brook.Message, error) {
	m := brook.Message{ID: "old", Type: "old", Author: "old", Time: time.Unix(1, 0), Cause: "old",
		Lane: "old", Sequence: brook.Sequence{Offset: 1, Ordinal: 1},
		Headers: []brook.Header{{Key: "old"}}, Data: []byte("old"), Keyed: true}
	err := elixir.Envelope{}.Open(&brook.Record{Key: []byte("t"), Value: []byte(value),
		Headers: headers}, &m)
	return m, err
}

// The records are as brook_serializer 2.2 and json_serde 1.1 write them.
func TestOpen(t *testing.T) {
	for value, data := range map[string]string{
		`{"author":"svc","create_ts":1591619696789,"data":{"id":1,"name":"bob"},"forwarded":false,"type":"person:create","__brook_struct__":"Elixir.Brook.Event"}`:                                         `{"id":1,"name":"bob"}`,
		`{"__brook_struct__":"Elixir.Brook.Event","author":"svc","create_ts":1591619696789,"data":{"age":21,"name":"Bob","__brook_struct__":"Elixir.TempStruct"},"forwarded":true,"type":"person:create"}`: `{"age":21,"name":"Bob"}`,
		`{"author":"svc","create_ts":1591619696789,"data":{"driver":null,"__data_type__":"Elixir.Car"},"forwarded":false,"type":"person:create","__data_type__":"Elixir.Brook.Event"}`:                     `{"driver":null}`,
		`{"author":{"__data_type__":"atom","value":"svc"},"create_ts":1591619696789,"data":null,"type":{"__data_type__":"atom","value":"person:create"},"__data_type__":"Elixir.Brook.Event"}`:             `null`,
		`{"__struct__":"Elixir.SmartCity.Dataset","author":"svc","create_ts":1591619696789,"data":"some data","type":"person:create","__brook_struct__":"Elixir.Brook.Event"}`:                             `"some data"`,
	} {
		m, err := open(value, brook.Header{Key: "brook-lane", Value: []byte("7.1 t/0/Audit")},
			brook.Header{Key: "brook-id", Value: []byte("i")},
			brook.Header{Key: "brook-cause", Value: []byte("c")},
			brook.Header{Key: "traceparent", Value: []byte("00-1-2-01")})
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		want := brook.Message{ID: "i", Type: "person:create", Author: "svc",
			Time: time.Date(2020, 6, 8, 12, 34, 56, 789e6, time.UTC), Cause: "c", Lane: "t/0/Audit",
			Sequence: brook.Sequence{Offset: 7, Ordinal: 1},
			Headers:  []brook.Header{{Key: "traceparent", Value: []byte("00-1-2-01")}},
			Data:     []byte(data)}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("%s is\n%+v, want\n%+v", value, m, want)
		}
	}
}

// inBrook and inSerde are an event of either format with some data.
func inBrook(data string) string {
	return `{"author":"svc","create_ts":1,"data":` + data +
		`,"forwarded":false,"type":"t","__brook_struct__":"Elixir.Brook.Event"}`
}

func inSerde(data string) string {
	return `{"author":"svc","create_ts":1,"data":` + data +
		`,"forwarded":false,"type":"t","__data_type__":"Elixir.Brook.Event"}`
}

func TestPlain(t *testing.T) {
	for name, c := range map[string]struct{ brook, serde, want string }{
		"date_time": {`{"at":{"__brook_struct__":"Elixir.DateTime","value":"2020-06-08T12:34:56.789Z"}}`, `{"at":{"__data_type__":"date_time","value":"2020-06-08T12:34:56.789Z"}}`,
			`{"at":"2020-06-08T12:34:56.789Z"}`},
		"naive": {`[{"value":"2020-06-08T12:34:56","__brook_struct__":"Elixir.NaiveDateTime"}]`,
			`[{"value":"2020-06-08T12:34:56","__data_type__":"naive_date_time"}]`,
			`["2020-06-08T12:34:56Z"]`},
		"date": {`{"__brook_struct__":"Elixir.Date","value":"2020-06-08"}`,
			`{"__data_type__":"date","value":"2020-06-08"}`, `"2020-06-08"`},
		"time": {`{"__brook_struct__":"Elixir.Time","value":"12:34:56.789"}`,
			`{"__data_type__":"time","value":"12:34:56.789"}`, `"12:34:56.789"`},
		"set": {`{"__brook_struct__":"Elixir.MapSet","values":[1,{"__brook_struct__":"Elixir.Date","value":"2020-06-08"}]}`,
			`{"values":[1,{"__data_type__":"date","value":"2020-06-08"}],"__data_type__":"map_set"}`, `[1,"2020-06-08"]`},
		"nested": {`{"a":{"b":[{"c":{"__brook_struct__":"Elixir.A","x":{"y":1,"__brook_struct__":"Elixir.B"}}}],"__brook_struct__":"Elixir.C"}}`,
			`{"a":{"b":[{"c":{"__data_type__":"alias","x":{"y":1,"__data_type__":"Elixir.B"}}}],"__data_type__":"Elixir.C"}}`, `{"a":{"b":[{"c":{"x":{"y":1}}}]}}`},
		"empty struct": {`{"a":{"__brook_struct__":"Elixir.A"}}`,
			`{"a":{"__data_type__":"Elixir.A"}}`, `{"a":{}}`},
		"verbatim": {`{"z":1.50e+07,"a":"\u00e9\/\ud83d\ude00é","__brook_struct__":"Elixir.A","a":-0}`, `{"z":1.50e+07,"a":"\u00e9\/\ud83d\ude00é","__data_type__":"Elixir.A","a":-0}`,
			`{"z":1.50e+07,"a":"\u00e9\/\ud83d\ude00é","a":-0}`},
		"fields named value": {`{"__brook_struct__":"Elixir.A","value":{"n":1},"values":2,"list":3}`, `{"__data_type__":"Elixir.A","value":{"n":1},"values":2,"list":3}`,
			`{"value":{"n":1},"values":2,"list":3}`},
		"more than a value": {`{"x":{"y":[{}]},"__brook_struct__":"Elixir.Date","value":"d","calendar":{"a":{}}}`, `{"x":{"y":[{}]},"__data_type__":"date","value":"d","calendar":{"a":{}}}`, `"d"`},
		"escaped names": {`{"\u005f_brook_struct__":"Elixir.Date","v\u0061lue":"d"}`,
			`{"\u005f_data_type__":"d\u0061te","v\u0061lue":"d"}`, `"d"`},
		"no names": {`{"__brook_struct__":null,"b":{"__brook_struct__":{"a":1}}}`,
			`{"__brook_struct__":null,"b":{"__brook_struct__":{"a":1}}}`,
			`{"__brook_struct__":null,"b":{"__brook_struct__":{"a":1}}}`},
		"the other's": {`{"a":{"__data_type__":"date","value":"d"}}`,
			`{"a":{"__brook_struct__":"Elixir.Date","value":"d"}}`, `{"a":"d"}`},
	} {
		for _, value := range []string{inBrook(c.brook), inSerde(c.serde)} {
			m, err := open(value)
			if err != nil || string(m.Data) != c.want {
				t.Errorf("%s: %s is %s, %v; want %s", name, value, m.Data, err, c.want)
			}
		}
	}
	// What only one of them has.
	for value, want := range map[string]string{
		inBrook(`{"tags":{"keyword":true,"list":[]},"o":{"keyword":true,"list":[["host","a"],["port",{"__brook_struct__":"Elixir.A","n":1}]]}}`): `{"tags":[],"o":[["host","a"],["port",{"n":1}]]}`,
		inBrook(`{"keyword":true,"list":"a","x":{"keyword":false,"list":[]}}`):                                                                   `{"keyword":true,"list":"a","x":{"keyword":false,"list":[]}}`,
		inSerde(`{"keyword":true,"list":[]}`):                             `{"keyword":true,"list":[]}`,
		inSerde(`{"keyword":true,"list":[{"__data_type__":"Elixir.A"}]}`): `{"keyword":true,"list":[{}]}`,
		inSerde(`[{"__data_type__":"atom","value":"hello"},{"__data_type__":"tuple","values":["one",{"__data_type__":"atom","value":"three"}]}]`): `["hello",["one","three"]]`,
		inSerde(`{"amount":{"__data_type__":"Elixir.Decimal","value":"1.10"}}`):                                                                   `{"amount":"1.10"}`,
		inBrook(`{"__brook_struct__":"atom","value":"hello"}`):                                                                                    `{"value":"hello"}`,
	} {
		if m, err := open(value); err != nil || string(m.Data) != want {
			t.Errorf("%s is %s, %v; want %s", value, m.Data, err, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	for value, want := range map[string]string{
		``:                                   "expected an object",
		`null`:                               "expected an object",
		`{"type":"t","data":1,"author":"a"}`: "no event of Brook",
		`{"type":"t","data":1,"__brook_struct__":"Elixir.Other"}`:                                       "no event of Brook",
		`{"type":"t","data":1,"__brook_struct__":null}`:                                                 "no event of Brook",
		`{"data":1,"__brook_struct__":"Elixir.Brook.Event"}`:                                            "type is missing",
		`{"type":{"__data_type__":"atom","value":""},"data":1,"__brook_struct__":"Elixir.Brook.Event"}`: "type is missing",
		`{"type":["t"],"data":1,"__brook_struct__":"Elixir.Brook.Event"}`:                               "neither a string nor an atom",
		`{"type":"t","author":1,"data":1,"__brook_struct__":"Elixir.Brook.Event"}`:                      "neither a string nor an atom",
		`{"type":"t","__brook_struct__":"Elixir.Brook.Event"}`:                                          "data is missing",
		`{"type":"t","type":"t","data":1,"__brook_struct__":"Elixir.Brook.Event"}`:                      "type occurs twice",
		`{"type":"t","data":1,"__data_type__":"x","__brook_struct__":"Elixir.Brook.Event"}`:             "occurs twice",
		`{"type":"t","data":1,"create_ts":"noon","__brook_struct__":"Elixir.Brook.Event"}`:              "create_ts:",
		inBrook(`{"a":[0,{"__brook_struct__":"Elixir.Date"}]}`):                                         `data.a[1]: __brook_struct__ "Elixir.Date" wants one value, a string`,
		inBrook(`{"a":{"__brook_struct__":"Elixir.Date","value":7}}`):                                   `data.a: __brook_struct__ "Elixir.Date" wants one value, a string`,
		inBrook(`{"a":{"__brook_struct__":"Elixir.Date","value":"d","value":"e"}}`):                     "wants one value",
		inSerde(`{"a":{"__data_type__":"tuple","values":{}}}`):                                          `data.a: __data_type__ "tuple" wants values, one array`,
		inSerde(`{"a":{"__data_type__":"map_set","values":[],"values":[]}}`):                            "wants values, one array",
		inSerde(`{"a":{"__data_type__":"x","__brook_struct__":"y"}}`):                                   `data.a: this struct has two names`,
		inSerde(`{"a":}`): "data.a: found '}'",
		inSerde(strings.Repeat(`{"__data_type__":"tuple","values":[`, 5001)): "10000 levels",
		inBrook(strings.Repeat(`[`, 10001)):                                  "10000 levels",
	} {
		m, err := open(value)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.100s: %v, want an error with %q", value, err, want)
		}
		if strings.HasPrefix(value, `{"type":"t"`) && m.Type != "t" {
			t.Errorf("%.100s: the type is %q", value, m.Type)
		}
	}
	if _, err := open(inBrook("1"),
		brook.Header{Key: "brook-lane", Value: []byte("x")}); err == nil ||
		!strings.Contains(err.Error(), "brook-lane") {
		t.Errorf("a bad brook-lane: %v", err)
	}
}

// If nothing is special, the payload is not copied.
func TestOpenShares(t *testing.T) {
	value := []byte(inSerde(`{"a":[{},{"keyword":true,"list":[]}]}`))
	var m brook.Message
	if err := (elixir.Envelope{}).Open(&brook.Record{Value: value}, &m); err != nil {
		t.Fatal(err)
	}
	if at := bytes.Index(value, []byte(`{"a"`)); &m.Data[0] != &value[at] {
		t.Error("the payload is a copy")
	}
}

// Hostile nesting costs in proportion to the text: each level holds all that is below, and none
// of it is moved twice.
func TestDeepNesting(t *testing.T) {
	const depth = 4990
	text := inSerde(strings.Repeat(`{"__data_type__":"tuple","values":[`,
		depth) + strings.Repeat(`"0123456789",`, 1<<16) + `1` + strings.Repeat(`]}`, depth))
	m, err := open(text)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(`"0123456789",`)<<16 + 1 + 2*depth; len(m.Data) != want ||
		cap(m.Data) > len(text) {
		t.Errorf("%d bytes of %d, want %d", len(m.Data), cap(m.Data), want)
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, value := range map[string]string{"plain": inBrook(`{"order_id":"o1","user_id":"ada","cents":995}`),
		"structs": inBrook(`{"order_id":"o1","at":{"__brook_struct__":"Elixir.DateTime","value":"2020-06-08T12:34:56.789Z"},"cents":995,"__brook_struct__":"Elixir.Order"}`)} {
		b.Run(name, func(b *testing.B) {
			r, m := brook.Record{Value: []byte(value)}, brook.Message{}
			b.ReportAllocs()
			for b.Loop() {
				if err := (elixir.Envelope{}).Open(&r, &m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
