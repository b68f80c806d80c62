package catalog

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

const typ = "account.opened"

// Letters of a set that was renamed are those of the set that handles the event now: before the
// state says so, and after any number of renames.
func TestSetNow(t *testing.T) {
	s := fakestore.New()
	books := version{set: "Books", audited: true}
	ledger := version{set: "Ledger", audited: true}
	accounts := version{set: "Accounts", audited: true}
	claimed(t, fakestore.Shared(s), books)
	a := opened(t, fakestore.Shared(s), ledger)
	want(t, "before the claim", a.Sets.Now(typ, "Books"), "Ledger")
	want(t, "claimed by the same contract", a.Claim.Taken(), true)
	must(t, a.Claim.Take(t.Context()))
	want(t, "former names", fmt.Sprint(a.row.Known().Former), "map[account.opened Books:Ledger]")
	want(t, "after it", a.Sets.Now(typ, "Books"), "Ledger")
	commits := len(s.Batches)
	must(t, a.Claim.Take(t.Context()))
	want(t, "commits of a second claim", len(s.Batches)-commits, 0)

	b := claimed(t, fakestore.Shared(s), accounts)
	for _, was := range []string{"Books", "Ledger", "Accounts"} {
		want(t, was, b.Sets.Now(typ, was), "Accounts")
	}
	c := claimed(t, fakestore.Shared(s), books) // it has that name again
	want(t, "former names", fmt.Sprint(c.row.Known().Former),
		"map[account.opened Accounts:Books account.opened Ledger:Accounts]")
	for _, was := range []string{"Books", "Ledger", "Accounts"} {
		want(t, was+", in the end", c.Sets.Now(typ, was), "Books")
	}
	want(t, "a decode letter", c.Sets.Now(typ, ""), "")
	want(t, "an event that nobody handles", c.Sets.Now("other", "Books"), "Books")

	// Code that does not know the new names yet finds them once it reloads.
	must(t, a.Reload(t.Context()))
	want(t, "elsewhere", a.Sets.Now(typ, "Accounts"), "Ledger")
	want(t, "the other set", a.Sets.Now(typ, "Audit"), "Audit")
}

// A set that makes no rows has no place in the state: the only candidate is the one, and with
// several it stays as it is.
func TestSetNowOfSetsWithoutRows(t *testing.T) {
	code := func(sets ...string) *plan.Code {
		handlers := []plan.Handler{{Name: "Opened", Event: typ, Writes: []int{0}}}
		for i := range sets[1:] {
			handlers = append(handlers, plan.Handler{Set: i + 1, Name: "Saw", Event: typ})
		}
		return plan.New("ledger", sets, handlers, nil, version{}.collections(),
			[]*brook.EventDef{{Type: typ}})
	}
	for _, test := range []struct {
		code      *plan.Code
		was, want string
	}{
		{code("Books", "Log"), "Audit", "Log"},
		{code("Books", "Log", "Trace"), "Audit", "Audit"},
		{code("Books"), "Audit", "Books"},
		{code("Books", "Log"), "Books", "Books"},
	} {
		n := &SetNames{code: test.code}
		n.note(&staterow.State{Made: test.code.Made})
		want(t, test.was, n.Now(typ, test.was), test.want)
	}
}

// Former names that lead in a circle end.
func TestSetNowOfACircle(t *testing.T) {
	n := &SetNames{code: version{}.code()}
	n.note(&staterow.State{Former: map[string]string{typ + " A": "B", typ + " B": "A"}})
	want(t, "the only set", n.Now(typ, "A"), "Books")
}
