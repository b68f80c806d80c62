package brooktest

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Seed stores rows in a collection of an app without any event: whatever was at their keys is replaced, indexes find them, and
// watchers see them. Where the value carries its key and that field is zero, it is set. The events of past become the rows' history.
//
//	brooktest.Seed(t, app.Views.Users.View, map[string]shop.User{"u1": {Email: "a@b.c"}})
//
// What is seeded does not stand in the log: a rebuild, or a restart on a map store, forgets it. An error ends the test.
func Seed[K comparable, V any](t TB, view brook.View[K, V], rows map[K]V, past ...brook.Outgoing) {
	t.Helper()
	if err := engine.Seed(context.WithoutCancel(t.Context()), view, rows, past...); err != nil {
		t.Fatalf("brooktest: %v", err)
	}
}
