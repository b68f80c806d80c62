package codectest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// values are texts that stand where another is wanted.
var values = []string{
	"null", "true", "false", "0", "-0", "1", "-1", "127", "128", "255", "256", "-128", "-129",
	"65536", "2147483648", "4294967296",
	"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
	"1.0", "1.5", "1e2", "1E+2", "-1e-2", "1e400", "1e39", "-0.0",
	"01", "1.", ".5", "+1", "1e", "--1", "0x1", "NaN", "123456789012345678901234567890",
	"0.1234567890123456789",
	`""`, `"a"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83d\u0041"`,
	`"\/\b\f\n\r\t\"\\"`, `"\'"`, `"\x"`, `"\u12"`, `"\u12G4"`,
	"\"\xff\"", "\"\xed\xa0\x80\"", "\"tab\there\"", "\"nul\x00\"", "\"\u2028\"", `"unterminated`,
	`"\`,
	`"null"`, `"1"`, `"-5"`, `"007"`, `"0x1p4"`, `"-Inf"`, `"1e3"`, `"true"`, `"tru"`, `"nope"`,
	`"\"x\""`, `"\"\\'\""`, `"\"x"`, `"\"\""`, `" 1"`, `"1 "`, `"1x"`, `"\"1\""`, `"\"1x\""`,
	`"aGVsbG8="`, `"aGVsbG8"`, `"aG\nVsbG8="`, `"!!"`, `"<5> "`, `"3/4"`, `"10.0.0.1"`, `"bad"`,
	`"B"`,
	`"2024-02-29T12:00:00Z"`, `"2024-02-30T12:00:00Z"`, `"2024-02-29T12:00:00.123456789+02:30"`,
	`"2024-02-29T12:00:00\u005a"`, `"2024-02-29T24:00:00Z"`,
	"[]", "[ ]", "[1,2,3]", "[1,2,3,4,5]", "[null]", "[[]]", "[1,]", "[,1]", "[1 2]", "[", "]",
	`["a","b"]`, `[{"name":"x","count":1}]`, `[{"name":"x"},{"count":2},null]`,
	"{}", "{ }", `{"a":1}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{"a"}`, `{a:1}`, `{"1":null}`,
	`{"-1":null,"300":true}`, `{"1/2":"x"}`, `{"a":{"name":"x"},"a":{"count":1}}`,
	`{"NAME":"x","Count":3,"tags":["y"]}`,
	`{"name":"x","extra":[1,{"a":"\u12"}],"count":1}`, "", "tru", "nulll", "nul", "\x00",
	"{\"\\u0061\":1}", `{"name":null,"tags":null}`,
	`{"tags":["a","b","c"],"tags":["d"],"tags":["e","f"]}`,
	`{"left":{"name":"l"},"left":{"right":{}}}`, `{"Left":null}`,
}

// corpus gives texts for a type: each value as a whole, and each in each field.
func corpus(c tested) []string {
	texts := append([]string{
		" \t\r\n{ } ", "{\"", `{"\"`, `{"a":1,"\`, `["\"`, `{"a\u12":1}`, "{} x", "{}{}", "{\"a\":1,\"a\":2}", "\ufeff{}", "[", strings.Repeat("[", 10001), "{\"x\":" + strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + "}",
		"{\"x\":" + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}", "{\"x\":" + strings.Repeat("{\"a\":", 10000) + "1" + strings.Repeat("}", 10000) + "}",
	}, values...)
	for i, name := range fieldNames(reflect.TypeOf(c.fresh()).Elem()) {
		for _, v := range values {
			texts = append(texts, fmt.Sprintf("{%s:%s}", name, v))
		}
		upper := strings.ToUpper(name)
		texts = append(texts,
			fmt.Sprintf("{%s:null}", upper),
			fmt.Sprintf(" {\n\t%s : null , %s\r:null} ", upper, name),
			fmt.Sprintf("{%s:1,%s:\"x\"}", name, upper),
			fmt.Sprintf("{%s:[1,2,3],%s:[4]}", name, name),
			fmt.Sprintf("{%s:[{\"name\":\"a\",\"count\":5},{\"name\":\"b\"}],%s:[{\"tags\":[]}],%s:[{},{},{}]}", name, name, name),
			fmt.Sprintf("{%s:{\"a\":{\"name\":\"a\"},\"b\":{}},%s:{\"a\":{\"count\":2}}}", name, name),
			fmt.Sprintf("{%s:1}", strings.NewReplacer("s", "ſ", "k", "\u212a").Replace(name)),
			fmt.Sprintf("{%s:1}", strings.Replace(name, "i", `\u0069`, 1)),
		)
		if i == 0 || name == `"self"` || name == `"tree"` || name == `"any"` || name == `"forest"` {
			texts = append(texts, strings.Repeat(fmt.Sprintf("{%s:", name), 10001), strings.Repeat(fmt.Sprintf("{%s:[", name), 9000))
		}
	}
	return texts
}

// fieldNames gives the quoted names of a struct's fields, those of embedded structs included.
func fieldNames(t reflect.Type) []string {
	var names []string
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			names = append(names, fieldNames(f.Type)...)
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		quoted, _ := json.Marshal(name)
		names = append(names, string(quoted))
		for word := range strings.SplitSeq(f.Tag.Get("brook"), ",") {
			if old, ok := strings.CutPrefix(word, "was="); ok {
				names = append(names, string(quotedName(old)))
			}
		}
	}
	return names
}

// mutate changes a text in one to three places, most often so that it stays JSON.
func (g *generator) mutate(data []byte) []byte {
	out := bytes.Clone(data)
	for range 1 + g.IntN(3) {
		if len(out) == 0 {
			return out
		}
		i := g.IntN(len(out))
		switch g.IntN(10) {
		case 0:
			out[i] = byte(g.IntN(256))
		case 1:
			out = append(out[:i], out[i+1:]...)
		case 2:
			out = append(out[:i], append([]byte{`{}[],:"\ 0`[g.IntN(10)]}, out[i:]...)...)
		case 3:
			out = bytes.ToUpper(out)
		case 4:
			out = bytes.ReplaceAll(out, []byte(","), []byte(" ,\n\t"))
		case 5, 6, 7:
			out = g.replaceValue(out)
		case 8:
			out = g.doubleField(out)
		case 9:
			out = bytes.Replace(out, []byte("{"), []byte(`{"unknown":[{"a":[1,"\u00e9"]}],`), 1+g.IntN(3))
			out = bytes.ReplaceAll(out, []byte(",}"), []byte("}"))
		}
	}
	return out
}

// replaceValue puts another value after a random colon.
func (g *generator) replaceValue(data []byte) []byte {
	starts := indexes(data, ':')
	if len(starts) == 0 {
		return data
	}
	start := starts[g.IntN(len(starts))] + 1
	d := json.NewDecoder(bytes.NewReader(data[start:]))
	var raw json.RawMessage
	if d.Decode(&raw) != nil {
		return data
	}
	end := start + int(d.InputOffset())
	value := values[g.IntN(len(values))]
	return append(append(append([]byte{}, data[:start]...), value...), data[end:]...)
}

// doubleField repeats the text's own fields, so that every name occurs twice.
func (g *generator) doubleField(data []byte) []byte {
	data = bytes.TrimSpace(data)
	if len(data) < 3 || data[0] != '{' || data[len(data)-1] != '}' {
		return data
	}
	inner := data[1 : len(data)-1]
	return append(append(append([]byte("{"), inner...), ','), data[1:]...)
}

func indexes(data []byte, c byte) []int {
	var all []int
	for i, b := range data {
		if b == c {
			all = append(all, i)
		}
	}
	return all
}
