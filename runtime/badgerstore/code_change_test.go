package badgerstore_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1b"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// What code made the views is known after the store was opened anew: the next version tells of it,
// rebuilds, and the version before gets its views back.
func TestCodeChange(t *testing.T) {
	dir, driver := t.TempDir(), memdriver.New()
	// start opens the store, folds the log with a version, and returns the cents of a.
	start := func(version int, policy brook.CodeChangePolicy, order string) (cents int64, log string, returned bool) {
		t.Helper()
		store, err := badgerstore.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		c := brook.Config{
			Author: "ledger", Driver: driver, Store: store, OnCodeChange: policy,
			Log: slog.New(slog.NewTextHandler(&text, nil)),
		}
		c.Hooks.Rebuilt = func(r brook.RebuildReport) { returned = r.Returned }
		first, err := v1.NewApp(c, v1.Orders{})
		if err != nil {
			t.Fatal(err)
		}
		if order != "" {
			if _, err = first.Publish.Placed(t.Context(), v1.Placed{User: "a", Order: order, Cents: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if version == 1 {
			err = first.CatchUp(t.Context())
			cents = brook.Must(first.Views.Users.Get("a")).Cents
		} else {
			second, openErr := v1b.NewApp(c, v1b.Orders{})
			if openErr != nil {
				t.Fatal(openErr)
			}
			err = second.CatchUp(t.Context())
			cents = brook.Must(second.Views.Users.Get("a")).Cents
			err = errors.Join(err, second.Close())
		}
		if err := errors.Join(err, first.Close(), store.Close()); err != nil {
			t.Fatal(err)
		}
		return cents, text.String(), returned
	}
	start(1, brook.Tell, "one")
	cents, log, _ := start(2, brook.Tell, "")
	if cents != 1 || !strings.Contains(log, "users: Orders.Placed changed") {
		t.Errorf("told: %d cents\n%s", cents, log)
	}
	if cents, log, _ := start(2, brook.RebuildStale, ""); cents != 2 {
		t.Errorf("rebuilt: %d cents\n%s", cents, log)
	}
	if cents, log, returned := start(1, brook.Tell, "two"); cents != 2 || !returned {
		t.Errorf("the way back: %d cents, returned: %t\n%s", cents, returned, log)
	}
}
