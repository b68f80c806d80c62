package badgerstore_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A store that is restored of a backup holds what the app had folded when that was made. The app
// goes on from there.
func ExampleRestore() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	driver := memdriver.New()
	open := func(name string) (*badgerstore.Store, *ledger.App) {
		store, err := badgerstore.Open(filepath.Join(dir, name))
		if err != nil {
			log.Fatal(err)
		}
		app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: driver, Store: store},
			ledger.Books{}, &ledger.Audit{})
		if err != nil {
			log.Fatal(err)
		}
		return store, app
	}
	opened := func(app *ledger.App, account string) {
		if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: account}); err != nil {
			log.Fatal(err)
		}
	}

	store, app := open("views")
	opened(app, "a")
	if err := app.CatchUp(ctx); err != nil {
		log.Fatal(err)
	}
	var backup bytes.Buffer // in a service a file
	if err := app.Backup(ctx, &backup); err != nil {
		log.Fatal(err)
	}
	opened(app, "b")
	if err := app.Close(); err != nil {
		log.Fatal(err)
	}
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}

	if err := badgerstore.Restore(ctx, &backup, filepath.Join(dir, "restored")); err != nil {
		log.Fatal(err)
	}
	store, app = open("restored")
	defer store.Close()
	defer app.Close()
	before, err := app.Views.Accounts.Len()
	if err != nil {
		log.Fatal(err)
	}
	if err := app.CatchUp(ctx); err != nil {
		log.Fatal(err)
	}
	after, err := app.Views.Accounts.Len()
	fmt.Println(before, after, err)
	// Output: 1 2 <nil>
}
