package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/internal/race"
	"github.com/brookgen/brookgen/runtime/pack"
	"github.com/brookgen/brookgen/templates"
	"github.com/brookgen/brookgen/templates/model"
)

// evolving are types of fields, with values that show whether another type can read them all.
var evolving = []struct{ typ, tag, values string }{
	{"bool", "", "true, false"},
	{"int8", "", "-128, 127"},
	{"int16", "", "-32768, 32767"},
	{"int32", "", "-2147483648, 2147483647"},
	{"int64", "", "-9223372036854775808, 9223372036854775807"},
	{"int", "", "-9223372036854775808, 9223372036854775807"},
	{"uint8", "", "0, 255"},
	{"uint16", "", "0, 65535"},
	{"uint32", "", "0, 4294967295"},
	{"uint64", "", "0, 18446744073709551615"},
	{"uint", "", "0, 18446744073709551615"},
	{"float32", "", "0.1, -3.4e38, 1e-45"},
	{"float64", "", "0.1, 1e300"},
	{"string", "", `"", "a", "1", "\u2028"`},
	{"[]byte", "", `[]byte("abc"), []byte{}`},
	{"time.Time", "", "time.Unix(1e9, 7).UTC()"},
	{"json.Number", "", `"1e400", "12"`},
	{"json.RawMessage", "", `json.RawMessage("{}"), json.RawMessage("[{}]")`},
	{"any", "", `"a", 1.5, []any{true}`},
	{"*int32", "", "new(int32(-2147483648))"},
	{"**int64", "", "new(new(int64(-9223372036854775808))), new(new(int64(9223372036854775807)))"},
	{"*string", "", `new("a")`},
	{"int32", ",string", "-2147483648, 2147483647"},
	{"int64", ",string", "-9223372036854775808, 9223372036854775807"},
	{"[2]int", "", "[2]int{1, -9223372036854775808}"},
	{"[3]int", "", "[3]int{1, 2, -9223372036854775808}"},
	{"[2]uint8", "", "[2]uint8{255, 0}"},
	{"[]int", "", "[]int{1, 2, 3, -9223372036854775808}"},
	{"[]int16", "", "[]int16{1, 2, 3, 4, -32768}"},
	{"[]string", "", `[]string{"a", "", "c", "d"}`},
	{"map[string]int", "", `map[string]int{"a": -9223372036854775808}`},
	{"map[string]*int8", "", `map[string]*int8{"a": new(int8(-128))}`},
	{"map[int64]int", "", `map[int64]int{-9223372036854775808: -9223372036854775808}`},
	{"map[int8]int", "", `map[int8]int{-128: -9223372036854775808}`},
	{"Small", "", "Small{A: -128}"},
	{"*Large", "", "&Large{A: -9223372036854775808, B: \"b\"}"},
	{"[]Small", "", "[]Small{{A: 1}, {A: 2}, {A: 3}, {A: 4}}"},
}

// legible are pairs of types of which the lock says that the second can't read the first, although
// it takes the texts: what it makes of them is something else.
func legible(from, to string) bool {
	object := regexp.MustCompile(`^(\*?(Small|Large)|map\[.*)$`)
	switch to {
	case "any", "json.RawMessage", "json.Number":
		return true
	case "string", "*string":
		return from == "[]byte" || from == "time.Time" || strings.HasSuffix(from, ",string")
	}
	return object.MatchString(from) && object.MatchString(to) && from != to
}

// TestLockAgainstCodecs holds what the lock says of each pair of types against what their codecs do
// with values of the first, and with rows.
func TestLockAgainstCodecs(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it compiles a program, of which the race detector sees nothing")
	}
	dir := tempModule(t, "example.com/evolving")
	var events, rows, handler, program strings.Builder
	head := "package %s\n\nimport (\n\t\"encoding/json\"\n\t\"time\"\n%s)\n\nvar _, _ = json.Valid, time.Now\n\ntype Small struct{ A int8 `json:\"a\"` }\n\ntype Large struct { A int64 `json:\"a\"`; B string `json:\"b\"` }\n\n"
	fmt.Fprintf(&events, head, "events", "")
	fmt.Fprintf(&rows, head, "rows", "\tbrook \"github.com/brookgen/brookgen/runtime\"\n")
	for i, e := range evolving {
		fmt.Fprintf(&events, "//brook:event t%d\ntype T%d struct{ V %s `json:\"v%s\"` }\n\n", i, i, e.typ, e.tag)
		fmt.Fprintf(&rows, "//brook:collection t%d key=string\ntype R%d struct{ V %s `json:\"v%s\"` }\n\n", i, i, e.typ, e.tag)
		fmt.Fprintf(&handler, ", c%d brook.Change[string, R%d]", i, i)
		fmt.Fprintf(&program, "\t{func() (all [][]byte) {\n\t\tfor _, v := range []%s{%s} {\n\t\t\tall = append(all, encoded(AppendT%dJSON(nil, &T%d{v})))\n\t\t}\n\t\treturn all\n\t}, func(b []byte) ([]byte, error) {\n\t\tv, err := DecodeT%dJSON(b)\n\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\treturn AppendT%dJSON(nil, &v)\n\t}},\n",
			e.typ, e.values, i, i, i, i)
	}
	fmt.Fprintf(&rows, "//brook:event happened\ntype Happened struct{}\n\ntype Set struct{}\n\n//brook:handle\nfunc (Set) Happened(e brook.Event[Happened]) (%s) { panic(0) }\n", handler.String()[2:])
	write(t, filepath.Join(dir, "events", "events.go"), []byte(events.String()))
	write(t, filepath.Join(dir, "rows", "rows.go"), []byte(rows.String()))
	write(t, filepath.Join(dir, "events", "codec_test.go"), []byte(fmt.Sprintf(codecProgram, program.String())))
	if status, _, errs := brookgen(t, dir, "./events"); status != success {
		t.Fatalf("status %d\n%s", status, errs)
	}
	found, err := load.Load(t.Context(), dir, []string{"./..."})
	if err != nil || len(found.Diagnostics) > 0 {
		t.Fatal(err, found.Diagnostics)
	}
	out, err := goTool(dir, "test", "-v", "./events")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range found.Packages {
		l := lock.Of(p)
		switch p.Name {
		case "events":
			holdEvents(t, l, out)
		case "rows":
			holdRows(t, l, p)
		}
	}
}

