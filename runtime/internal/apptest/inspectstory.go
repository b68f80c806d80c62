package apptest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// InspectStories finds out how rows came to be what they are, also those that moves changed which
// read another row, and says so where it can't.
func InspectStories(t *testing.T, store brook.Store) {
	x := newInspected(t, store)
	for n := range 2 {
		x.fold(brook.Emit(ledger.Moved{Account: "a/b", From: "hex:00", Cents: 10, Order: "quiet"}),
			brook.Emit(ledger.Moved{Account: "hex:00", Cents: int64(n), Order: "emit"}))
	}
	for _, name := range x.names {
		rows, err := x.seen.Rows(t.Context(), "accounts", inspect.RowQuery{})
		key := ""
		for _, row := range got(t, rows, err).Rows {
			if x.account(row) == name {
				key = row.Key
			}
		}
		s, err := x.seen.Story(t.Context(), "accounts", key, 0)
		got(t, s, err)
		whole := name != "a" && name != "hex:00" && name != "a/b"
		if s.Whole != whole || s.Exact != whole {
			t.Errorf("%q: whole %t, exact %t", name, s.Whole, s.Exact)
			continue
		}
		if !s.Whole {
			continue
		}
		x.story(name, &s)
	}
	// Of a shortened history only what is certain is shown.
	s, err := x.seen.Story(t.Context(), "accounts", "a", 0)
	for _, step := range got(t, s, err).Steps[1:] {
		if step.Known || step.Before != nil || len(step.Sets) > 0 {
			t.Errorf("of a shortened history a step is %+v", step)
		}
	}
	if len(s.Steps) != 6 {
		t.Errorf("the shortened history has %d steps, want 6", len(s.Steps))
	}
	s, err = x.seen.Story(t.Context(), "accounts", "a", 2)
	if got(t, s, err); len(s.Steps) != 2 || s.Earlier != 4 ||
		s.Steps[1].Event.Type != ledger.MovedType {
		t.Errorf("two steps: %+v", s)
	}
	lines, err := x.seen.Story(t.Context(), "lines", "a/8", 0)
	if got(t, lines, err); len(lines.Steps) > 0 || lines.Row.Key != "a/8" {
		t.Errorf("a row without history: %+v", lines)
	}
}

// story checks the steps of an account with three moves.
func (x *inspected) story(name string, s *inspect.Story) {
	x.Helper()
	if len(s.Steps) != 4 {
		x.Errorf("%q has %d steps, want 4", name, len(s.Steps))
		return
	}
	balance := 0
	for n, step := range s.Steps {
		balance += n
		if !step.Known || len(step.Sets) != 1 || step.Sets[0] != "Books" || step.Error != "" {
			x.Errorf("step %d of %q: %+v", n, name, step)
		}
		if n == 0 {
			if step.Before != nil || len(step.Changes) != 1 || step.Changes[0].Path != "" {
				x.Errorf("the first step of %q: %+v", name, step)
			}
			continue
		}
		c := step.Changes
		if len(c) != 2 || c[0].Path != "balance" || string(c[0].After) != fmt.Sprint(balance) ||
			string(c[0].Before) != fmt.Sprint(balance-n) || c[1].Path != "moves" {
			x.Errorf("step %d of %q changes %+v", n, name, c)
		}
		if string(step.Before) != string(s.Steps[n-1].After) {
			x.Errorf("step %d of %q begins with %s", n, name, step.Before)
		}
	}
	if string(s.Steps[3].After) != string(s.Row.Value) {
		x.Errorf("the last step of %q ends with %s", name, s.Steps[3].After)
	}
}

// InspectSwaps finds out how people came to their addresses, who swap them: each is what the other
// one's was at that time.
func InspectSwaps(t *testing.T, store brook.Store) {
	app, err := people.NewApp(brook.Config{
		Author: "people", Driver: memdriver.New(memdriver.Partitions(1)), Store: store,
		Log: slog.New(slog.DiscardHandler),
	}, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	_, err = app.PublishAll(t.Context(), slices.Values([]brook.Outgoing{
		brook.Emit(people.Joined{ID: 1, Email: "x"}), brook.Emit(people.Joined{ID: -2, Email: "y"}),
		brook.Emit(people.Swapped{A: 1, B: -2}), brook.Emit(people.Moved{ID: -2, Email: "z"}),
		brook.Emit(people.Joined{ID: 3, Email: "x"}), brook.Emit(people.Swapped{A: 3, B: -2}),
		brook.Emit(people.Swapped{A: 1, B: 3}), brook.Emit(people.Moved{ID: 3, Email: "w"}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"1": `nil>"x" "x">"y" "y">"z" `, "-2": `nil>"y" "y">"x" "x">"z" "z">"x" `,
		"3": `nil>"x" "x">"z" "z">"y" "y">"w" `,
	} {
		s, err := app.Inspect().Story(t.Context(), "people", id, 0)
		if got(t, s, err); !s.Exact || !s.Whole {
			t.Errorf("%s: exact %t, whole %t", id, s.Exact, s.Whole)
		}
		steps := ""
		for n, step := range s.Steps {
			before := "nil"
			if n > 0 && len(step.Changes) == 1 && step.Changes[0].Path == "Email" {
				before = string(step.Changes[0].Before)
			}
			var row people.Person
			if err := json.Unmarshal(step.After, &row); err != nil {
				t.Error(err)
			}
			steps += fmt.Sprintf("%s>%q ", before, row.Email)
		}
		if steps != want {
			t.Errorf("the addresses of %s were %s, want %s", id, steps, want)
		}
	}
}
