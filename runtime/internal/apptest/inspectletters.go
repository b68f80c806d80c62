package apptest

import (
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// InspectLetters looks at dead letters, runs them dry before and after the fix, and redrives and
// drops some.
func InspectLetters(t *testing.T, store brook.Store) {
	x := newInspected(t, store)
	x.failing.Store(true)
	for _, name := range x.names {
		x.fold(brook.Emit(ledger.Moved{Account: name, Cents: 100, Order: "fail"}),
			brook.Emit(ledger.Moved{Account: name, Cents: 1, Order: "emit"}),
			brook.Emit(ledger.Moved{Account: name, Cents: 2}))
	}
	x.fold(brook.Emit(ledger.Moved{Account: "nobody", Order: "<i>"}),
		brook.Emit(ledger.Moved{Account: "a/b", Order: "panic"}))
	all := x.letters(inspect.LetterFilter{}, false)
	if want := 3*len(x.names) + 3; len(all) != want { // two sets know nobody
		t.Fatalf("%d letters, want %d", len(all), want)
	}
	down := x.letters(inspect.LetterFilter{}, true)
	slices.Reverse(down)
	for i := range all {
		if all[i].ID != down[i].ID {
			t.Fatalf("letter %d is %+v, from the end it is %+v", i, all[i], down[i])
		}
	}
	tried := x.letters(inspect.LetterFilter{Set: "Audit", Tried: true, Error: "no: "}, false)
	if len(tried) != len(x.names) {
		t.Errorf("%d letters were tried, want %d", len(tried), len(x.names))
	}
	x.detail(tried)
	x.dryRuns(tried)
}

// letters returns the letters that f accepts, page by page.
func (x *inspected) letters(f inspect.LetterFilter, reverse bool) (all []inspect.Letter) {
	x.Helper()
	p := inspect.Page{Limit: 4, Reverse: reverse}
	for {
		page, err := x.seen.Letters(x.Context(), f, p)
		all = append(all, got(x, page, err).Letters...)
		if p.After = page.Next; page.Next == "" {
			return all
		}
	}
}

// detail looks at letters that two others wait behind, and three in the account a/b.
func (x *inspected) detail(letters []inspect.Letter) {
	for _, l := range letters {
		d, err := x.seen.Letter(x.Context(), l.ID)
		got(x, d, err)
		want := 2
		if l.Key != nil && *l.Key == "a/b" {
			want = 3
		}
		if d.Waiting != want || len(d.Behind) != want {
			x.Errorf("%d letters wait behind that of %q, want %d", d.Waiting, *l.Key, want)
		}
		if d.ID != l.ID || d.Record.Offset != l.Position.Offset ||
			!strings.Contains(string(d.Record.Value.JSON), `"order":"fail"`) {
			x.Errorf("the letter is %+v", d)
		}
	}
}

// dryRuns runs letters dry, which fail, and after the fix do not, and redrives one of them.
func (x *inspected) dryRuns(letters []inspect.Letter) {
	ctx := x.Context()
	before := x.state()
	run, err := x.seen.DryRun(ctx, inspect.LetterFilter{})
	for _, o := range got(x, run, err).Outcomes {
		switch want := inspect.Fails; {
		case o.Letter.Waits && o.Result == inspect.Waits && o.Error == "":
		case o.Result != want || o.Error == "" || len(o.Rows) > 0:
			x.Errorf("while it fails: %+v", o)
		}
	}
	x.failing.Store(false)
	one := letters[slices.IndexFunc(letters, func(l inspect.Letter) bool { return *l.Key == "a" })]
	key := "a"
	run, err = x.seen.DryRun(ctx, inspect.LetterFilter{Key: &key})
	outcomes := got(x, run, err).Outcomes
	if len(outcomes) != 3 || outcomes[0].Letter.ID != one.ID {
		x.Fatalf("the outcomes of a are %+v", outcomes)
	}
	for i, o := range outcomes {
		if o.Result != inspect.Applied || !slices.Equal(o.Handlers, []string{"Audit.Moved"}) {
			x.Errorf("after the fix: %+v", o)
		}
		if i == 1 {
			if len(o.Emissions) != 1 || o.Emissions[0].Type != ledger.NotedType || len(o.Rows) > 0 {
				x.Errorf("what emits: %+v", o)
			}
			continue
		}
		if len(o.Rows) != 1 || o.Rows[0].Collection != "notes" || len(o.Rows[0].Changes) != 1 {
			x.Errorf("what notes: %+v", o)
		}
	}
	if got := x.state(); got != before {
		x.Errorf("dry runs changed\n%s\nto\n%s", before, got)
	}
	n, err := x.seen.Redrive(ctx, inspect.LetterFilter{IDs: []string{one.ID}})
	if got(x, n, err) != 1 {
		x.Errorf("%d letters were redriven, want 1", n)
	}
	row, err := x.seen.Row(ctx, "notes", "a")
	if want := outcomes[0].Rows[0].After; string(got(x, row, err).Value) != string(want) {
		x.Errorf("the note is %s, the dry run said %s", row.Value, want)
	}
	n, err = x.seen.Drop(ctx, inspect.LetterFilter{Type: ledger.MovedType, Set: "Books"})
	if got(x, n, err) != 1 || len(x.letters(inspect.LetterFilter{Set: "Books"}, false)) > 0 {
		x.Errorf("%d letters of Books were dropped, want 1", n)
	}
	n, err = x.seen.Redrive(ctx, inspect.LetterFilter{})
	left := x.letters(inspect.LetterFilter{}, false)
	if got(x, n, err); len(left) != 2 { // nobody, and what panics
		x.Errorf("%d letters are left, want 2: %+v", len(left), left)
	}
	panics := left[slices.IndexFunc(left, func(l inspect.Letter) bool { return *l.Key == "a/b" })]
	run, err = x.seen.DryRun(ctx, inspect.LetterFilter{IDs: []string{panics.ID}})
	o := got(x, run, err).Outcomes[0]
	if o.Result != inspect.Fails || !strings.Contains(o.Stack, "apptest") ||
		o.Stage != brook.StageHandle {
		x.Errorf("a panic: %+v", o)
	}
	d, err := x.seen.Letter(ctx, panics.ID)
	if !strings.Contains(got(x, d, err).Stack, "apptest") {
		x.Errorf("the stack of the letter is %q", d.Stack)
	}
}

// state returns all rows and letters as text.
func (x *inspected) state() string {
	var b strings.Builder
	for _, c := range x.seen.Structure().Collections {
		page, err := x.seen.Rows(x.Context(), c.Name, inspect.RowQuery{Page: inspect.Page{Limit: 500}})
		for _, row := range got(x, page, err).Rows {
			b.WriteString(c.Name + " " + row.Key + " " + string(row.Value) + "\n")
		}
	}
	for _, l := range x.letters(inspect.LetterFilter{}, false) {
		b.WriteString(l.ID + " " + l.Error + "\n")
	}
	return b.String()
}
