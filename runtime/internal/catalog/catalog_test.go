package catalog

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Two processes that find a new store agree on one state.
func TestOpenOfANewStore(t *testing.T) {
	s := fakestore.New()
	a, b := newRig(t, fakestore.Shared(s), version{}), newRig(t, fakestore.Shared(s), version{})
	s.OnCommit = func() { must(t, b.Open(t.Context())) }
	must(t, a.Open(t.Context()))
	want(t, "commits", s.Count, 1)
	want(t, "memory", string(a.Unchanged().Value), string(b.Unchanged().Value))
	want(t, "the generation", a.Live().Number, 1)
	want(t, "claimed", a.Claim.Taken(), false)
}

// Open returns the error of a store that fails, and does not wait for it.
func TestOpenOfABrokenStore(t *testing.T) {
	s := fakestore.New()
	s.Before = []error{errStore}
	wantErr(t, newRig(t, fakestore.Shared(s), version{}).Open(t.Context()), errStore)
	s.Reads = []error{errStore}
	wantErr(t, newRig(t, fakestore.Shared(s), version{}).Open(t.Context()), errStore)
	s.Opens = []error{errStore}
	wantErr(t, newRig(t, fakestore.Shared(s), version{}).Open(t.Context()), errStore)
	s.Opens = []error{nil, nil, nil, errStore}
	wantErr(t, newRig(t, fakestore.Shared(s), version{}).Open(t.Context()), errStore)
	must(t, newRig(t, fakestore.Shared(s), version{}).Open(t.Context()))
}

// The names of a new store's tables and its first state are those of all versions.
func TestStoredTables(t *testing.T) {
	s := fakestore.New()
	claimed(t, s, version{indexed: true})
	slices.Sort(s.Tables)
	want(t, "tables", strings.Join(slices.Compact(s.Tables), " "),
		"shop/1/dropped shop/1/folded shop/1/index/accounts/Email shop/1/letters shop/1/owed "+
			"shop/1/parked shop/1/positions shop/1/rows/accounts shop/1/shapes shop/1/window shop/state")
	want(t, "the name of a table", plan.TableName("a/b c", "x"), "a%2Fb%20c/x")
}

// A running app that finds the state gone or damaged says so.
func TestStateLost(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s), version{})
	s.Delete("shop/state", "state")
	if err := a.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("the state is gone: %v", err)
	}
	s.Put("shop/state", "state", "{")
	wantErr(t, a.Reload(t.Context()), brook.ErrPermanent)
}

// States of layouts 1 and 2 are brought to the present one in memory, and stored with the first
// commit.
func TestEarlierLayouts(t *testing.T) {
	data, err := os.ReadFile("../staterow/testdata/state/layout1.json")
	must(t, err)
	layout1 := strings.TrimSpace(string(data))
	layout2 := strings.Replace(layout1, `"Layout":1`,
		`"Layout":2,"Tables":{"1":["rows/accounts","rows/gone"]}`, 1)
	for name, test := range map[string]struct{ raw, tables string }{
		"layout 1": {layout1,
			"map[1:[rows/accounts rows/lines rows/notes index/accounts/Email]]"},
		"layout 2": {layout2, "map[1:[rows/accounts rows/gone]]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakestore.New()
			s.Put("shop/state", "state", test.raw)
			a := opened(t, fakestore.Shared(s), version{indexed: true})
			want(t, "the layout", a.row.Known().Layout, 3)
			want(t, "the contract", a.row.Known().Folds, "layout 2")
			want(t, "indexes", fmt.Sprint(a.row.Known().Kept),
				"map[accounts Email string:{index/accounts/Email true false}]")
			want(t, "tables", fmt.Sprint(a.row.Known().Tables), test.tables)
			want(t, "the check's row", string(a.Unchanged().Value), test.raw)
			want(t, "commits", len(s.Batches), 0)
			types := fmt.Sprint(a.Structure.MadeFrom())
			want(t, "made from", types, "map[account.closed:true account.opened:true "+
				"audit.noted:true money.moved:true]")

			// Nothing was folded yet: the code takes it over as it is.
			must(t, a.Claim.Take(t.Context()))
			after, err := a.row.Read(t.Context())
			must(t, err)
			want(t, "stored", fmt.Sprint(after.Layout, after.Folds == a.Claim.code.Contract,
				after.Fingerprint, after.Indexes), "3 true [] []")
			if !strings.HasPrefix(s.Row("shop/state", "state"), `{"Layout":3,`) {
				t.Errorf("stored: %s", s.Row("shop/state", "state"))
			}
		})
	}
}
