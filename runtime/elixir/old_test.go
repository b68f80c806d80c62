package elixir_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
)

// oldEvent is an event as Brook 0.3.2 to 0.4.10 wrote it: a map, whose keys stand in their order,
// with its data as a string of JSON.
func oldEvent(data, more string) string {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return `{"__brook_struct__":"Elixir.Brook.Event",` + more +
		`"author":"svc","create_ts":1591619696789,"data":` + string(text) +
		`,"forwarded":false,"type":"person:create"}`
}

// Brook up to 0.4.10 put the data as a string that holds JSON: what is read is that JSON.
func TestDataInAString(t *testing.T) {
	for value, want := range map[string]string{
		oldEvent(`{"id":1,"name":"bob"}`,
			""): `{"id":1,"name":"bob"}`,
		oldEvent(`"hello"`, ""):             `"hello"`,
		oldEvent(`"\"quoted\" \u00e9"`, ""): `"\"quoted\" \u00e9"`,
		oldEvent(`7`, ""):                   `7`,
		oldEvent(`null`, ""):                `null`,
		oldEvent(`[1,"é"]`, ""):             `[1,"é"]`,
		oldEvent(`{"age":21,"__brook_struct__":"Elixir.Person"}`, ""):         `{"age":21}`,
		oldEvent(`{"age":21}`, `"__struct__":"Elixir.Person",`):               `{"age":21}`,
		oldEvent(`{"at":{"__brook_struct__":"Elixir.Date","value":"d"}}`, ""): `{"at":"d"}`,
		// there were no keyword lists
		oldEvent(`{"keyword":true,"list":[1]}`,
			""): `{"keyword":true,"list":[1]}`,
		oldEvent(`some data`, ""): `"some data"`, // not Brook's own
		oldEvent(``, ""):          `""`,
		// before 0.3.2
		`{"author":"svc","create_ts":1,"data":"{\"a\":1}","type":"t"}`:               `{"a":1}`,
		`{"__struct__":"Elixir.A","author":"s","create_ts":1,"data":"3","type":"t"}`: `3`,
		// Later ones are structs, whose name comes last, and a string is a string.
		inBrook(`"{\"a\":1}"`): `"{\"a\":1}"`,
		inBrook(`"\"hello\""`): `"\"hello\""`,
		inSerde(`"12"`):        `"12"`,
		`{"__data_type__":"Elixir.Brook.Event","author":"s","create_ts":1,"data":"3","type":"t"}`: `"3"`,
	} {
		if m, err := open(value); err != nil || string(m.Data) != want {
			t.Errorf("%s is %s, %v; want %s", value, m.Data, err, want)
		}
	}
	for value, want := range map[string]string{
		oldEvent(`{"a":{"__brook_struct__":"Elixir.Date"}}`,
			""): `data, a string of JSON as Brook up to 0.4.10 wrote it: json: a: __brook_struct__ "Elixir.Date" wants one value`,
		`{"author":"svc","create_ts":1,"data":"some data","type":"t"}`:                        "no event of Brook",
		`{"author":"svc","create_ts":1,"data":{"a":1},"type":"t"}`:                            "no event of Brook",
		`{"create_ts":1,"data":"{}","type":"t"}`:                                              "no event of Brook",
		`{"__brook_struct__":"Elixir.A","author":"svc","create_ts":1,"data":"{}","type":"t"}`: "no event of Brook",
	} {
		if m, err := open(value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %s, %v; want an error with %q", value, m.Data, err, want)
		}
	}
}

