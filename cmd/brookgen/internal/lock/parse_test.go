package lock

import (
	"fmt"
	"strings"
	"testing"
)

const head = headStart + "1" + headEnd + "\n"

// whole is a lock with everything that may stand in one.
const whole = head + `collection orders - . struct key=id
collection orders - at time
collection orders - id string
collection refs - . []byte key=(string,[4]uint8,int64)
event all.kinds 1 . struct key="a b".id,n when=target
event all.kinds 1 "a b" struct
event all.kinds 1 "a b".id *string
event all.kinds 1 "a b"."}{" any
event all.kinds 1 away struct gone
event all.kinds 1 away.n int
event all.kinds 1 children []*@.
event all.kinds 1 deep [3]map[string][]**struct
event all.kinds 1 deep[]{}[].again map[opaque:Day]@deep[]{}[]
event all.kinds 1 deep[]{}[].up @deep[]{}
event all.kinds 1 n int64,string required was=m,"l l"
event all.kinds 1 p *uint8,string
event all.kinds 1 "x,\"=" opaque:"example.com/x.Box[int]"
event just.list 1 . []struct
event just.list 1 [].sku string
event just.list 2 . map[string]@. was=old.list,older.list
`

func TestRoundTrip(t *testing.T) {
	l, err := Parse("brook.lock", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(l.Format()); got != whole {
		t.Errorf("got\n%swant\n%s", got, whole)
	}
	lines := strings.SplitAfter(whole, "\n")
	shuffled := lines[0]
	for i := len(lines) - 1; i > 0; i-- {
		shuffled += lines[i]
	}
	l, err = Parse("brook.lock", []byte(strings.ReplaceAll(shuffled, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(l.Format()); got != whole {
		t.Errorf("in another order: got\n%swant\n%s", got, whole)
	}
	children := l.Find(Event, "all.kinds", 1).Root.field("children")
	if children.Type.Elem.Elem != l.Entries[2].Root || children.Pos.Line == 0 {
		t.Errorf("children at %v are %+v", children.Pos, children.Type)
	}
}

// What is no lock says so, with its place and what to do.
func TestDamaged(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "1:1: this is no brook.lock"},
		{"x\n" + whole, "1:1: this is no brook.lock"},
		{headStart + "x: y\n", `1:22: "x" is no number of a format`},
		{headStart + "0\n", `1:22: "0" is no number of a format`},
		{headStart + "2\n", "1:22: brook.lock has format 2, and this brookgen knows those up to 1"},
		{head + "<<<<<<< HEAD\n", "2:1: brook.lock has a conflict of a merge"},
		{"<<<<<<< HEAD\n" + head, "1:1: brook.lock has a conflict of a merge"},
		{head + "event a 1 . struct\n=======\n", "3:1: brook.lock has a conflict of a merge"},
		{head + "event a 1 . struct\r\n>>>>>>> theirs\r\n", "3:1: brook.lock has a conflict of a merge"},
		{head + "event\n", "2:1: a line has kind, name"},
		{head + "event a 1 .\n", "2:1: a line has kind, name"},
		{head + "evnt a 1 . struct\n", "2:1: unknown kind evnt"},
		{head + "event a - . struct\n", "2:9: - is no version"},
		{head + "event a 01 . struct\n", "2:9: 01 is no version"},
		{head + "event a -1 . struct\n", "2:9: -1 is no version"},
		{head + "collection a 1 . struct\n", "2:14: a collection has version -"},
		{head + "event a 1 a..b struct\n", "2:11: a..b is no path"},
		{head + "event a 1 .a struct\n", "2:11: .a is no path"},
		{head + "event a 1 \"a\" struct\n", `2:11: "a" is no path`},
		{head + "event a 1 [] struct\nevent a 1 . []struct\n", "2:1: event a has no struct that [] is a field of"},
		{head + "event a 1 \"a struct\n", "2:1: a quote that does not end"},
		{head + "event a 1 . strct\n", "2:13: strct is no type"},
		{head + "event a 1 . []\n", "2:13: [] is no type"},
		{head + "event a 1 . [x]int\n", "2:13: [x]int is no type"},
		{head + "event a 1 . [-1]int\n", "2:13: [-1]int is no type"},
		{head + "event a 1 . map[struct]int\n", "2:13: map[struct]int is no type"},
		{head + "event a 1 . map[string]\n", "2:13: map[string] is no type"},
		{head + "event a 1 . opaque:\n", "2:13: opaque: is no type"},
		{head + "event a 1 . int,strin\n", "2:13: int,strin is no type"},
		{head + "event a 1 . int,string\n", "2:1: event a as a whole is not in quotes"},
		{head + "event a 1 . " + strings.Repeat("*", 1e6) + "int\n", "is no type"},
		{head + "event a 1 . struct required\n", "2:20: unknown attribute required"},
		{head + "event a 1 . struct gone\n", "2:20: unknown attribute gone"},
		{head + "collection a - . struct\ncollection a - b int gone\n", "3:22: unknown attribute gone"},
		{head + "event a 1 . struct kye=a\n", "2:20: unknown attribute kye=a"},
		{head + "event a 1 . struct key=a,,b\n", "2:20: unknown attribute key=a,,b"},
		{head + "event a 1 . struct key=(a)\n", "2:20: unknown attribute key=(a)"},
		{head + "event a 1 . struct was=\n", "2:20: unknown attribute was="},
		{head + "event a 1 . struct\nevent a 1 b int key=a\n", "3:17: unknown attribute key=a"},
		{head + "event a 1 b int\n", `2:1: event a lacks the line of its path "."`},
		{head + "event a 1 . int\nevent a 1 b int\n", "3:1: event a has no struct that b is a field of"},
		{head + "event a 1 . struct\nevent a 1 b.c int\n", "3:1: event a has no struct that b.c is a field of"},
		{head + "event a 1 . struct\nevent a 1 b int\nevent a 1 b int\n", "4:1: event a has b twice"},
		{head + "event a 1 . struct\nevent a 1 b @c\n", "3:1: @c is no place in event a"},
		{head + "event a 1 . @.\n", "2:1: @. is no place in event a"},
		{head + "event a 1 . *@.\n", "2:1: @. is no place in event a"},
		{head + "event a 1 . struct\nevent a 1 b @c\nevent a 1 c @b\n", "3:1: @c is no place in event a"},
		{head + "event a 1 . struct\nevent a 1 b @.\nevent a 1 b.c int\n", "4:1: event a has no struct that b.c is a field of"},
	} {
		_, err := Parse("brook.lock", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.100q: got %v, want %s", c.text, err, c.want)
			continue
		}
		if message := err.(*Error).Message; !strings.Contains(message, ": ") {
			t.Errorf("%q does not say what to do", message)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add(head + "event a 1 . []@.\nevent b 1 . [2]map[int8]@[]\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse("brook.lock", []byte(text))
		if err != nil {
			return
		}
		once := l.Format()
		again, err := Parse("brook.lock", once)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		if twice := again.Format(); string(twice) != string(once) {
			t.Fatalf("once\n%stwice\n%s", once, twice)
		}
	})
}

// A lock of many fields is read in time that grows with them.
func TestManyLines(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "event a 1 . struct\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "event a 1 f%04d struct\n", i)
		for k := range 10 {
			fmt.Fprintf(&b, "event a 1 f%04d.x%d int\n", i, k)
		}
	}
	l, err := Parse("brook.lock", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(l.Format()); got != b.String() {
		t.Error("it is written in another way than it was read")
	}
}
