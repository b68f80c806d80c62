package lock

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func parsed(t *testing.T, lines ...string) *Lock {
	t.Helper()
	l, err := Parse("brook.lock", []byte(head+strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// event returns the lines of an event with fields.
func event(name string, fields ...string) []string {
	lines := []string{"event " + name + " 1 . struct"}
	for _, f := range fields {
		lines = append(lines, "event "+name+" 1 "+f)
	}
	return lines
}

func summary(found []Finding) string {
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Name, f.Path, f.Reason))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, now []string
		want     string
	}{
		{"nothing", event("a", "b int", "n *@."), event("a", "b int", "n *@."), ""},
		{"a type that contains itself, unrolled",
			event("a", "n *@."), event("a", "n *struct", "n.n *@n"), ""},
		{"and rolled up, with another field",
			event("a", "n *struct", "n.b int", "n.n *@n"), event("a", "b string", "n *@."),
			"a n.b: kind"},
		{"lists of themselves",
			[]string{"event a 1 . []@.", "event b 1 . map[string]@."},
			[]string{"event a 1 . []*@.", "event b 1 . map[string][]@."},
			"b .: kind"},
		{"two that become one but for the case", event("a", "id int", "ID int"), event("a", "id int"), "a id: merged"},
		{"another case alone", event("a", "Id int"), event("a", "ID int"), ""},
		{"two that become one by was=", event("a", "b int", "c int"), event("a", "c int was=b"), "a c: merged"},
		{"one of which was gone", event("a", "b int gone", "c int"), event("a", "c int was=b"), ""},
		{"gone, and here again", event("a", "b int gone"), event("a", "b int64"), ""},
		{"as something else", event("a", "b int gone"), event("a", "b bool"), "a b: kind"},
		{"gone for good", event("a", "b int gone"), event("a", "c int"), ""},
		{"one field for two that are gone", event("a", "x1 int", "x2 int"), event("a", "x3 int"), "a x1: field"},
		{"one that contains the struct that it is gone from", event("a", "next *@."), event("a", "after *@."), "a next: field"},
		{"which is called alike", event("a", "x1 []@.", "b int"), event("a", "x2 []@.", "b int"), "a x1: field"},
		{"and which another change is in", event("a", "next *@.", "b int"), event("a", "after *@.", "b bool"),
			"a b: kind\na next: field"},
		{"one deep in what contains itself",
			event("a", "c struct", "c.up *@.", "c.next *@c"), event("a", "d struct", "d.up *@.", "d.next *@d"),
			"a c: field"},
		{"pii that is none any more", event("a", "b string pii", "c string pii"),
			event("a", "b string", "d string pii was=c"), "a b: pii"},
		{"pii that is gone", event("a", "b string pii", "c int"), event("a", "c int"), "a b: pii"},
		{"pii that was gone and is none now", event("a", "b string gone pii"), event("a", "b string"), "a b: pii"},
		{"pii that is gone for another field", event("a", "b string pii"), event("a", "c string"), "a b: field"},
		{"pii in a list", event("a", "l []struct", "l[].b string pii"), event("a", "l []struct", "l[].b string"),
			"a l[].b: pii"},
		{"new pii", event("a", "b string"), event("a", "b string pii", "c string pii"), ""},
		{"pii of rows that is none any more", []string{"collection a - . struct", "collection a - b string pii"},
			[]string{"collection a - . struct", "collection a - b string"}, "a b: pii"},
		{"pii of rows that is gone", []string{"collection a - . struct", "collection a - b string pii"},
			[]string{"collection a - . struct"}, ""},
		{"two for one", event("a", "x1 int"), event("a", "x2 int", "x3 int"), "a x1: field"},
	} {
		found := Compare(parsed(t, c.old...), parsed(t, c.now...), "")
		if got := summary(found); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
		for _, f := range found {
			if f.Message == "" || f.Pos.Line == 0 {
				t.Errorf("%s: %s at %v says %q", c.name, f.Path, f.Pos, f.Message)
			}
		}
	}
}