// A Decimal is a string, whichever package wrote it: json_serde up to 1.0 and brook_serializer have
// its fields. The texts are those of Decimal.to_string.
func TestDecimals(t *testing.T) {
	for number, want := range map[string]string{
		`"coef":150,"exp":-2,"sign":1`:                           "1.50",
		`"sign":-1,"exp":-2,"coef":150`:                          "-1.50",
		`"coef":0,"exp":0,"sign":1`:                              "0",
		`"coef":0,"exp":-2,"sign":-1`:                            "-0.00",
		`"coef":5,"exp":-1,"sign":1`:                             "0.5",
		`"coef":123,"exp":-3,"sign":1`:                           "0.123",
		`"coef":123,"exp":-8,"sign":1`:                           "0.00000123",
		`"coef":123,"exp":-9,"sign":1`:                           "1.23E-7",
		`"coef":1,"exp":3,"sign":1`:                              "1E+3",
		`"coef":123,"exp":2,"sign":-1`:                           "-1.23E+4",
		`"coef":123456789012345678901234567890,"exp":0,"sign":1`: "123456789012345678901234567890",
	} {
		for _, value := range []string{inBrook(`[{"__brook_struct__":"Elixir.Decimal",` + number +
			`}]`), inSerde(`[{` + number + `,"__data_type__":"Elixir.Decimal"}]`)} {
			if m, err := open(value); err != nil || string(m.Data) != `["`+want+`"]` {
				t.Errorf("%s is %s, %v; want %s", value, m.Data, err, want)
			}
		}
	}
	for value, want := range map[string]string{
		inSerde(`{"coef":{"__data_type__":"atom","value":"inf"},"exp":0,"sign":-1,"__data_type__":"Elixir.Decimal"}`):       `"-Infinity"`,
		inSerde(`{"coef":{"value":"NaN","__data_type__":"atom"},"exp":0,"sign":1,"__data_type__":"Elixir.Decimal"}`):        `"NaN"`,
		inBrook(`{"coef":"qNaN","exp":0,"sign":1,"__brook_struct__":"Elixir.Decimal"}`):                                     `"NaN"`,
		inSerde(`{"__data_type__":"Elixir.Decimal","value":"1.10"}`):                                                        `"1.10"`,
		inSerde(`{"coef":{"__data_type__":"Elixir.Decimal","coef":1,"exp":0,"sign":1},"exp":2,"__data_type__":"Elixir.A"}`): `{"coef":"1","exp":2}`,
	} {
		if m, err := open(value); err != nil || string(m.Data) != want {
			t.Errorf("%s is %s, %v; want %s", value, m.Data, err, want)
		}
	}
	for _, number := range []string{`"coef":1,"exp":0`, `"coef":1.5,"exp":0,"sign":1`,
		`"coef":-1,"exp":0,"sign":1`, `"coef":1,"exp":1e3,"sign":1`,
		`"coef":1,"exp":99999999999,"sign":1`, `"coef":1,"exp":0,"sign":2`,
		`"coef":1,"coef":1,"exp":0,"sign":1`, `"coef":"x","exp":0,"sign":1`,
		`"coef":{},"exp":0,"sign":1`, `"value":1`, ``} {
		value := inSerde(`{"a":{"__data_type__":"Elixir.Decimal"` +
			strings.TrimSuffix(","+number, ",") + `}}`)
		if m, err := open(value); err == nil || !strings.Contains(err.Error(), "data.a: ") {
			t.Errorf("%s is %s, %v", value, m.Data, err)
		}
	}
}

// FuzzDecimal: a number that is written as a Decimal is read as the same number, in both formats.
func FuzzDecimal(f *testing.F) {
	for _, number := range []string{"1.50", "-0", "0.000001", "1e3", "-12.5E-7", "100", "0.0e5",
		"123456789012345678901234567890.5", "1e400", "1e99999999999"} {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, number string) {
		if len(number) > 100 {
			return
		}
		for _, format := range []elixir.Format{elixir.BrookSerializer, elixir.JSONSerde} {
			e := elixir.Envelope{Format: format, Types: map[string]elixir.Type{"t": elixir.Decimal}}
			text, _ := json.Marshal(number)
			m, r := brook.Message{Type: "t", Author: "a", Data: text}, brook.Record{}
			if e.Wrap(&m, &r) != nil {
				return
			}
			var back brook.Message
			var got string
			if err := e.Open(&r, &back); err != nil || json.Unmarshal(back.Data, &got) != nil {
				t.Fatalf("%s as %s is %s, and read as %s, %v", number, format, r.Value,
					back.Data, err)
			}
			if at := strings.IndexAny(number, "eE"); at >= 0 && len(number)-at > 5 {
				continue // math/big would take its time
			}
			a, ok := new(big.Rat).SetString(number)
			b, ok2 := new(big.Rat).SetString(got)
			if !ok || !ok2 || a.Cmp(b) != 0 {
				t.Errorf("%s as %s is %s, and read as %s", number, format, r.Value, got)
			}
		}
	})
}

