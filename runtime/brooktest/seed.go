package brooktest

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Seed stores rows in a collection of an app without any event: it replaces what was at their keys,
// indexes find them, and watchers see them. If the value carries its key and that field is zero, it
// is set. The events of past become the rows' history.
//
//	brooktest.Seed(t, app.Views.Users.View, map[string]shop.User{"u1": {Email: "a@b.c"}})
//
// Seeded rows are not in the log: a rebuild, or a restart on a map store, loses them. An
// error ends the test.
func Seed[K comparable, V any](t TB, view brook.View[K, V], rows map[K]V, past ...brook.Outgoing) {
	t.Helper()
	if err := engine.Seed(context.WithoutCancel(t.Context()), view, rows, past...); err != nil {
		t.Fatalf("brooktest: %v", err)
	}
}
