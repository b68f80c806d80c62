package elixir_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
)

// person uses every type that both formats have a form for.
var person = elixir.Struct{Name: "Elixir.Person", Fields: map[string]elixir.Type{
	"born":    elixir.Date,
	"seen":    elixir.DateTime,
	"naive":   elixir.NaiveDateTime,
	"wakes":   elixir.Time,
	"role":    elixir.Atom,
	"tags":    elixir.MapSet{},
	"days":    elixir.MapSet{Of: elixir.Date},
	"address": elixir.Struct{Name: "Elixir.Address"},
	"phones": elixir.List{Of: elixir.Struct{Name: "Elixir.Phone",
		Fields: map[string]elixir.Type{"since": elixir.Date}}},
	"rooms":   elixir.Map{Of: elixir.Struct{Name: "Elixir.Room"}},
	"options": elixir.Keyword{Of: elixir.Date},
}}

const personData = `{"name":"J\u00f6rg \"J\" <j@x>","age":21.50,"born":"2020-06-08","seen":"2020-06-08T12:34:56.789+02:00","naive":"2020-06-08T14:34:56.789+02:00","wakes":"06:30:00",` +
	`"role":"admin","tags":["a",1,null],"days":["2020-06-08"],"address":{"city":"Columbus"},"phones":[{"since":"2020-06-08","nr":1},{},null],"rooms":{"a":{"x":{}},"born":{}},` +
	`"options":[["host","2020-06-08"],["born",null]],"extra":{"born":"x"}}`

func TestWrap(t *testing.T) {
	m := brook.Message{ID: "i", Type: "person:create", Author: "svc",
		Time: time.UnixMilli(1591619696789).UTC(), Cause: "c", Lane: "t/0/Audit",
		Sequence: brook.Sequence{Offset: 7, Ordinal: 1},
		Headers:  []brook.Header{{Key: "traceparent", Value: []byte("00-1-2-01")}},
		Data:     []byte(personData)}
	for format, want := range map[elixir.Format]string{
		elixir.BrookSerializer: `{"author":"svc","create_ts":1591619696789,"data":{"name":"J\u00f6rg \"J\" <j@x>","age":21.50,"born":{"__brook_struct__":"Elixir.Date","value":"2020-06-08"},` +
			`"seen":{"__brook_struct__":"Elixir.DateTime","value":"2020-06-08T12:34:56.789+02:00"},"naive":{"__brook_struct__":"Elixir.NaiveDateTime","value":"2020-06-08T12:34:56.789"},` +
			`"wakes":{"__brook_struct__":"Elixir.Time","value":"06:30:00"},"role":"admin","tags":{"__brook_struct__":"Elixir.MapSet","values":["a",1,null]},` +
			`"days":{"__brook_struct__":"Elixir.MapSet","values":[{"__brook_struct__":"Elixir.Date","value":"2020-06-08"}]},"address":{"city":"Columbus","__brook_struct__":"Elixir.Address"},` +
			`"phones":[{"since":{"__brook_struct__":"Elixir.Date","value":"2020-06-08"},"nr":1,"__brook_struct__":"Elixir.Phone"},{"__brook_struct__":"Elixir.Phone"},null],` +
			`"rooms":{"a":{"x":{},"__brook_struct__":"Elixir.Room"},"born":{"__brook_struct__":"Elixir.Room"}},` +
			`"options":{"keyword":true,"list":[["host",{"__brook_struct__":"Elixir.Date","value":"2020-06-08"}],["born",null]]},"extra":{"born":"x"},"__brook_struct__":"Elixir.Person"},` +
			`"forwarded":false,"type":"person:create","__brook_struct__":"Elixir.Brook.Event"}`,
		elixir.JSONSerde: `{"author":"svc","create_ts":1591619696789,"data":{"name":"J\u00f6rg \"J\" <j@x>","age":21.50,"born":{"__data_type__":"date","value":"2020-06-08"},` +
			`"seen":{"__data_type__":"date_time","value":"2020-06-08T12:34:56.789+02:00"},"naive":{"__data_type__":"naive_date_time","value":"2020-06-08T12:34:56.789"},` +
			`"wakes":{"__data_type__":"time","value":"06:30:00"},"role":{"__data_type__":"atom","value":"admin"},"tags":{"__data_type__":"map_set","values":["a",1,null]},` +
			`"days":{"__data_type__":"map_set","values":[{"__data_type__":"date","value":"2020-06-08"}]},"address":{"city":"Columbus","__data_type__":"Elixir.Address"},` +
			`"phones":[{"since":{"__data_type__":"date","value":"2020-06-08"},"nr":1,"__data_type__":"Elixir.Phone"},{"__data_type__":"Elixir.Phone"},null],` +
			`"rooms":{"a":{"x":{},"__data_type__":"Elixir.Room"},"born":{"__data_type__":"Elixir.Room"}},` +
			`"options":[{"__data_type__":"tuple","values":[{"__data_type__":"atom","value":"host"},{"__data_type__":"date","value":"2020-06-08"}]},` +
			`{"__data_type__":"tuple","values":[{"__data_type__":"atom","value":"born"},null]}],"extra":{"born":"x"},"__data_type__":"Elixir.Person"},` +
			`"forwarded":false,"type":"person:create","__data_type__":"Elixir.Brook.Event"}`,
	} {
		e := elixir.Envelope{Format: format, Types: map[string]elixir.Type{"person:create": person}}
		r := brook.Record{Topic: "events", Key: []byte("joe")}
		if err := e.Wrap(&m, &r); err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if string(r.Value) != want {
			t.Errorf("%s: the record is\n%s, want\n%s", format, r.Value, want)
		}
		if string(r.Key) != m.Type {
			t.Errorf("%s: the key is %q", format, r.Key)
		}
		back := m
		back.Data = []byte(strings.Replace(personData, "2020-06-08T14:34:56.789+02:00",
			"2020-06-08T12:34:56.789Z", 1))
		var got brook.Message
		if err := e.Open(&r, &got); err != nil || !reflect.DeepEqual(got, back) {
			t.Errorf("%s: opened is\n%+v, %v, want\n%+v", format, got, err, back)
		}
	}
}

