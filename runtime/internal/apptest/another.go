package apptest

import (
	"log/slog"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// AnotherApp: an app folds on and reads whatever other apps of its name are opened over the same
// Store object, before it first commits or after: of the same package, or of another one with
// rows of its own types.
func AnotherApp(t *testing.T, open func(*testing.T) brook.Store) {
	type other struct{ ID string }
	rows := &typed.Collection[string, other]{
		Name: "accounts", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
	}
	def := &engine.Definition{
		Collections: []*brook.Collection{rows.Def()},
		Lane:        func(*engine.Tx) func(*engine.Delivery) { return func(*engine.Delivery) {} },
	}
	newApp := func(c brook.Config) (*ledger.App, error) {
		return ledger.NewApp(c, ledger.Books{}, FailOnDemand())
	}
	for name, another := range map[string]func(brook.Config) (closes func() error, err error){
		"the same": func(c brook.Config) (func() error, error) {
			app, err := newApp(c)
			return app.Close, err
		},
		"another package": func(c brook.Config) (func() error, error) {
			app, err := engine.NewApp(c, def)
			return app.Close, err
		},
	} {
		for _, closes := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				c := brook.Config{Author: "ledger", Driver: memdriver.New(), Store: open(t),
					Log:   slog.New(slog.DiscardHandler),
					Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Millisecond}}
				app, err := newApp(c)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = app.Close() }() // what it returns is tested elsewhere
				for _, account := range []string{"a", "b"} {
					end, err := another(c)
					if err != nil {
						t.Fatal(err)
					}
					if !closes {
						defer func() { _ = end() }()
					} else if err := end(); err != nil {
						t.Fatal(err)
					}
					opened := ledger.Opened{Account: account}
					if _, err := app.Publish.Opened(t.Context(), opened); err != nil {
						t.Fatal(err)
					}
					if err := app.CatchUp(t.Context()); err != nil {
						t.Fatal(err)
					}
					if a, err := app.Views.Accounts.Get(account); err != nil || a.ID != account {
						t.Errorf("account %s: %+v, %v", account, a, err)
					}
				}
			})
		}
	}
}
