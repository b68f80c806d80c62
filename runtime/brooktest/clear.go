package brooktest

import (
	"context"

	"github.com/brookgen/brookgen/runtime/engine"
)

// Clear empties the collections named, or all, of an app that tests share: rows, histories,
// indexes. It does not touch the log, what was folded stays folded, and dead letters stay: App.Drop
// removes those. It may be called while the app runs. An error ends the test.
//
//	t.Cleanup(func() { brooktest.Clear(t, app) })
func Clear(t TB, app App, collections ...string) {
	t.Helper()
	back, ok := engine.BackstageOf(app.Source())
	if !ok {
		t.Fatalf("brooktest: the source of a %T is no app's", app)
	}
	if err := back.Clear(context.WithoutCancel(t.Context()), collections...); err != nil {
		t.Fatalf("brooktest: %v", err)
	}
}
