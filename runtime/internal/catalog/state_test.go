package catalog

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// golden returns a state row as an earlier version of the runtime stored it.
func golden(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/state/" + name + ".json")
	must(t, err)
	return []byte(strings.TrimSpace(string(data)))
}

// Rows of the present layout that earlier versions stored are read, and stored again as they were:
// names on disk do not change.
func TestStoredNames(t *testing.T) {
	for _, name := range []string{"filled", "rebuilt", "full"} {
		raw := golden(t, name)
		s, err := decodeState("shop", raw)
		must(t, err)
		again, err := json.Marshal(&s)
		must(t, err)
		want(t, name, string(again), string(raw))
		want(t, name+", raw", string(s.raw), string(raw))
	}
	full := &state{
		Layout: 3, Generation: 4, Building: 5, Highest: 6, Dropped: []int{2, 3}, Folds: "c0ffee",
		Made: map[string]plan.Origin{"accounts": {Key: "string", Events: []plan.Cause{{
			Event: "account.opened", Topic: "ledger", Handlers: []string{"Books.Opened"},
		}}}},
		Former: map[string]string{"account.opened Accounts": "Books"}, Mixed: true,
		Kept: map[string]KeptIndex{"accounts Email string": {
			Table: "index/accounts/Email/1", Whole: true, Once: true,
		}},
		Serial: 1, Fingerprint: []string{"line"}, Indexes: []string{"x"},
		Replaced:  map[int]time.Time{3: time.Date(2026, 7, 1, 12, 0, 0, 5, time.UTC)},
		Tables:    map[int][]string{4: {"rows/accounts"}},
		Promoting: &promotion{Generation: 5, ID: "ab-1"}, Stamp: "00ff",
	}
	raw, err := json.Marshal(full)
	must(t, err)
	want(t, "a state with all fields", string(raw), string(golden(t, "full")))
}

// The names of a new store's tables and its first state are those of all versions.
func TestStoredTables(t *testing.T) {
	s := newFake()
	claimed(t, s, version{indexed: true})
	slices.Sort(s.tables)
	want(t, "tables", strings.Join(slices.Compact(s.tables), " "),
		"shop/1/dropped shop/1/folded shop/1/index/accounts/Email shop/1/letters shop/1/owed "+
			"shop/1/positions shop/1/rows/accounts shop/1/shapes shop/1/window shop/state")
	want(t, "the name of a table", TableName(&brook.Config{Name: "a/b c"}, "x"), "a%2Fb%20c/x")
}

// A state of a newer layout is refused, and what is no state is damaged: no other try mends it.
func TestStatesThatAreRefused(t *testing.T) {
	s := newFake()
	s.put("shop/state", "state", `{"Layout":4,"Generation":1}`)
	err := newRig(t, fenced{s}, version{}).Open(t.Context())
	if err == nil || !strings.Contains(err.Error(), "layout 4") {
		t.Errorf("layout 4: %v", err)
	}
	for _, damaged := range []string{"", "{", `{"Layout":"3"}`, "[]"} {
		s.put("shop/state", "state", damaged)
		wantErr(t, newRig(t, fenced{s}, version{}).Open(t.Context()), brook.ErrPermanent)
	}
	want(t, "commits", len(s.batches), 0)
}

// A running app that finds the state gone or damaged says so.
func TestStateLost(t *testing.T) {
	s := newFake()
	a := opened(t, fenced{s}, version{})
	delete(s.rows["shop/state"], "state")
	if err := a.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("the state is gone: %v", err)
	}
	s.put("shop/state", "state", "{")
	wantErr(t, a.Reload(t.Context()), brook.ErrPermanent)
}

// States of layouts 1 and 2 are brought to the present one in memory, and stored with the first
// commit.
func TestEarlierLayouts(t *testing.T) {
	layout1 := string(golden(t, "layout1"))
	layout2 := strings.Replace(layout1, `"Layout":1`,
		`"Layout":2,"Tables":{"1":["rows/accounts","rows/gone"]}`, 1)
	for name, test := range map[string]struct{ raw, tables string }{
		"layout 1": {layout1,
			"map[1:[rows/accounts rows/lines rows/notes index/accounts/Email]]"},
		"layout 2": {layout2, "map[1:[rows/accounts rows/gone]]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFake()
			s.put("shop/state", "state", test.raw)
			a := opened(t, fenced{s}, version{indexed: true})
			want(t, "the layout", a.state.Layout, 3)
			want(t, "the contract", a.state.Folds, "layout 2")
			want(t, "indexes", fmt.Sprint(a.state.Kept),
				"map[accounts Email string:{index/accounts/Email true false}]")
			want(t, "tables", fmt.Sprint(a.state.Tables), test.tables)
			want(t, "the check's row", string(a.Unchanged().Value), test.raw)
			want(t, "commits", len(s.batches), 0)
			types := fmt.Sprint(a.MadeFrom())
			want(t, "made from", types, "map[account.closed:true account.opened:true "+
				"audit.noted:true money.moved:true]")

			// Nothing was folded yet: the code takes it over as it is.
			must(t, a.Claim(t.Context()))
			after, err := decodeState("shop", []byte(s.stored()))
			must(t, err)
			want(t, "stored", fmt.Sprint(after.Layout, after.Folds == a.code.Contract,
				after.Fingerprint, after.Indexes), "3 true [] []")
			if !strings.HasPrefix(s.stored(), `{"Layout":3,`) {
				t.Errorf("stored: %s", s.stored())
			}
		})
	}
}

// Numbers of generations that layout 1 had under construction, or left behind, have tables too.
func TestTablesOfLayout1(t *testing.T) {
	s, err := decodeState("shop", []byte(`{"Layout":1,"Generation":3,"Building":4,"Dropped":[2],`+
		`"Fingerprint":["collection a/b is keyed by string"],"Indexes":["a/b Field string true"]}`))
	must(t, err)
	want(t, "tables", fmt.Sprint(s.Tables), "map[2:[rows/a%2Fb index/a%2Fb/Field] "+
		"3:[rows/a%2Fb index/a%2Fb/Field] 4:[rows/a%2Fb index/a%2Fb/Field]]")
	want(t, "a unique index", s.Kept["a/b Field string"].Once, true)
}
