package mapstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A start that goes on from the snapshot of the process before.
func ExampleSnapshots() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	driver := memdriver.New() // in a service kafkadriver: this log ends with the process

	for range 2 {
		store := mapstore.New(mapstore.Snapshots(filepath.Join(dir, "snapshot"), time.Minute))
		app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: driver, Store: store},
			ledger.Books{}, &ledger.Audit{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(app.Views.Accounts.Len())
		if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a"}); err != nil {
			log.Fatal(err)
		}
		if err := app.CatchUp(ctx); err != nil {
			log.Fatal(err)
		}
		if err := app.Close(); err != nil {
			log.Fatal(err)
		}
		if err := store.Close(); err != nil { // writes the snapshot
			log.Fatal(err)
		}
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
}
