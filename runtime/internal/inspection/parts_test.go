package inspection

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Bytes of anyone are shown as JSON, as text or in base64, and cut between characters.
func TestPayload(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{`{"a":1}`, 10, `{"a":1}||`},
		{`{"a":1}`, 6, `|{"a":1|`},
		{"no JSON", 10, "|no JSON|"},
		{"\xff\x00", 10, "||ff00"},
		{"ab\u00e4", 3, "|ab|"},
		{"\u00e4\u00e4", 3, "|\u00e4|"},
		{"a\xff\xff", 2, "||61ff"},
		{"", 10, "||"},
	} {
		p := payload([]byte(c.in), c.max)
		got := fmt.Sprintf("%s|%s|%x", []byte(p.JSON), p.Text, p.Base64)
		if got != c.want || p.Size != len(c.in) || p.Cut != (len(c.in) > c.max) {
			t.Errorf("%q of %d: %s, size %d, cut %t, want %s", c.in, c.max, got, p.Size, p.Cut, c.want)
		}
	}
}

// Fields that differ are named by their paths, and shown as far as they are not masked.
func TestDifferences(t *testing.T) {
	for _, c := range []struct{ a, b, shownA, shownB, want string }{
		{`{"a":1,"b":[1,2]}`, `{"a":1.0,"b":[1,3,4],"c":null}`, "", "",
			"a: 1 > 1.0; b[1]: 2 > 3; b[2]:  > 4; c:  > null"},
		{`{"x":{"y":"s"},"z":0}`, `{"x":{"y":"t"}}`, "", "", `x.y: "s" > "t"; z: 0 > `},
		{`{"p":"1","q":[1]}`, `{"p":"2","q":[2]}`, `{"p":"***","q":"***"}`, `{"p":"***","q":"***"}`,
			`p: "***" > "***"; q: "***" > "***"`},
		{"", `{"a":1}`, "", "", `:  > {"a":1}`},
		{`[1]`, `{}`, "", "", `: [1] > {}`},
		{`12345678901234567890`, `12345678901234567891`, "", "",
			": 12345678901234567890 > 12345678901234567891"},
		{`{"a":[]}`, `{"a":[]}`, "", "", ""},
	} {
		of := func(actual, shown string) version {
			if actual == "" {
				return version{}
			}
			if shown == "" {
				shown = actual
			}
			return version{[]byte(actual), []byte(shown)}
		}
		var lines []string
		for _, d := range differences(of(c.a, c.shownA), of(c.b, c.shownB)) {
			lines = append(lines, fmt.Sprintf("%s: %s > %s", d.Path, []byte(d.Before),
				[]byte(d.After)))
		}
		if got := strings.Join(lines, "; "); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	long := "[" + strings.Repeat("1,", 5000) + "1]"
	n := len(differences(version{[]byte(long), []byte(long)}, version{[]byte("[]"), []byte("[]")}))
	if n != maxChanges {
		t.Errorf("%d changes are listed", n)
	}
}

// A store that scans upwards only is read downwards all the same, to the error that it ends with.
func TestBackwards(t *testing.T) {
	for _, n := range []int{0, 1, passRows - 1, passRows, passRows + 1, 3*passRows + 7} {
		down := errors.New("down")
		var broken error
		scan := func(to []byte) iter.Seq2[brook.Row, error] {
			return func(yield func(brook.Row, error) bool) {
				for i := range n {
					k := fmt.Sprintf("%06d", i)
					if to != nil && k >= string(to) {
						break
					}
					if !yield(brook.Row{Key: []byte(k)}, nil) {
						return
					}
				}
				if broken != nil {
					yield(brook.Row{}, broken)
				}
			}
		}
		var keys []string
		for row, err := range backwards(scan, nil) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, string(row.Key))
		}
		slices.Reverse(keys)
		if len(keys) != n || !slices.IsSorted(keys) {
			t.Errorf("%d rows of %d, sorted %t", len(keys), n, slices.IsSorted(keys))
		}
		broken = down
		for _, err := range backwards(scan, nil) {
			if err != down {
				t.Errorf("%v, want the error of the store", err)
			}
		}
	}
}
