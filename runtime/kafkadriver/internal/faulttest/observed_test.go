package faulttest_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// observed is what can be seen of an app, without what differs from run to run.
type observed struct {
	Accounts []ledger.Account
	Lines    []brook.Entry[ledger.LineKey, ledger.Line]
	Notes    map[string]ledger.Note
	ByEmail  map[string][]string
	History  map[string][]string
	Letters  []string
}

func observe(t *testing.T, app *ledger.App) observed {
	t.Helper()
	all := observed{ByEmail: map[string][]string{}, History: map[string][]string{}}
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	all.Accounts, err = app.Views.Accounts.Values()
	check(err)
	all.Notes, err = app.Views.Notes.Map()
	check(err)
	for e, err := range app.Views.Lines.All() {
		check(err)
		all.Lines = append(all.Lines, e)
	}
	for _, a := range all.Accounts {
		if all.ByEmail[a.Email] == nil {
			for b, err := range app.Views.Accounts.ByEmail(a.Email) {
				check(err)
				all.ByEmail[a.Email] = append(all.ByEmail[a.Email], b.ID)
			}
		}
		events, err := app.Views.Accounts.Events(a.ID)
		check(err)
		for _, e := range events {
			all.History[a.ID] = append(all.History[a.ID],
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

// silent is a driver that accepts what is to be published, and drops it: an app over it only looks.
type silent struct{ brook.Driver }

func (silent) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	return make([]brook.Position, len(records)), nil
}

// onePass returns what the log amounts to when nothing goes wrong.
func onePass(t *testing.T, ctx context.Context, driver brook.Driver, topic string) observed {
	t.Helper()
	app, err := ledger.NewApp(config(silent{driver}, mapstore.New(), topic),
		ledger.Books{}, audit())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	return observe(t, app)
}

// same wants what is observed of apps to equal one pass over the log, by a client that
// nothing happens to.
func same(t *testing.T, ctx context.Context, c *cluster, topic string, apps ...*instance) observed {
	t.Helper()
	want := onePass(t, ctx, c.steady(), topic)
	for n, app := range apps {
		equal(t, fmt.Sprintf("app %d: ", n), observe(t, app.App), want)
	}
	return want
}

func equal(t *testing.T, name string, got, want observed) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n%.4000s", name, brooktest.Diff(got, want))
	}
}