// What the last commit does not have may be changed.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name            string
		disk, head, now []string
		want            string
	}{
		{"what was committed", event("a", "b int"), event("a", "b int"), event("a", "b bool"), "a b: kind"},
		{"a field that was not", event("a", "b int"), event("a", "c int"), event("a", "b bool", "c int"), ""},
		{"an event that was not", event("a", "b int"), nil, nil, ""},
		{"a way back", event("a", "b int64"), event("a", "b int32"), event("a", "b int32"), ""},
		{"not far enough", event("a", "b int64"), event("a", "b int32"), event("a", "b int16"), "a b: kind"},
		{"what was accepted", event("a", "b bool"), event("a", "b int"), event("a", "b bool"), ""},
		{"a sketch that is required, which no event in the log has", event("a", "b int"), event("a"),
			event("a", "b string required"), "a b: required"},
		{"a rename that was not committed", []string{"event new 1 . struct was=old"}, event("old"), nil, "old .: entry"},
		{"and taken back by halves", []string{"event new 1 . struct was=old"}, event("old"), event("new"), "new old: name"},
		{"and taken back", []string{"event new 1 . struct was=old"}, event("old"), event("old"), ""},
		{"one of a field", event("a", "new int was=old"), event("a", "old int"), event("a", "new int"), "a old: was"},
	} {
		found := Judge(parsed(t, c.disk...), parsed(t, c.head...), parsed(t, c.now...), "")
		if got := summary(found); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		name           string
		old, head, now []string
		want           []string
	}{
		{"what is gone", event("a", "b int required was=x", "c int"), event("a", "b int"), event("a", "c int"),
			event("a", "b int gone was=x", "c int")},
		{"and was never committed", event("a", "b int", "c int"), event("a", "c int"), event("a", "c int"),
			event("a", "c int")},
		{"but under another name", event("a", "b int was=d"), event("a", "d int"), event("a"),
			event("a", "b int gone was=d")},
		{"what is gone and pii", event("a", "b int pii"), event("a", "b int"), event("a"),
			event("a", "b int gone pii")},
		{"what was gone before", event("a", "b int gone"), event("a"), event("a"), event("a", "b int gone")},
		{"and is here again", event("a", "b int gone"), event("a"), event("a", "b *int"), event("a", "b *int")},
		{"in a list", event("a", "l []struct", "l[].b int", "l[].c int"), event("a", "l []struct", "l[].b int"),
			event("a", "l []*struct", "l[].c int"), event("a", "l []*struct", "l[].b int gone", "l[].c int")},
		{"with what is in it", event("a", "s struct", "s.b int", "s.up *@."), event("a", "s int"), event("a", "c int"),
			event("a", "c int", "s struct gone", "s.b int", "s.up *@.")},
		{"where it contained itself", event("a", "n *@."), event("a", "n *@."), event("a", "b int"),
			event("a", "b int", "n *@. gone")},
		{"of rows nothing", []string{"collection a - . struct", "collection a - b int"},
			[]string{"collection a - . struct", "collection a - b int"}, []string{"collection a - . struct"},
			[]string{"collection a - . struct"}},
	} {
		l := parsed(t, c.now...)
		committed := parsed(t, c.head...)
		l.Keep(parsed(t, c.old...), func() *Lock { return committed })
		want := head + strings.Join(c.want, "\n") + "\n"
		if got := string(l.Format()); got != want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, want)
		}
		again := parsed(t, c.now...)
		again.Keep(l, func() *Lock { return committed })
		if got := string(again.Format()); got != want {
			t.Errorf("%s, once more: got\n%swant\n%s", c.name, got, want)
		}
		if found := Compare(l, again, ""); len(found) > 0 {
			t.Errorf("%s: %s", c.name, summary(found))
		}
	}
}

// A type that would take a line for each of millions of paths is written with references.
func TestManyPaths(t *testing.T) {
	s := &Shape{Kind: "int"}
	for range 40 {
		s = &Shape{Kind: Struct, Fields: []*Field{{Name: "a", Type: s}, {Name: "b", Type: s}}}
	}
	l := &Lock{Entries: []*Entry{{Kind: Event, Name: "many", Version: 1, Root: s}}}
	text := l.Format()
	if n := strings.Count(string(text), "\n"); n > 100 {
		t.Fatalf("%d lines", n)
	}
	again, err := Parse("brook.lock", text)
	if err != nil {
		t.Fatal(err)
	}
	if twice := again.Format(); string(twice) != string(text) {
		t.Errorf("it is read as\n%s", twice)
	}
	if found := Compare(again, l, ""); len(found) > 0 {
		t.Error(summary(found))
	}
}
