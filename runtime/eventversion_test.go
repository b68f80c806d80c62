package brook_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

var errOdd = errors.New("it is odd")

// versions is an event of three versions: what a payload of each becomes ends with its number.
func versions(whens ...string) *brook.EventDef {
	version := func(n int) brook.EventVersion {
		return brook.EventVersion{
			When:     whens[n-1],
			Decode:   func(data []byte) (any, error) { return fmt.Sprint(len(data), "/", n), nil },
			Upcaster: fmt.Sprintf("V%d.Upcast", n),
			Upcast: func(value any) (any, error) {
				switch s := value.(string); {
				case strings.HasPrefix(s, "1/") && n == 2:
					return nil, errOdd
				case strings.HasPrefix(s, "1/") || strings.HasPrefix(s, "3/") && n == 2:
					panic("at " + strconv.Itoa(n))
				default:
					return fmt.Sprint(s, "-", n+1), nil
				}
			},
		}
	}
	return &brook.EventDef{
		Type: "grown", Version: 3, When: whens[2],
		Earlier: []brook.EventVersion{version(1), version(2)},
		Decode: func(data []byte, p any) error {
			*p.(*string) = fmt.Sprint(len(data), "/3")
			return nil
		},
		Set: func(data, payload any) { *data.(*string) = payload.(string) },
	}
}

// The version that was said decides; else the lowest whose member is there; else today's if any
// version has a member; else 1.
func TestVersionOfPayload(t *testing.T) {
	const none = `{"x":{"a":1,"b":2},"y":"a"}`
	for _, c := range []struct {
		whens   string
		said    int
		payload string
		want    int
	}{
		{",,", 0, none, 1},
		{",,", 2, none, 2},
		{",,", 3, none, 3},
		{"a,b,", 0, none, 3},
		{"a,b,", 0, `{"b":1,"a":null}`, 1},
		{"a,b,", 0, `{"c":[{}],"b":1}`, 2},
		{"a,b,", 0, `{"\u0061":1}`, 1},
		{"a,b,", 0, `{"A":1}`, 3},
		{"a,b,", 3, `{"a":1}`, 3},
		{",,c", 0, `{"c":1}`, 3},
		{",,c", 0, none, 3},
		{",b,c", 0, `{"c":1,"b":1}`, 2},
		{"a,b,", 0, `[1,2]`, 3},
		{"a,b,", 0, `null`, 3},
		{"a,b,", 0, `{"a`, 3},
		{"a,b,", 0, ``, 3},
	} {
		var data string
		def := versions(strings.Split(c.whens, ",")...)
		got, err := def.Read(c.said, []byte(c.payload+"   "), &data)
		want := fmt.Sprint(len(c.payload)+3, "/", c.want)
		for n := c.want; n < 3; n++ {
			want += fmt.Sprint("-", n+1)
		}
		if got != c.want || data != want || err != nil {
			t.Errorf("when %s, said %d, %s: version %d, %q, %v, want %d, %q",
				c.whens, c.said, c.payload, got, data, err, c.want, want)
		}
	}
}

// What an upcaster fails with names it.
func TestUpcasterFails(t *testing.T) {
	def := versions("", "", "")
	var data string
	_, err := def.Read(2, []byte("1"), &data)
	if !errors.Is(err, errOdd) || err.Error() != "upcaster V2.Upcast: it is odd" {
		t.Errorf("the error is %v", err)
	}
	for version, name := range map[int]string{1: "V1.Upcast: panic: at 1", 2: "V2.Upcast: panic: at 2"} {
		payload := map[int]string{1: "1", 2: "333"}[version]
		_, err = def.Read(version, []byte(payload), &data)
		var p *brook.PanicError
		if !errors.As(err, &p) || err.Error() != "upcaster "+name {
			t.Errorf("the error is %v", err)
		}
	}
	if v, err := def.Read(4, nil, &data); v != 4 || err == nil ||
		!strings.Contains(err.Error(), "version 4 of grown, and this code knows none above 3") {
		t.Errorf("version %d, %v", v, err)
	}
}

// An event without versions is of version 1, and says nothing of it.
func TestUnversioned(t *testing.T) {
	def := versions("", "", "")
	def.Version, def.Earlier, def.Set = 0, nil, nil
	for said, want := range map[int]string{0: "", 1: "", 2: "none above 1"} {
		var data string
		v, err := def.Read(said, []byte("1"), &data)
		if v != said || fmt.Sprint(err) != "<nil>" && !strings.Contains(err.Error(), want) ||
			(want == "") != (err == nil) {
			t.Errorf("said %d: version %d, %v", said, v, err)
		}
	}
}

