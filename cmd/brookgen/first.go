package main

// What init writes. PACKAGE stands for the package's name, IMPORT for its import path.

const firstPackage = `// Package PACKAGE keeps what was sold. Its types and handlers are written by hand, its brook_*_gen.go files by "go generate".
package PACKAGE

` + "//go:generate" + ` go tool brookgen

import brook "github.com/brookgen/brookgen/runtime"

// ItemSold says that some of an item were sold.
//
//brook:event item.sold
type ItemSold struct {
	Item  string ` + "`json:\"item\" brook:\"key\"`" + `
	Count int    ` + "`json:\"count\" brook:\"required\"`" + `
}

// Sales is one row of the sales view: what was sold of one item.
//
//brook:collection sales
type Sales struct {
	Item string ` + "`json:\"item\" brook:\"key\"`" + `
	Sold int    ` + "`json:\"sold\"`" + `
}

// Projection folds events into views.
type Projection struct{}

// ItemSold counts what was sold.
//
//brook:handle
func (Projection) ItemSold(e brook.Event[ItemSold]) brook.Change[string, Sales] {
	sold := e.Data // a function that captures e would take all of the event to the heap
	return brook.Merge(sold.Item, func(s *Sales) { s.Sold += sold.Count })
}
`

const firstProgram = `// Command PACKAGE publishes an event and reads the view that it is folded into.
package main

import (
	"context"
	"fmt"
	"log"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"

	"IMPORT"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	app, err := PACKAGE.NewApp(brook.Config{Author: "PACKAGE", Driver: memdriver.New(), Store: mapstore.New()}, PACKAGE.Projection{})
	if err != nil {
		return err
	}
	defer app.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- app.Run(ctx)
		cancel() // if Run failed, nobody waits for it
	}()

	pos, err := app.Publish.ItemSold(ctx, PACKAGE.ItemSold{Item: "apple", Count: 3})
	if err != nil {
		return err
	}
	if err := app.WaitFor(ctx, pos); err != nil { // until the event is in the view
		return err
	}
	sales, err := app.Views.Sales.Get("apple")
	if err != nil {
		return err
	}
	fmt.Println("apples sold:", sales.Sold)

	cancel()
	return <-done
}
`