func TestWrapOneFormatOnly(t *testing.T) {
	m := brook.Message{Type: "t", Data: []byte(`[["ok",1],1.50,"2"]`)}
	types := map[string]elixir.Type{"t": elixir.Tuple{elixir.Tuple{elixir.Atom, nil},
		elixir.Decimal, elixir.Decimal}}
	var r brook.Record
	if err := (elixir.Envelope{Format: elixir.JSONSerde, Types: types}).Wrap(&m, &r); err != nil {
		t.Fatal(err)
	}
	want := `{"author":"","create_ts":null,"data":{"__data_type__":"tuple","values":[{"__data_type__":"tuple","values":[{"__data_type__":"atom","value":"ok"},1]},` +
		`{"__data_type__":"Elixir.Decimal","value":"1.50"},{"__data_type__":"Elixir.Decimal","value":"2"}]},"forwarded":false,"type":"t","__data_type__":"Elixir.Brook.Event"}`
	if string(r.Value) != want {
		t.Errorf("the record is\n%s, want\n%s", r.Value, want)
	}
	if err := (elixir.Envelope{Types: types}).Wrap(&m, &r); err == nil ||
		!strings.Contains(err.Error(), "brook_serializer has no form for an elixir.Tuple") {
		t.Errorf("a tuple: %v", err)
	}
}

func TestWrapErrors(t *testing.T) {
	for _, c := range []struct {
		data string
		t    elixir.Type
		want string
	}{
		{`{`, nil, "data of t: json:"},
		{`1 2`, nil, "the end of the data"},
		{``, nil, "a value"},
		{`[1]`, elixir.Struct{Name: "Elixir.A"}, "expected an object"},
		{`{"a":{"b":[7]}}`, elixir.Map{Of: elixir.Map{Of: elixir.List{Of: elixir.Date}}},
			"a.b[0]: an elixir.Date is written from a string"},
		{`{"a":"noon"}`, elixir.Map{Of: elixir.DateTime}, `a: "noon" is no DateTime`},
		{`"2020-06-08T12:34:56"`, elixir.DateTime, "is no DateTime"},
		{`"2020-06-08"`, elixir.NaiveDateTime, "is no NaiveDateTime"},
		{`"2020-06-08T12:34:56Z"`, elixir.Date, "is no Date"},
		{`"25:00:00"`, elixir.Time, "is no Time"},
		{`"1 "`, elixir.Decimal, "is no Decimal"},
		{`"NaN"`, elixir.Decimal, "is no Decimal"},
		{`"x"`, elixir.Scalar("Zone"), "no such elixir.Scalar"},
		{`"x"`, elixir.List{}, "expected an array"},
		{`{}`, elixir.MapSet{}, "expected an array"},
		{`[1,2]`, elixir.Tuple{nil}, "it has 2 elements, its elixir.Tuple has 1"},
		{`[]`, elixir.Tuple{nil}, "it has 0 elements"},
		{`[["a",1,2]]`, elixir.Keyword{}, "3 elements"},
		{`[[1,2]]`, elixir.Keyword{}, "[0][0]: an elixir.Atom is written from a string"},
		{`{"__data_type__":1}`, elixir.Struct{Name: "Elixir.A"},
			"where the name of its struct belongs"},
		{`{"a":{}}`, elixir.Map{Of: elixir.Struct{}}, "a: its elixir.Struct has no Name"},
		{`{"a":{}}`, elixir.Map{Of: elixir.Struct{Name: "tuple"}},
			"a: to json_serde tuple is no struct"},
		{`{"value":"d"}`, elixir.Struct{Name: "Elixir.Date"},
			"to json_serde Elixir.Date is no struct"},
		{`"2020-06-08T12:34:60"`, elixir.DateTime, "such as 2020-06-08T12:34:56.789Z"},
	} {
		m := brook.Message{Type: "t", Data: []byte(c.data)}
		err := elixir.Envelope{Format: elixir.JSONSerde,
			Types: map[string]elixir.Type{"t": c.t}}.Wrap(&m, &brook.Record{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %#v: %v, want an error with %q", c.data, c.t, err, c.want)
		}
	}
	for want, m := range map[string]brook.Message{
		"no type": {Data: []byte("1")},
		"belong to the envelope": {Type: "t", Data: []byte("1"),
			Headers: []brook.Header{{Key: "brook-id"}}},
	} {
		if err := (elixir.Envelope{}).Wrap(&m, &brook.Record{}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", m, err, want)
		}
	}
	m := brook.Message{Type: "t", Data: []byte("1")}
	if err := (elixir.Envelope{Format: 7}).Wrap(&m, &brook.Record{}); err == nil ||
		!strings.Contains(err.Error(), "no format 7") {
		t.Errorf("format 7: %v", err)
	}
}