// Every envelope passes on the version, and refuses what is none.
func TestVersionInEnvelopes(t *testing.T) {
	for name, c := range map[string]struct {
		envelope brook.Envelope
		header   string
	}{
		"CloudEvents": {brook.CloudEvents{}, "ce_brookversion"},
		"PlainJSON":   {brook.PlainJSON{}, "brook-version"},
		"RawTopics":   {brook.RawTopics{Types: map[string]string{"t": "grown"}}, "brook-version"},
	} {
		for _, version := range []int{0, 1, 2, 1 << 30} {
			m := brook.Message{ID: "1", Type: "grown", Author: "a", Data: []byte(`{}`), Version: version}
			r := brook.Record{Topic: "t"}
			if err := c.envelope.Wrap(&m, &r); err != nil {
				t.Fatal(err)
			}
			has := strings.Contains(fmt.Sprintf("%s", r.Headers), "version "+strconv.Itoa(version)+"}")
			if has != (version > 0) {
				t.Errorf("%s: version %d is written as %s", name, version, r.Headers)
			}
			var got brook.Message
			if err := c.envelope.Open(&r, &got); err != nil || got.Version != version || len(got.Headers) > 0 {
				t.Errorf("%s: version %d is read as %d, %v, beside %s", name, version, got.Version, err, got.Headers)
			}
		}
		for _, bad := range []string{"x", "0", "-1", "01", "+1", "1.0", " 1", "2147483648", "one"} {
			m := brook.Message{ID: "1", Type: "grown", Author: "a", Data: []byte(`{}`), Version: 7}
			r := brook.Record{Topic: "t"}
			if err := c.envelope.Wrap(&m, &r); err != nil {
				t.Fatal(err)
			}
			for i := range r.Headers {
				if r.Headers[i].Key == c.header {
					r.Headers[i].Value = []byte(bad)
				}
			}
			var got brook.Message
			if err := c.envelope.Open(&r, &got); err == nil || got.Type != "grown" ||
				!strings.Contains(err.Error(), "is no version") {
				t.Errorf("%s: version %q is %d of %s, %v", name, bad, got.Version, got.Type, err)
			}
		}
		m := brook.Message{Type: "grown", Data: []byte(`{}`), Headers: apptest.Headers(c.header, "1")}
		if err := c.envelope.Wrap(&m, &brook.Record{Topic: "t"}); err == nil {
			t.Errorf("%s: the header %s is the user's", name, c.header)
		}
	}
}

// In structured mode the version is a number, or its text.
func TestStructuredVersion(t *testing.T) {
	for member, want := range map[string]int{
		`"brookversion":2,`: 2, `"brookversion":"2",`: 2, `"brookversion":null,`: 0, ``: 0,
		`"brookversion":"",`: 0, `"brookversion":2.5,`: -1, `"brookversion":{},`: -1,
		`"brookversion":1,"brookversion":2,`: -1, `"brookversion":0,`: -1, `"brookversion":true,`: -1,
	} {
		r := apptest.Structured(`{` + member + `"specversion":"1.0","type":"t","data":1}`)
		var m brook.Message
		err := brook.CloudEvents{}.Open(&r, &m)
		if (err != nil) != (want < 0) || err == nil && (m.Version != want || len(m.Headers) > 0) || m.Type != "t" {
			t.Errorf("%s: version %d of %s, %v", member, m.Version, m.Type, err)
		}
	}
}

// A history entry has the version of its payload among its headers, where no store looks.
func TestEntryVersion(t *testing.T) {
	own := apptest.Headers("k", "v")
	e := brook.HistoryEntry{Headers: own}
	e.SetVersion(12)
	if len(own) != 1 || len(e.Headers) != 2 || !bytes.Equal(e.Headers[0].Value, []byte("12")) ||
		!reflect.DeepEqual(e.Headers[1], own[0]) {
		t.Errorf("the headers are %s", e.Headers)
	}
	e = brook.HistoryEntry{Headers: own}
	if e.SetVersion(0); len(e.Headers) != 1 {
		t.Errorf("without a version the headers are %s", e.Headers)
	}
}