// breaks reports whether one entry of a lock can be read as another one.
func breaks(t *testing.T, l *lock.Lock, kind string, version, from, to int) (reasons []lock.Reason) {
	t.Helper()
	as := func(i int) *lock.Lock {
		e := l.Find(kind, "t"+strconv.Itoa(i), version)
		if e == nil {
			t.Fatalf("no %s t%d", kind, i)
		}
		same := *e
		same.Name = "t"
		return &lock.Lock{Entries: []*lock.Entry{&same}}
	}
	for _, f := range lock.Compare(as(from), as(to), "") {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

func holdEvents(t *testing.T, l *lock.Lock, out string) {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^(\d+) (\d+) (true|false) (.*)$`).FindAllStringSubmatch(out, -1)
	if len(lines) != len(evolving)*len(evolving) {
		t.Fatalf("%d pairs\n%s", len(lines), out)
	}
	compatible := 0
	for _, m := range lines {
		i, _ := strconv.Atoi(m[1])
		j, _ := strconv.Atoi(m[2])
		from, to := evolving[i], evolving[j]
		reads := m[3] == "true"
		if reasons := breaks(t, l, lock.Event, 1, i, j); len(reasons) > 0 {
			if reads && !legible(from.typ+from.tag, to.typ) {
				t.Errorf("%s%s to %s%s breaks (%s), but all is read", from.typ, from.tag, to.typ, to.tag, reasons)
			}
		} else if compatible++; !reads {
			t.Errorf("%s%s to %s%s is compatible, but: %s", from.typ, from.tag, to.typ, to.tag, m[4])
		}
	}
	if compatible <= len(evolving) {
		t.Errorf("only %d pairs are compatible", compatible)
	}
}

var schemaConst = regexp.MustCompile(`(?m)^const ([Rr]\d+)\w* = (.*)$`)

func holdRows(t *testing.T, l *lock.Lock, p *model.Package) {
	t.Helper()
	files, err := templates.Generate(p)
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*pack.Schema{}
	for _, f := range files {
		for _, m := range schemaConst.FindAllStringSubmatch(string(f.Source), -1) {
			text, err := strconv.Unquote(m[2])
			if err != nil {
				t.Fatal(err)
			}
			if schemas[m[1][1:]], err = pack.ParseSchema(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(schemas) != len(evolving) {
		t.Fatalf("%d schemas", len(schemas))
	}
	for i, from := range evolving {
		for j, to := range evolving {
			coder, err := pack.NewTranscoder(schemas[strconv.Itoa(i)], schemas[strconv.Itoa(j)])
			if err != nil {
				t.Fatal(err)
			}
			lost := false
			for _, reason := range breaks(t, l, lock.Collection, 0, i, j) {
				lost = lost || reason == lock.KindChanged
			}
			if lost != (coder.Lost() != "") {
				t.Errorf("rows with %s%s that become %s%s: the lock says that they are lost: %t; stores lose: %q",
					from.typ, from.tag, to.typ, to.tag, lost, coder.Lost())
			}
		}
	}
}

// codecProgram tells of each pair of types whether the second reads every value of the first: it
// writes what it read as the same JSON.
const codecProgram = `package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"
)

var _ = time.Now

func encoded(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

var types = []struct {
	values func() [][]byte
	again  func([]byte) ([]byte, error)
}{
%s}

func TestPairs(t *testing.T) {
	for i, from := range types {
		for j, to := range types {
			ok, why := true, ""
			for _, b := range from.values() {
				again, err := to.again(b)
				if err != nil || !holds(plain(again), plain(b)) {
					ok, why = false, fmt.Sprintf("%%s becomes %%s, %%v", b, again, err)
				}
			}
			fmt.Println(i, j, ok, why)
		}
	}
}

// holds reports whether a value has all that another one has: a struct may have further fields.
func holds(v, all any) bool {
	switch all := all.(type) {
	case map[string]any:
		m, ok := v.(map[string]any)
		for name, part := range all {
			ok = ok && holds(m[name], part)
		}
		return ok
	case []any:
		s, ok := v.([]any)
		ok = ok && len(s) == len(all)
		for i := 0; ok && i < len(all); i++ {
			ok = holds(s[i], all[i])
		}
		return ok
	}
	return reflect.DeepEqual(v, all)
}

func plain(b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(b)
	}
	return v
}
`
