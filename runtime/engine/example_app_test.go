package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Package ledger stands for your own annotated package: brookgen generated ledger.NewApp, which
// takes one argument per handler set.
func exampleConfig() brook.Config {
	return brook.Config{
		Author: "ledger",
		Driver: memdriver.New(),
		Store:  mapstore.New(),
		Log:    slog.New(slog.DiscardHandler),
	}
}

// openLedger opens an app and has it fold some events.
func openLedger(events ...brook.Outgoing) *ledger.App {
	app := brook.Must(ledger.NewApp(exampleConfig(), ledger.Books{}, &ledger.Audit{}))
	brook.Must(app.PublishAll(context.Background(), slices.Values(events)))
	if err := app.CatchUp(context.Background()); err != nil {
		panic(err)
	}
	return app
}

// Run an app beside the rest of a program, publish, read what was written, and end in order.
func ExampleApp() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	app, err := ledger.NewApp(exampleConfig(), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()

	pos, err := app.Publish.Opened(ctx, ledger.Opened{Account: "ada", Email: "ada@example.com"})
	if err == nil {
		err = app.WaitFor(ctx, pos) // until the views show it
	}
	account, missing := app.Views.Accounts.Get("ada")
	fmt.Println(account.Email, err, missing)

	stop()
	fmt.Println(<-done, app.Close())
	// Output:
	// ada@example.com <nil> <nil>
	// <nil> <nil>
}

// A program that ends by itself folds what the log holds, and goes on.
func ExampleApp_CatchUp() {
	ctx := context.Background()
	app := openLedger()
	defer app.Close()
	_, err := app.PublishAll(ctx, slices.Values([]brook.Outgoing{
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
	}))
	fmt.Println(err)

	fmt.Println(app.CatchUp(ctx))
	account, err := app.Views.Accounts.Get("ada")
	fmt.Println(account.Balance, err)
	// Output:
	// <nil>
	// <nil>
	// 995 <nil>
}

// Nothing is lost if a handler fails: the event is a dead letter, and so is what waits behind it.
func ExampleApp_DeadLetters() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "bob", Cents: 5}), // whom nobody knows
		brook.Emit(ledger.Moved{Account: "ada", Cents: 7}),
	)
	defer app.Close()
	for letter, err := range app.DeadLetters() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s of %s in %s: %s\n", letter.Type, letter.Key, letter.Set, letter.Error)
	}
	// Output:
	// money.moved of bob in Audit: brook: accounts: no value at key "bob"
	// money.moved of bob in Books: brook: accounts: no value at key "bob"
}

// Put right what made an event fail, and redrive it. What is published for the same key would wait
// behind the letter; Process waits for nobody.
func ExampleApp_Redrive() {
	ctx := context.Background()
	app := openLedger(brook.Emit(ledger.Moved{Account: "bob", Cents: 5})) // whom nobody knows
	defer app.Close()
	if err := app.Process.Opened(ctx, ledger.Opened{Account: "bob"}); err != nil {
		fmt.Println(err)
		return
	}

	bobs := func(l brook.DeadLetter) bool { return string(l.Key) == "bob" }
	applied, err := app.Redrive(ctx, bobs) // nil: all
	fmt.Println("applied:", applied, err)
	account, err := app.Views.Accounts.Get("bob")
	fmt.Println("balance:", account.Balance, err)
	// Output:
	// applied: 2 <nil>
	// balance: 5 <nil>
}

// Drop gives up events that nobody can mend, and lets go on what waited behind them.
func ExampleApp_Drop() {
	app := openLedger(brook.Emit(ledger.Moved{Account: "bob", Cents: 5})) // whom nobody knows
	defer app.Close()
	moves := func(l brook.DeadLetter) bool { return l.Type == ledger.MovedType }
	dropped, err := app.Drop(context.Background(), moves)
	fmt.Println(dropped, err)
	// Output: 2 <nil>
}

// Rebuild makes the views anew from the log, while readers see those that there are. The hook is
// told what came of it.
func ExampleApp_Rebuild() {
	ctx := context.Background()
	config := exampleConfig()
	config.Hooks.Rebuilt = func(r brook.RebuildReport) {
		fmt.Println("promoted:", r.Promoted, "dead letters:", r.Letters)
	}
	app, err := ledger.NewApp(config, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()
	published := brook.Must(app.Publish.Opened(ctx, ledger.Opened{Account: "ada"}))
	fmt.Println(published, app.CatchUp(ctx))
	// In the views, and not in the log.
	fmt.Println(app.Process.Opened(ctx, ledger.Opened{Account: "by hand"}))
	fmt.Println(app.Views.Accounts.Len())

	fmt.Println(app.Rebuild(ctx))
	fmt.Println(app.Views.Accounts.Len())
	// Output:
	// ledger/0/0 <nil>
	// <nil>
	// 2 <nil>
	// promoted: true dead letters: 0
	// <nil>
	// 1 <nil>
}

// Look at what a rebuild would change. Here, something was applied beside the log.
func ExampleApp_Preview() {
	ctx := context.Background()
	app := openLedger(brook.Emit(ledger.Opened{Account: "ada"}))
	defer app.Close()
	fmt.Println(app.Process.Opened(ctx, ledger.Opened{Account: "bob"}))

	diff, err := app.Preview(ctx)
	fmt.Println(diff, err)
	// Output:
	// <nil>
	// accounts: 0 added, 1 removed, 0 changed, 1 equal
	//   "bob": {"id":"bob","email":"","balance":0,"moves":0,"tags":null} → no row <nil>
}

// Decide about a rebuild by what it would change.
func ExampleApp_Rebuild_review() {
	ctx := context.Background()
	app := openLedger(brook.Emit(ledger.Opened{Account: "ada"}))
	defer app.Close()
	fmt.Println(app.Process.Opened(ctx, ledger.Opened{Account: "bob"}))

	err := app.Rebuild(ctx, brook.Review(func(d brook.Diff) error {
		if accounts := d.Collections[0]; accounts.Removed > 0 {
			return fmt.Errorf("%d accounts would be gone", accounts.Removed)
		}
		return nil
	}))
	fmt.Println(err)
	// Output:
	// <nil>
	// brook: rebuild ledger: the review keeps the live views: 1 accounts would be gone
}

// See how a row came to be what it is, without its Go type.
func ExampleApp_Inspect() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada", Email: "ada@example.com"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
	)
	defer app.Close()

	story, err := app.Inspect().Story(context.Background(), "accounts", "ada", 0)
	for _, step := range story.Steps {
		fmt.Println(step.Event.Type, step.Sets)
		for _, c := range step.Changes {
			fmt.Printf("  %s: %s > %s\n", c.Path, []byte(c.Before), []byte(c.After))
		}
	}
	fmt.Println(story.Exact, err)
	// Output:
	// account.opened [Books]
	//   :  > {"id":"ada","email":"ada@example.com","balance":0,"moves":0,"tags":null}
	// money.moved [Books]
	//   balance: 0 > 995
	//   moves: 0 > 1
	// true <nil>
}
