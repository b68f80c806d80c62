package badgerstore_test

import (
	"context"
	"fmt"
	"log"
	"os"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// An app over a store in a directory.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	store, err := badgerstore.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close() // after the app
	app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: memdriver.New(), Store: store},
		ledger.Books{}, &ledger.Audit{})
	if err != nil {
		log.Fatal(err)
	}
	defer app.Close()
	if _, err := app.Publish.Opened(ctx,
		ledger.Opened{Account: "a", Email: "a@example.org"}); err != nil {
		log.Fatal(err)
	}
	if err := app.CatchUp(ctx); err != nil {
		log.Fatal(err)
	}
	account, err := app.Views.Accounts.Get("a")
	fmt.Println(account.Email, err)
	// Output: a@example.org <nil>
}

// Looking into a store from outside of its app.
func ExampleReadOnly() {
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store, err := badgerstore.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	colors, err := store.Table(ctx, brook.TableSpec{Name: "colors"})
	if err != nil {
		log.Fatal(err)
	}
	err = store.Commit(ctx, &brook.Batch{Writes: []brook.Write{
		{Table: colors, Key: []byte("sky"), Value: []byte("blue")},
		{Table: colors, Key: []byte("grass"), Value: []byte("green")},
	}})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}

	store, err = badgerstore.Open(dir, badgerstore.ReadOnly())
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	for _, name := range store.Tables() {
		// without a codec: bytes as they are stored
		table, err := store.Table(ctx, brook.TableSpec{Name: name})
		if err != nil {
			log.Fatal(err)
		}
		for row, err := range store.Latest().Scan(ctx, table, nil, nil) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s %s %s\n", name, row.Key, row.Value.Data)
		}
	}
	// Output:
	// colors grass green
	// colors sky blue
}
