package brooktest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
)

type email string

type user struct {
	ID    string   `json:"id" brook:"key"`
	Email email    `brook:"unique"`
	Phone *int     `brook:"index"`
	Tags  []string `brook:"index"`
	Group string   `brook:"index"`
	Notes []string
}

type at struct {
	Place struct{ Row, Column int }
	Name  string
}

func keys[K comparable, V any](t *testing.T,
	seq func(func(brook.Entry[K, V], error) bool)) (all []K) {
	t.Helper()
	for e, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Key)
	}
	return all
}

func TestViewReads(t *testing.T) {
	v := brooktest.View(map[int]user{3: {ID: "c"}, -1: {ID: "a"}, 10: {ID: "d"}})
	brooktest.Equal(t, keys(t, v.All()), []int{-1, 3, 10})
	brooktest.Equal(t, keys(t, v.Range(-1, 10)), []int{-1, 3})
	if u, err := v.Get(3); err != nil || u.ID != "c" {
		t.Errorf("Get: %+v, %v", u, err)
	}
	if _, err := v.Get(4); !errors.Is(err, brook.ErrNotFound) ||
		err.Error() != "brook: user: no value at key 4" {
		t.Errorf("Get of nothing: %v", err)
	}
	if ok, err := v.Has(10); !ok || err != nil {
		t.Errorf("Has: %v, %v", ok, err)
	}
	if n, err := v.Len(); n != 3 || err != nil {
		t.Errorf("Len: %d, %v", n, err)
	}
	brooktest.Equal(t, len(brook.Must(brook.Map(v.All()))), 3)
	brooktest.Equal(t, brook.Must(brook.Values(v.All()))[0].ID, "a")
	empty := brooktest.View(map[string]int(nil))
	brooktest.Equal(t, brook.Must(brook.Map(empty.All())), map[string]int{})
}

func TestViewPrefix(t *testing.T) {
	key := func(row, column int, name string) (k at) {
		k.Place.Row, k.Place.Column, k.Name = row, column, name
		return k
	}
	v := brooktest.View(map[at]int{key(1, 1, "a"): 1, key(1, 1, "b"): 2, key(1, 2, "a"): 3,
		key(2, 1, "a"): 4})
	brooktest.Equal(t, keys(t, v.Prefix(key(1, 1, ""), 1)), []at{key(1, 1, "a"), key(1, 1, "b")})
	for _, err := range v.Prefix(key(1, 1, ""), 3) {
		if err == nil {
			t.Error("a prefix of more fields than there are")
		}
	}
	// "1" is no prefix of "1:2".
	s := brooktest.View(map[struct{ A, B string }]int{{"1", "x"}: 1, {"1:2", "x"}: 2,
		{"1\x00", "x"}: 3})
	brooktest.Equal(t, len(keys(t, s.Prefix(struct{ A, B string }{A: "1"}, 1))), 1)
}

func TestViewSharesNothing(t *testing.T) {
	rows := map[string]user{"a": {Notes: []string{"one"}}}
	v := brooktest.View(rows)
	rows["a"].Notes[0] = "changed"
	u := brook.Must(v.Get("a"))
	if u.ID != "a" {
		t.Errorf("the key field is %q", u.ID)
	}
	brooktest.Equal(t, u.Notes, []string{"one"})
	u.Notes[0] = "changed"
	brooktest.Equal(t, brook.Must(v.Get("a")).Notes, []string{"one"})
	if rows["a"].ID != "" {
		t.Error("the map of the caller was changed")
	}
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if p := fmt.Sprint(recover()); !strings.Contains(p, want) {
			t.Errorf("panic %q, want %q", p, want)
		}
	}()
	f()
}

func TestViewOfWhatIsNoCollection(t *testing.T) {
	panics(t, "brooktest: View: float64 can't be a key", func() {
		brooktest.View(map[float64]int{})
	})
	panics(t, "brooktest: View: row a: func(): func() can't be serialized", func() {
		brooktest.View(map[string]func(){"a": nil})
	})
}

func TestIndexReads(t *testing.T) {
	one, zero := 1, 0
	rows := map[string]user{
		"a": {Email: "a@b.c", Phone: &one, Tags: []string{"x", "y", "x"}},
		"b": {Phone: &one, Tags: []string{"y", ""}, Group: "g"},
		"c": {Phone: &zero},
	}
	emails := brooktest.Index[email](rows)
	if e, err := emails.Get("a@b.c"); err != nil || e.Key != "a" || e.Value.ID != "a" {
		t.Errorf("Get: %+v, %v", e, err)
	}
	if _, err := emails.Get(""); !errors.Is(err, brook.ErrNotFound) {
		t.Errorf("the zero value is found: %v", err)
	}
	phones := brooktest.Index[int](rows)
	brooktest.Equal(t, keys(t, phones.All(1)), []string{"a", "b"})
	brooktest.Equal(t, keys(t, phones.All(0)), nil)
	tags := brooktest.Index[string](rows, "Tags")
	brooktest.Equal(t, keys(t, tags.All("y")), []string{"a", "b"})
	brooktest.Equal(t, keys(t, tags.All("x")), []string{"a"})
	brooktest.Equal(t, keys(t, tags.All("")), nil)
	brooktest.Equal(t, keys(t, brooktest.Index[string](rows, "Group").All("g")), []string{"b"})
}

func TestIndexOfWhatIsNone(t *testing.T) {
	panics(t, "has indexed fields Tags and Group of type string: name one", func() {
		brooktest.Index[string](map[string]user{})
	})
	panics(t, "no indexed field of type bool; it has Email (brooktest_test.email), Phone (*int)",
		func() {
			brooktest.Index[bool](map[string]user{})
		})
	panics(t, `has no field tagged brook:"index"`, func() {
		brooktest.Index[string](map[string]int{})
	})
	panics(t, `rows "a" and "b" have the same Email, which is unique`, func() {
		brooktest.Index[email](map[string]user{"a": {Email: "e"}, "b": {Email: "e"}})
	})
	type odd struct {
		F float64 `brook:"index"`
	}
	panics(t, "field F: float64 can't be a key", func() {
		brooktest.Index[float64](map[string]odd{})
	})
}

func TestApply(t *testing.T) {
	rows := map[string]user{"a": {Notes: []string{"one"}}, "b": {}}
	after := brooktest.Apply(rows,
		brook.Change[string, user]{},
		brook.Merge("a", func(u *user) { u.Notes[0] = "two" }),
		brook.Merge("c", func(u *user) { u.Notes = append(u.Notes, u.ID) }),
		brook.Delete[user]("b"),
		brook.Create("d", user{ID: "d"}),
		brook.Insert("d", user{Notes: []string{"second"}}),
		brook.Insert("e", user{Notes: []string{"first"}}),
		brook.Modify("e", func(u *user) { u.Notes = append(u.Notes, u.ID) }),
		brook.Modify("f", func(u *user) { t.Error("there is no f") }),
	)
	brooktest.Equal(t, after,
		map[string]user{"a": {ID: "a", Notes: []string{"two"}},
			"c": {ID: "c", Notes: []string{"c"}}, "d": {ID: "d"},
			"e": {ID: "e", Notes: []string{"first", "e"}}})
	brooktest.Equal(t, rows, map[string]user{"a": {Notes: []string{"one"}}, "b": {}})
}
