package apptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
)

// compare wants the app to show what the model does.
func (r *random) compare() {
	r.t.Helper()
	if got := r.seen(); !reflect.DeepEqual(got, r.model.shown) {
		r.t.Errorf("views:\n%s", brooktest.Diff(got, r.model.shown))
	}
	r.compareIndex()
	var got, want []string
	for l, err := range r.DeadLetters() {
		if err != nil {
			r.t.Fatal(err)
		}
		got = append(got,
			fmt.Sprint(modelLetter{l.Position.Offset, l.Set, l.Stage, string(l.Key), l.Attempts,
				l.Silent, ""}))
	}
	for _, l := range r.model.letters {
		l.owes = "" // which can't be seen
		want = append(want, fmt.Sprint(l))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("letters:\n got %v\nwant %v", got, want)
	}
	emitted := map[string]bool{}
	for _, record := range r.log() {
		if _, id, emission := read(record); emission {
			emitted[withoutLog(id)] = true
		}
	}
	if !maps.Equal(emitted, r.model.emitted) {
		r.t.Errorf("emissions:\n got %v\nwant %v", slices.Sorted(maps.Keys(emitted)),
			slices.Sorted(maps.Keys(r.model.emitted)))
	}
}

// seen reads the views.
func (r *random) seen() shown {
	r.t.Helper()
	check := func(err error) {
		if err != nil {
			r.t.Helper()
			r.t.Fatal(err)
		}
	}
	s := newModel().shown
	var err error
	s.Accounts, err = brook.Map(r.Views.Accounts.All())
	check(err)
	s.Lines, err = brook.Map(r.Views.Lines.All())
	check(err)
	s.Notes, err = brook.Map(r.Views.Notes.All())
	check(err)
	for id := range s.Accounts {
		events, err := r.Views.Accounts.Events(id)
		check(err)
		for _, e := range events {
			s.OfAccounts[id] = append(s.OfAccounts[id], entry(e.Position, e.Type))
		}
	}
	for id := range s.Notes {
		events, err := r.Views.Notes.Events(id)
		check(err)
		for _, e := range events {
			s.OfNotes[id] = append(s.OfNotes[id], entry(e.Position, e.Type))
		}
	}
	return s
}

// entry is an event as the model has it in histories.
func entry(at brook.Position, typ string) string {
	if at.IsZero() {
		return "-1 " + typ
	}
	return fmt.Sprint(at.Offset, " ", typ)
}

// compareIndex wants each account to be found by its address alone.
func (r *random) compareIndex() {
	r.t.Helper()
	byEmail, got := map[string][]string{}, map[string][]string{}
	for id, a := range r.model.shown.Accounts {
		if a.Email != "" {
			byEmail[a.Email] = append(byEmail[a.Email], id)
		}
	}
	for i := range 4 {
		email := fmt.Sprint(i)
		slices.Sort(byEmail[email])
		for a, err := range r.Views.Accounts.ByEmail(email) {
			if err != nil {
				r.t.Fatal(err)
			}
			got[email] = append(got[email], a.ID)
		}
	}
	if !reflect.DeepEqual(got, byEmail) {
		r.t.Errorf("accounts by address: %v, want %v", got, byEmail)
	}
}

// rows returns how many rows a table of the app has, and the value of the last.
func (r *random) rows(table string) (n int, last []byte) {
	r.t.Helper()
	t, err := r.store.Table(r.ctx, brook.TableSpec{Name: "ledger/" + table})
	if err != nil {
		r.t.Fatal(err)
	}
	for row, err := range r.store.Latest().Scan(r.ctx, t, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		n++
		last, _ = row.Value.Data.([]byte)
	}
	return n, last
}

// generation reads the number of the live generation.
func (r *random) generation() int {
	r.t.Helper()
	var state struct{ Generation int }
	_, data := r.rows("state")
	if err := json.Unmarshal(data, &state); err != nil {
		r.t.Fatal(err)
	}
	return state.Generation
}

// nothingLeft wants no rows of generations that are no longer live, nor emissions
// that are published.
func (r *random) nothingLeft() {
	r.t.Helper()
	live := r.generation()
	tables := []string{"outbox", fmt.Sprint(live, "/owed")}
	for g := range live + 3 {
		if g == live {
			continue
		}
		for _, table := range strings.Fields("rows/accounts rows/lines rows/notes " +
			"index/accounts/Email positions letters folded dropped owed shapes") {
			tables = append(tables, fmt.Sprint(g, "/", table))
		}
	}
	for _, table := range tables {
		if n, _ := r.rows(table); n > 0 {
			r.t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

// withoutLog leaves the identity of the cause's log out of an emission's ID, name/log/topic/…,
// which is another one on every run.
func withoutLog(id string) string {
	name, rest, _ := strings.Cut(id, "/")
	_, rest, _ = strings.Cut(rest, "/")
	return name + "/" + rest
}
