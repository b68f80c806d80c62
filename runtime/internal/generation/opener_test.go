package generation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// The names of a generation's tables are those of all versions.
func TestTables(t *testing.T) {
	s := fakestore.New()
	g, err := newRig(t, s).opener.Open(t.Context(), 7)
	must(t, err)
	want(t, "the number", g.Number, 7)
	slices.Sort(s.Tables)
	want(t, "tables", strings.Join(s.Tables, " "), "shop/7/dropped shop/7/folded "+
		"shop/7/index/accounts/Email shop/7/letters shop/7/owed shop/7/parked shop/7/positions "+
		"shop/7/rows/accounts shop/7/shapes shop/7/window")
	want(t, "by slot", fmt.Sprint(g.Tables), "[shop/7/rows/accounts shop/7/index/accounts/Email]")
}

// The error of a table names it, and the generation that comes with it has its number.
func TestOpenOfABrokenStore(t *testing.T) {
	s := fakestore.New()
	s.Opens = []error{nil, errStore, errStore}
	g, err := newRig(t, s).opener.Open(t.Context(), 7)
	wantErr(t, err, errStore)
	if g == nil || g.Number != 7 || !strings.Contains(err.Error(), "shop/7/index/accounts/Email") {
		t.Errorf("%v, %v", g, err)
	}
	s.Opens = nil
	s.Put("shop/7/shapes", "no shape", "")
	_, err = newRig(t, s).opener.Open(t.Context(), 7)
	wantErr(t, err, brook.ErrPermanent)
}

// An index is ready if it is whole, or if nothing was folded yet.
func TestIndexes(t *testing.T) {
	o := newRig(t, fakestore.New()).opener
	kept := func(whole bool) map[string]staterow.KeptIndex {
		return map[string]staterow.KeptIndex{email: {Table: "other", Whole: whole}}
	}
	for _, test := range []struct {
		name  string
		state staterow.State
		want  string
	}{
		{"of a new store", staterow.State{}, "index/accounts/Email ready"},
		{"that other code kept up", staterow.State{Folds: "x", Kept: kept(true)}, "other ready"},
		{"that is filled", staterow.State{Folds: "x", Kept: kept(false)}, "other unready"},
		{"that is not there", staterow.State{Folds: "x"}, "index/accounts/Email unready"},
	} {
		test.state.Generation = 3
		g, err := o.OpenLive(t.Context(), &test.state, nil)
		must(t, err)
		word := "ready"
		if g.Unready[1] {
			word = "unready"
		}
		name, _ := strings.CutPrefix(g.Tables[1].(string), "shop/3/")
		want(t, "an index "+test.name, name+" "+word, test.want)
	}
}

// Emptied is what the code knows and what the state names, the shapes last, and nothing else.
func TestEmpty(t *testing.T) {
	s := fakestore.New()
	o := newRig(t, s).opener
	g, err := o.Open(t.Context(), 7)
	must(t, err)
	names := []string{"rows/accounts", "rows/gone", "index/accounts/Email", "positions", "letters",
		"folded", "window", "dropped", "owed", "parked", "shapes", "rows/unnamed"}
	for _, name := range names {
		for i := range 5 {
			s.Put("shop/7/"+name, fmt.Sprint(i), "row")
		}
	}
	s.Put("shop/8/rows/accounts", "k", "row")
	named := []string{"rows/accounts", "rows/gone"}
	s.Fail(append(make([]error, 30), errStore)...) // three for each of ten tables of five rows
	wantErr(t, o.Empty(t.Context(), g, named), errStore)
	want(t, "before the shapes", fmt.Sprint(s.Left("")),
		"[shop/7/rows/unnamed shop/7/shapes shop/8/rows/accounts]")
	s.Opens = []error{errStore}
	wantErr(t, o.Empty(t.Context(), g, named), errStore)
	want(t, "shapes", s.Size("shop/7/shapes"), 5)
	must(t, o.Empty(t.Context(), g, named))
	want(t, "left", fmt.Sprint(s.Left("")), "[shop/7/rows/unnamed shop/8/rows/accounts]")
}

// Standings are the positions by partition, or the error of the first that can't be read.
func TestStandings(t *testing.T) {
	s := fakestore.New()
	g := opened(t, s).Load()
	id := partition.ID{Topic: "ledger", Number: 3}
	s.Put("shop/1/positions", string(id.AppendKey(nil)), `{"Log":"x","First":1,"Next":9,"Epoch":4}`)
	all, err := g.Standings(t.Context(), s.Latest())
	must(t, err)
	want(t, "positions", len(all), 1)
	want(t, "the next offset", all[id].Next, 9)
	s.Put("shop/1/positions", string(id.AppendKey(nil)), "{")
	_, err = g.Standings(t.Context(), s.Latest())
	wantErr(t, err, brook.ErrPermanent)
}
