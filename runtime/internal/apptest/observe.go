package apptest

import (
	"fmt"
	"reflect"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// Observed is what can be seen of a ledger, without what differs when it was stopped in between.
type Observed struct {
	Accounts []ledger.Account
	Lines    []brook.Entry[ledger.LineKey, ledger.Line]
	Notes    map[string]ledger.Note
	ByEmail  map[string][]string // IDs of accounts, by address
	History  map[string][]string // by account, also of those that are gone
	Letters  []string
}

// Observe reads all views, the index, histories and dead letters of an app. Histories and addresses
// are those of the accounts that exist, and of "0" to "9", which may be gone.
func Observe(t testing.TB, app *ledger.App) Observed {
	t.Helper()
	all := Observed{ByEmail: map[string][]string{}, History: map[string][]string{}}
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	all.Accounts, err = brook.Values(app.Views.Accounts.All())
	check(err)
	all.Notes, err = brook.Map(app.Views.Notes.All())
	check(err)
	for e, err := range app.Views.Lines.All() {
		check(err)
		all.Lines = append(all.Lines, e)
	}
	ids, emails := map[string]bool{}, map[string]bool{}
	for i := range 10 {
		ids[fmt.Sprint(i)], emails[fmt.Sprint(i)] = true, true
	}
	for _, a := range all.Accounts {
		ids[a.ID], emails[a.Email] = true, true
	}
	for email := range emails {
		for a, err := range app.Views.Accounts.ByEmail(email) {
			check(err)
			all.ByEmail[email] = append(all.ByEmail[email], a.ID)
		}
	}
	for id := range ids {
		events, err := app.Views.Accounts.Events(id)
		check(err)
		for _, e := range events {
			all.History[id] = append(all.History[id],
				fmt.Sprintf("%s %s %v", e.Position, e.Type, e.Data))
		}
	}
	for l, err := range app.DeadLetters() {
		check(err)
		all.Letters = append(all.Letters,
			fmt.Sprint(l.Position, " ", l.Stage, " ", l.Set, " ", l.Error, " ", l.Attempts))
	}
	return all
}

// Same wants what was observed of an app to equal want, field by field.
func Same(t testing.TB, got, want Observed) {
	t.Helper()
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s\n got %.2000v\nwant %.2000v", a.Type().Field(i).Name,
				a.Field(i), b.Field(i))
		}
	}
}
