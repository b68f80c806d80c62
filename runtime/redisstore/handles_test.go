package redisstore_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// An app folds on and reads whatever other apps of its name are opened over the same Store
// object, before it first commits or after: of the same package, or of another one with
// rows of its own types.
func TestAnotherAppOfTheNameDisturbsNobody(t *testing.T) {
	type other struct{ ID string }
	rows := &brook.Collection[string, other]{
		Name: "accounts", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
	}
	def := &engine.Definition{
		Collections: []brook.AnyCollection{rows},
		Lane:        func(*engine.Tx) func(*engine.Delivery) { return func(*engine.Delivery) {} },
	}
	for name, another := range map[string]func(t *testing.T, c brook.Config) (closes func() error){
		"the same": func(t *testing.T, c brook.Config) func() error {
			return newApp(t, c.Driver, c.Store).Close
		},
		"another package": func(t *testing.T, c brook.Config) func() error {
			app, err := engine.NewApp(c, def)
			if err != nil {
				t.Fatal(err)
			}
			return app.Close
		},
	} {
		for _, closes := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				d, s := memdriver.New(), open(t, client(t), apart(t))
				app := newApp(t, d, s)
				defer app.Close()
				for _, account := range []string{"a", "b"} {
					if end := another(t, config(d, s)); closes {
						if err := end(); err != nil {
							t.Fatal(err)
						}
					} else {
						defer end()
					}
					if _, err := app.Publish.Opened(t.Context(),
						ledger.Opened{Account: account}); err != nil {
						t.Fatal(err)
					}
					caughtUp(t, app)
					if a, err := app.Views.Accounts.Get(account); err != nil || a.ID != account {
						t.Errorf("account %s: %+v, %v", account, a, err)
					}
				}
			})
		}
	}
}
