package codectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/wire"
)

// age makes a text one that an earlier version may have written: some members have old names, and
// some are absent or twice there.
func (g *generator) age(t reflect.Type, data []byte) []byte {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map ||
		t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return data
	}
	for _, f := range wireFields(t, nil) {
		name := func(s string) []byte { return append(quotedName(s), ':') }
		names := append([]string{"gone"}, f.olds...)
		switch other := names[g.IntN(len(names))]; g.IntN(4) {
		case 0:
			data = bytes.ReplaceAll(data, name(f.name), name(other))
		case 1:
			data = bytes.Replace(data, name(f.name), name(other), 1)
		case 2: // an old name beside today's
			value := values[g.IntN(len(values))]
			if json.Valid([]byte(value)) {
				data = bytes.Replace(data, name(f.name),
					append(append(append(name(other), value...), ','), name(f.name)...), 1+g.IntN(2))
			}
		}
		if f.typ != t && g.IntN(2) == 0 && (f.typ.PkgPath() == t.PkgPath() || f.typ.PkgPath() == "") {
			data = g.ageInside(f.typ, data)
		}
	}
	return data
}

// ageInside ages by the names of a field's type.
func (g *generator) ageInside(t reflect.Type, data []byte) []byte {
	if t == reflect.TypeFor[*Entry]() {
		t = reflect.TypeFor[Rate]() // which is in it, and has no end
	}
	return g.age(t, data)
}

func quotedName(s string) []byte { return []byte(strconv.Quote(s)) }

// TestOldNames looks at what stands under which name, one by one.
func TestOldNames(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{"id":"1","total":5}`, `{"id":"1","total":5}`},
		{`{"Nr":"1","amount":5}`, `{"id":"1","total":5}`},
		{`{"Nr":"1","sum":5}`, `{"id":"1","total":5}`},
		{`{"Nr":"1","Sum":6,"sum":5}`, `{"id":"1","total":5,"Sum":6}`},
		{`{"Nr":"1","SUM":6}`, `{"id":"1","Sum":6}`},
		{`{"nr":"1","AMOUNT":5}`, `{"id":"1","total":5}`},
		{`{"amount":5,"total":6}`, `{"total":6}`},
		{`{"total":6,"amount":5}`, `{"total":6}`},
		{`{"amount":"no number","total":6}`, `{"total":6}`},
		{`{"total":null,"amount":5}`, `{}`},
		{`{"amount":5,"total":null}`, `{}`},
		{`{"amount":5,"TOTAL":6}`, `{"total":6}`},
		{`{"sum":7,"amount":5}`, `{"total":5}`},
		{`{"sum":7,"amount":null}`, `{}`},
		{`{"amount":5,"amount":6}`, `{"total":6}`},
		{`{"comment":"x","note":null}`, `{}`},
		{`{"both of them":[{"name":"a"}],"couple":[{"name":"b"}]}`, `{"pair":[{"name":"b"}]}`},
		{`{"größe":3}`, `{"size":3}`},
		{`{"GRÖSSE":3}`, `{}`}, // ß has no capital letter in simple folding
		{`{"GRÖßE":3}`, `{"size":3}`},
		{`{"tail":{"title":"t","following":{"quantity":3}}}`,
			`{"last":{"name":"t","next":{"qty":3}}}`},
		{`{"head":{"qty":9},"first":{"name":"x"}}`, `{"first":{"name":"x"}}`},
		{`{"price":{"ct":5}}`, `{"rate":{"cents":5}}`},
		{`{"tip":"x"}`, `{"hint":"x"}`},
		{`null`, `{}`},
	} {
		got, err := DecodeRenamedJSON([]byte(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		want, err := DecodeRenamedJSON([]byte(test.want))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.text, got, want)
		}
	}
}

// TestDefaults holds when a default applies.
func TestDefaults(t *testing.T) {
	entry := Entry{Name: "none", Qty: 1, Rate: Rate{Currency: "EUR"}}
	for _, test := range []struct {
		text string
		want Renamed
	}{
		{`{}`, Renamed{First: entry, Rate: Rate{Currency: "EUR"},
			Moved: Moved{Street: "Main Street, 1"}}},
		{` null `, Renamed{First: entry, Rate: Rate{Currency: "EUR"},
			Moved: Moved{Street: "Main Street, 1"}}},
		{`{"first":null,"rate":null,"street":null,"last":null}`, Renamed{}},
		{`{"first":{"name":null,"rate":{}},"rate":{"currency":""},"str":""}`,
			Renamed{First: Entry{Qty: 1, Rate: Rate{Currency: "EUR"}}}},
		{`{"head":{"rate":null},"price":{"cents":5,"CURRENCY":"SEK"},"street":""}`,
			Renamed{First: Entry{Name: "none", Qty: 1}, Rate: Rate{5, "SEK"}}},
		{`{"first":null,"rate":null,"street":"","last":{},"lines":[{},null],"byName":{"a":{}},"pair":[{}]}`,
			Renamed{Last: &entry, Lines: []Entry{entry, {}}, ByName: map[string]Entry{"a": entry},
				Pair: [2]Entry{entry, {}}}},
		{`{"first":null,"rate":null,"street":"","tip":"x"}`, Renamed{Added: &Added{"x", 3}}},
		{`{"first":null,"rate":null,"street":"","hint":null,"level":null}`,
			Renamed{Added: &Added{}}},
	} {
		got, err := DecodeRenamedJSON([]byte(test.text))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", test.text, err, got, test.want)
		}
	}
}

// TestDefaultsAreNoPartOfRows: a row that is stored has all of its fields, zero or not.
func TestDefaultsAreNoPartOfRows(t *testing.T) {
	v, err := DecodeMovingJSON([]byte(`{"Nr":"1","items":[{}]}`))
	if err != nil || v.Street != "Main Street, 1" || v.Lines[0].Name != "none" {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestRequiredRenamed: an old name will do, and what is missing has its name of today.
func TestRequiredRenamed(t *testing.T) {
	for _, test := range []struct{ text, missing string }{
		{`{"id":"1","own":{"name":"x"}}`, ""},
		{`{"nr":"1","self":{"title":"x"},"items":[{"title":"y"},{"name":"z"}]}`, ""},
		{`{}`, "id own"},
		{`null`, "id own"},
		{`{"nr":null,"own":{"name":"x"}}`, "id"},
		{`{"id":null,"nr":"1","own":{"name":"x"}}`, "id"}, // null is present
		{`{"nr":"1","id":null,"own":{"name":"x"}}`, "id"},
		{`{"items":[{},{"title":null}],"own":{},"nr":"1","free":1}`,
			"items[0].name items[1].name own.name"},
		{`{"self":null,"nr":"1"}`, "own"},
		{`{"self":{"free":1},"list":[{}],"id":"1"}`, "self.name list[0].name"},
	} {
		_, err := DecodeMustRenamedJSON([]byte(test.text))
		missing := ""
		if e := new(wire.Error); errors.As(err, &e) {
			missing = strings.Join(e.Missing, " ")
		}
		if missing != test.missing || (err == nil) != (missing == "") {
			t.Errorf("%s: %v, want %q", test.text, err, test.missing)
		}
	}
	_, err := DecodeMustRenamedJSON([]byte(`{"items":[{"title":1}],"nr":"1","self":null}`))
	if want := `json: items[0].title: found number 1 at byte 19, expected a string`; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
