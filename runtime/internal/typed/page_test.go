package typed_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A lookup of a row that is not there is no error.
func TestLookup(t *testing.T) {
	view, _ := open(t, map[string]user{"a": {"x", []string{"1"}}})
	got, there, err := view.Lookup("a")
	if got.Email != "x" || !there || err != nil {
		t.Errorf("Lookup returns %v, %v, %v", got, there, err)
	}
	got.Tags[0] = "changed"
	if again, _, _ := view.Lookup("a"); again.Tags[0] != "1" {
		t.Error("the value is not the caller's own")
	}
	if got, there, err := view.Lookup("b"); got.Email != "" || there || err != nil {
		t.Errorf("without a row Lookup returns %v, %v, %v", got, there, err)
	}
	if testing.AllocsPerRun(100, func() { _, _, _ = view.Lookup("b") }) > 0 {
		t.Error("Lookup allocates without a row")
	}
}

// A page has the rows that a sorted list would have, wherever it begins, in both directions.
func TestPages(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	rows := map[string]user{}
	var all, found []string
	for range 40 {
		k, email := fmt.Sprintf("%x", rnd.IntN(256)), []string{"x", "xy", "y"}[rnd.IntN(3)]
		rows[k] = user{Email: email}
	}
	for k, v := range rows {
		if all = append(all, k); v.Email == "x" {
			found = append(found, k)
		}
	}
	slices.Sort(all)
	slices.Sort(found)
	view, byEmail := open(t, rows)
	for range 500 {
		page := brook.Page[string]{Limit: rnd.IntN(8), Reverse: rnd.IntN(2) == 0}
		if rnd.IntN(4) > 0 {
			page.After = new(fmt.Sprintf("%x", rnd.IntN(300))) // often of no row
		}
		if got := keysOf(t, view.Page(page)); !slices.Equal(got, pageOf(all, page)) {
			t.Fatalf("%s yields %q, want %q", shown(page), got, pageOf(all, page))
		}
		if got := keysOf(t, byEmail.Page("x", page)); !slices.Equal(got, pageOf(found, page)) {
			t.Fatalf("by index %s yields %q, want %q", shown(page), got, pageOf(found, page))
		}
	}
	for _, err := range view.Page(brook.Page[string]{Reverse: true}) {
		if err != nil {
			t.Error(err)
		}
		break // that it ends is what is tested
	}
}

// Pages in reverse are read in passes, of which none is missed and none comes twice.
func TestPagesOfManyRows(t *testing.T) {
	rows := map[string]user{}
	var want []string
	for i := range 2500 {
		k := fmt.Sprintf("%04d", i)
		rows[k] = user{Email: "x"}
		want = append(want, k)
	}
	slices.Reverse(want)
	view, byEmail := open(t, rows)
	for _, limit := range []int{0, 999, 1000, 1001, 2500, 3000} {
		page, want := brook.Page[string]{Limit: limit, Reverse: true}, want
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		if got := keysOf(t, view.Page(page)); !slices.Equal(got, want) {
			t.Errorf("%s yields %d rows", shown(page), len(got))
		}
		if got := keysOf(t, byEmail.Page("x", page)); !slices.Equal(got, want) {
			t.Errorf("by index %s yields %d rows", shown(page), len(got))
		}
	}
}

// Cursors survive: the row after which a page begins may be gone.
func TestPageAfterRowThatIsGone(t *testing.T) {
	view, _ := open(t, map[string]user{"a": {}, "c": {}})
	for _, c := range []struct {
		page brook.Page[string]
		want string
	}{
		{brook.Page[string]{After: new("b")}, "c"},
		{brook.Page[string]{After: new("b"), Reverse: true}, "a"},
		{brook.Page[string]{After: new("")}, "a c"},
		{brook.Page[string]{After: new(""), Reverse: true}, ""},
		{brook.Page[string]{After: new("c")}, ""},
		{brook.Page[string]{After: new("z"), Reverse: true, Limit: 1}, "c"},
	} {
		if got := strings.Join(keysOf(t, view.Page(c.page)), " "); got != c.want {
			t.Errorf("%s yields %s, want %s", shown(c.page), got, c.want)
		}
	}
}

// A page of less than no rows is an error, not all of them.
func TestPageOfNegativeLimit(t *testing.T) {
	view, byEmail := open(t, map[string]user{"a": {Email: "x"}})
	page := brook.Page[string]{Limit: -1}
	_, err := brook.Values(view.Page(page))
	_, byIndex := brook.Values(byEmail.Page("x", page))
	for _, err := range []error{err, byIndex} {
		if err == nil || !strings.Contains(err.Error(), "users: a page of -1 rows") {
			t.Errorf("the error is %v", err)
		}
	}
}

// A range of an index is in the order of values, then of keys; a row comes for each value.
func TestIndexRange(t *testing.T) {
	_, byEmail := open(t, map[string]user{
		"a": {Email: "m"}, "b": {Email: "k"}, "c": {Email: "k"}, "d": {Email: "z"}, "e": {Email: "kk"},
	})
	for _, c := range []struct{ from, to, want string }{
		{"k", "z", "b c e a"}, {"", "k", ""}, {"kk", "zz", "e a d"}, {"z", "a", ""}, {"a", "l", "b c e"},
	} {
		if got := strings.Join(keysOf(t, byEmail.Range(c.from, c.to)), " "); got != c.want {
			t.Errorf("from %q to %q: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

// keysOf returns the keys of entries.
func keysOf(t *testing.T, entries func(func(brook.Entry[string, user], error) bool)) []string {
	t.Helper()
	var keys []string
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

// pageOf returns a page of sorted keys.
func pageOf(keys []string, p brook.Page[string]) (page []string) {
	if keys = slices.Clone(keys); p.Reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		if p.After != nil && (k == *p.After || k < *p.After != p.Reverse) {
			continue
		}
		if page = append(page, k); len(page) == p.Limit {
			break
		}
	}
	return page
}

func shown(p brook.Page[string]) string {
	after := "the beginning"
	if p.After != nil {
		after = *p.After
	}
	return fmt.Sprintf("a page of %d rows after %s, reverse %v", p.Limit, after, p.Reverse)
}
