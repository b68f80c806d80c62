package staterow

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
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
		s, err := decode("shop", raw)
		must(t, err)
		again, err := json.Marshal(&s)
		must(t, err)
		want(t, name, string(again), string(raw))
		want(t, name+", raw", string(s.raw), string(raw))
	}
	full := &State{
		Layout: 3, Generation: 4, Building: 5, Highest: 6, Dropped: []int{2, 3}, Folds: "c0ffee",
		Made: map[string]plan.Origin{"accounts": {Key: "string", Events: []plan.Cause{{
			Event: "account.opened", Topic: "ledger", Handlers: []string{"Books.Opened"},
		}}}},
		Former: map[string]string{"account.opened Accounts": "Books"}, Mixed: true,
		Kept: map[string]KeptIndex{"accounts Email string": {
			Table: "index/accounts/Email/1", Whole: true, Once: true,
		}},
		Serial: 1, Fingerprint: []string{"line"}, Indexes: []string{"x"},
		Replaced: map[int]time.Time{3: time.Date(2026, 7, 1, 12, 0, 0, 5, time.UTC)},
		Retained: &Retained{
			Generation: 3, Stood: []brook.Position{{Topic: "ledger", Offset: 7}}, Folds: "c0",
			Made: map[string]plan.Origin{}, Former: map[string]string{"e A": "B"},
			Kept: map[string]KeptIndex{
				"accounts Email string": {Table: "index/accounts/Email", Whole: true},
			},
		},
		Tables:    map[int][]string{4: {"rows/accounts"}},
		Promoting: &Promotion{Generation: 5, ID: "ab-1"}, Stamp: "00ff",
	}
	raw, err := json.Marshal(full)
	must(t, err)
	want(t, "a state with all fields", string(raw), string(golden(t, "full")))
}

// A state of a newer layout is refused, and what is no state is damaged: no other try mends it.
func TestStatesThatAreRefused(t *testing.T) {
	s := fakestore.New()
	s.Put("shop/state", "state", `{"Layout":4,"Generation":1}`)
	err := newRow(fakestore.Shared(s)).Open(t.Context())
	if err == nil || !strings.Contains(err.Error(), "layout 4") {
		t.Errorf("layout 4: %v", err)
	}
	for _, damaged := range []string{"", "{", `{"Layout":"3"}`, "[]"} {
		s.Put("shop/state", "state", damaged)
		wantErr(t, newRow(fakestore.Shared(s)).Open(t.Context()), brook.ErrPermanent)
	}
	want(t, "commits", len(s.Batches), 0)
}

// Numbers of generations that layout 1 had under construction, or left behind, have tables too.
func TestTablesOfLayout1(t *testing.T) {
	s, err := decode("shop", []byte(`{"Layout":1,"Generation":3,"Building":4,"Dropped":[2],`+
		`"Fingerprint":["collection a/b is keyed by string"],"Indexes":["a/b Field string true"]}`))
	must(t, err)
	want(t, "tables", fmt.Sprint(s.Tables), "map[2:[rows/a%2Fb index/a%2Fb/Field] "+
		"3:[rows/a%2Fb index/a%2Fb/Field] 4:[rows/a%2Fb index/a%2Fb/Field]]")
	want(t, "a unique index", s.Kept["a/b Field string"].Once, true)
}

// States of layouts 1 and 2 are brought to the present one in memory, and nothing is stored.
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
			store := fakestore.New()
			store.Put("shop/state", "state", test.raw)
			r := opened(t, store)
			s := r.Known()
			want(t, "the layout", s.Layout, 3)
			want(t, "the contract", s.Folds, Layout2)
			want(t, "indexes", fmt.Sprint(s.Kept),
				"map[accounts Email string:{index/accounts/Email true false}]")
			want(t, "tables", fmt.Sprint(s.Tables), test.tables)
			want(t, "the check's row", string(r.Unchanged().Value), test.raw)
			want(t, "commits", len(store.Batches), 0)
			want(t, "made from", fmt.Sprint(s.MadeFrom()), "map[account.closed:true "+
				"account.opened:true audit.noted:true money.moved:true]")
		})
	}
}

// The present layout names the event types of each collection.
func TestMadeFrom(t *testing.T) {
	s := &State{Made: map[string]plan.Origin{
		"accounts": {Events: []plan.Cause{{Event: "account.opened"}, {Event: "money.moved"}}},
		"lines":    {Events: []plan.Cause{{Event: "money.moved"}}},
	}}
	want(t, "made from", fmt.Sprint(s.MadeFrom()), "map[account.opened:true money.moved:true]")
}
