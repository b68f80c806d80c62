// Quickstart runs the shop of package shop on an in-memory log and an in-memory store: it publishes
// events, waits until they are in the views, reads these in every way, and has an order fail and
// succeed later.
//
// Of a log with several partitions the shop folds all in one lane, in the order of time: no two
// users may have one email, which only one lane can tell. "brookgen -v" says so.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"github.com/brookgen/brookgen/examples/quickstart/shop"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	app, err := shop.NewApp(brook.Config{
		Author: "shop",
		Driver: memdriver.New(), // Kafka, in earnest
		Store:  mapstore.New(),  // Badger or Redis, where views shall outlive the process
		// A user may turn up after an order of hers. The default is that later events of the same
		// key wait behind a failed one; here they go on.
		OnFailure: brook.GoOn,
		Log:       slog.New(slog.DiscardHandler),
	}, shop.Projection{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- app.Run(ctx)
		cancel() // if Run failed, nobody waits for it
	}()
	defer func() {
		cancel()
		err = errors.Join(err, <-done, app.Close())
	}()

	if err := sell(ctx, app); err != nil {
		return err
	}
	if err := look(app.Views); err != nil {
		return err
	}
	return fail(ctx, app)
}

// sell publishes events and waits for the last one: what is published is read only once it is
// applied.
func sell(ctx context.Context, app *shop.App) error {
	fmt.Println("Publish: one user, two orders.")
	if _, err := app.Publish.UserRegistered(ctx, shop.UserRegistered{ID: "ada", Email: "ada@example.com"}); err != nil {
		return err
	}
	if _, err := app.Publish.OrderPlaced(ctx, shop.OrderPlaced{OrderID: "o1", UserID: "ada", Cents: 995}); err != nil {
		return err
	}
	pos, err := app.Publish.OrderPlaced(ctx, shop.OrderPlaced{OrderID: "o2", UserID: "ada", Cents: 2450})
	if err != nil {
		return err
	}
	return app.WaitFor(ctx, pos)
}

// look reads the views by key, by index, and by history.
func look(views shop.Views) error {
	user, err := views.Users.Get("ada")
	if err != nil {
		return err
	}
	fmt.Printf("\nUsers.Get(\"ada\"):\n  %+v\n", user)

	user, err = views.Users.ByEmail("ada@example.com")
	if err != nil {
		return err
	}
	fmt.Printf("\nUsers.ByEmail(\"ada@example.com\"):\n  %+v\n", user)

	fmt.Println("\nOrders.ByUserID(\"ada\"):")
	for order, err := range views.Orders.ByUserID("ada") {
		if err != nil {
			return err
		}
		fmt.Printf("  %+v\n", order)
	}

	fmt.Println("\nUsers.Events(\"ada\"), the events that made her what she is:")
	events, err := views.Users.Events("ada")
	if err != nil {
		return err
	}
	for _, e := range events {
		switch d := e.Data.(type) {
		case shop.UserRegistered:
			fmt.Printf("  %s: %s\n", e.Type, d.Email)
		case shop.OrderPlaced:
			fmt.Printf("  %s: %s for %d.%02d\n", e.Type, d.OrderID, d.Cents/100, d.Cents%100)
		}
	}
	return nil
}

// fail publishes an order of a user who is not known. Nothing is lost: the order is a dead letter
// until she is.
func fail(ctx context.Context, app *shop.App) error {
	fmt.Println("\nPublish: an order of bob, whom nobody knows.")
	pos, err := app.Publish.OrderPlaced(ctx, shop.OrderPlaced{OrderID: "o3", UserID: "bob", Cents: 100})
	if err != nil {
		return err
	}
	if err := app.WaitFor(ctx, pos); !errors.Is(err, brook.ErrDeadLetter) {
		return fmt.Errorf("the order of an unknown user gives %w", err)
	}
	for letter, err := range app.DeadLetters() {
		if err != nil {
			return err
		}
		fmt.Printf("  dead letter: %s: %s\n", letter.Type, letter.Error)
	}

	fmt.Println("\nPublish: bob. Then Redrive.")
	pos, err = app.Publish.UserRegistered(ctx, shop.UserRegistered{ID: "bob", Email: "bob@example.com"})
	if err != nil {
		return err
	}
	if err := app.WaitFor(ctx, pos); err != nil {
		return err
	}
	applied, err := app.Redrive(ctx, nil)
	if err != nil {
		return err
	}
	user, err := app.Views.Users.Get("bob")
	if err != nil {
		return err
	}
	fmt.Printf("  redriven: %d\n  Users.Get(\"bob\"): %+v\n", applied, user)
	return nil
}