// Brook.Legacy looks for the name of brook_serializer's key anywhere in a record: in one of
// json_serde it does not occur, and is read all the same.
func TestTextForBrookLegacy(t *testing.T) {
	m := brook.Message{Type: "__brook_struct__", Author: "a__brook_struct__",
		Data: []byte(`{"a":"__brook_struct__ \\__brook_struct__","x__brook_struct__":["___brook_struct__"]}`)}
	var r brook.Record
	if err := (elixir.Envelope{Format: elixir.JSONSerde}).Wrap(&m, &r); err != nil ||
		strings.Contains(string(r.Value), "__brook_struct__") {
		t.Errorf("%s, %v", r.Value, err)
	}
	var back brook.Message
	if err := (elixir.Envelope{}).Open(&r, &back); err != nil || back.Type != m.Type ||
		back.Author != m.Author {
		t.Errorf("%+v, %v", back, err)
	}
	var got, want any
	if json.Unmarshal(back.Data, &got) != nil || json.Unmarshal(m.Data, &want) != nil ||
		!reflect.DeepEqual(got, want) {
		t.Errorf("%s, want %s", back.Data, m.Data)
	}
}

// What Brook would take for something else is not written: the error names the member.
func TestWrapRefusesWhatBrookTakesForSomethingElse(t *testing.T) {
	for _, c := range []struct {
		data string
		t    elixir.Type
		want string
		both bool // in both formats
	}{
		{`{"a":[{"__brook_struct__":"Elixir.A"}]}`, nil,
			"a[0].__brook_struct__: this member stands where", true},
		{`{"a":{"__data_type__":null}}`, nil, "a.__data_type__: this member", true},
		{`{"\u005f_data_type__":{}}`, nil, "this member", true},
		{`{"a":{"b":{"__brook_struct__":1}}}`, elixir.Map{Of: elixir.Map{}},
			"a.b.__brook_struct__: this member", true},
		{`{"a":{"__data_type__":1}}`,
			elixir.Struct{Name: "Elixir.A",
				Fields: map[string]elixir.Type{"a": elixir.Struct{Name: "Elixir.B"}}},
			"a.__data_type__: this member", true},
		{`{"a":{"list":[],"keyword":true}}`, nil, "a: with a keyword that is true and a list",
			false},
		{`{"keyword":true,"list":1}`, elixir.Map{}, "with a keyword that is true and a list",
			false},
		{`{"keyword":false,"list":[]}`, nil, "", true},
		{`{"keyword":true,"list":[]}`, elixir.Struct{Name: "Elixir.A"}, "", true},
		{`{"value":"__brook_struct__","struct":"__data_type__","__struct__":"x"}`, nil, "", true},
	} {
		for _, format := range []elixir.Format{elixir.BrookSerializer, elixir.JSONSerde} {
			e := elixir.Envelope{Format: format, Types: map[string]elixir.Type{"t": c.t}}
			want := c.want
			if format == elixir.JSONSerde && !c.both {
				want = ""
			}
			err := e.Wrap(&brook.Message{Type: "t", Data: []byte(c.data)}, &brook.Record{})
			if want == "" && err != nil ||
				want != "" &&
					(err == nil || !strings.Contains(err.Error(), "elixir: data of t: json: "+
						want)) && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s as %s: %v, want %q", c.data, format, err, want)
			}
		}
	}
}
