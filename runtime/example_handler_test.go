package brook_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
)

// A handler returns changes. A unit test applies them without an app; package brooktest has helpers
// for it.
func ExampleChange() {
	account, there := ledger.Account{}, false
	for _, c := range []brook.Change[string, ledger.Account]{
		brook.Merge("ada", func(a *ledger.Account) { a.Balance += 995 }),
		brook.Create("ada", ledger.Account{ID: "ada"}),
		brook.Merge("ada", func(a *ledger.Account) { a.Balance += 5 }),
		{}, // does nothing
		brook.Insert("ada", ledger.Account{ID: "ada", Balance: 1}), // she is there
		brook.Delete[ledger.Account]("ada"),
		brook.Modify("ada", func(a *ledger.Account) { a.Balance++ }), // she is not
	} {
		account, there = c.Apply(account, there)
		fmt.Println(c.Op(), account.Balance, there)
	}
	// Output:
	// merge 995 true
	// create 0 true
	// merge 5 true
	// discard 5 true
	// insert 5 true
	// delete 0 false
	// modify 0 false
}

// An effect is run once the changes of its handler are committed.
func ExampleEffect() {
	mails := make(chan string, 1)
	audit := &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
		return func(context.Context) error {
			mails <- fmt.Sprintf("%s got %d", e.Data.Account, e.Data.Cents)
			return nil
		}
	}}
	app := openWith(ledgerConfig(), audit,
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
	)
	defer app.Close()
	fmt.Println(<-mails)
	// Output: ada got 995
}

// A handler whose event came before one that it needs says so: the runtime calls it again when the
// row is there that it asked for in vain. As a function it just returns the error.
func ExampleEarly() {
	paid := brook.Event[parcels.Paid]{Data: parcels.Paid{Order: "o1", Cents: 995}}
	none := brooktest.View(map[string]parcels.Order{})
	_, _, _, err := (&parcels.Shop{}).Paid(paid, none)
	fmt.Println(err, errors.Is(err, brook.ErrNotFound))

	there := brooktest.View(map[string]parcels.Order{"o1": {ID: "o1", Cents: 995}})
	_, payment, _, err := (&parcels.Shop{}).Paid(paid, there)
	fmt.Println(payment.Key(), err)
	fmt.Println(brook.Early(nil))
	// Output:
	// brook: order: no value at key "o1" true
	// o1 <nil>
	// <nil>
}

// A handler that returns timers is tested without an app as well.
func ExampleTimer() {
	due := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	order := reminders.Placed{Order: "o1", Due: due}
	_, timer := reminders.Reminding{}.Placed(brook.Event[reminders.Placed]{Data: order})
	e, _ := timer.Data()
	at, set := timer.Due()
	fmt.Println(e.Order, at.Format(time.DateTime), set)

	paid := reminders.Paid{Order: "o1"}
	_, timer = reminders.Reminding{}.Paid(brook.Event[reminders.Paid]{Data: paid})
	e, _ = timer.Data()
	_, set = timer.Due()
	fmt.Println(e.Order, set) // it is cancelled
	// Output:
	// o1 2024-05-06 12:00:00 true
	// o1 false
}

// A handler that calls something that may fail for a moment asks to be called again.
func ExampleErrRetry() {
	tries := 0
	audit := &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
		if tries++; tries < 3 {
			return fmt.Errorf("%w: the bank does not answer", brook.ErrRetry)
		}
		return nil
	}}
	config := ledgerConfig()
	config.Retry = brook.Retry{Attempts: 5, Min: time.Millisecond}
	app := openWith(config, audit,
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
	)
	defer app.Close()
	notes, err := app.Views.Notes.Get("ada")
	fmt.Println(tries, notes, err)
	// Output: 3 [+995 makes 995] <nil>
}

// The history of a row has the events that made it. Generated views have methods for it.
func ExampleEvent() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 5}),
	)
	defer app.Close()
	moves, err := app.Views.Accounts.EventsOfMoved("ada")
	for _, e := range moves {
		fmt.Println(e.Type, e.Author, e.Position, e.Data.Cents)
	}
	fmt.Println(err)
	// Output:
	// money.moved ledger ledger/0/1 995
	// money.moved ledger ledger/0/2 5
	// <nil>
}

// Options are of one event. A receiver recognizes a repeat by its ID.
func ExamplePublishOption() {
	ctx := context.Background()
	app := openLedger()
	defer app.Close()
	_, err := app.Publish.Opened(ctx, ledger.Opened{Account: "ada"},
		brook.WithID("form-17"),
		brook.WithTime(time.Date(2020, 6, 8, 12, 34, 56, 0, time.UTC)),
		brook.WithHeader("traceparent",
			[]byte("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
	)
	fmt.Println(err, app.CatchUp(ctx))
	opened, err := app.Views.Accounts.EventsOfOpened("ada")
	for _, e := range opened {
		fmt.Println(e.ID, e.Time, e.Headers[0].Key)
	}
	fmt.Println(err)
	// Output:
	// <nil> <nil>
	// form-17 2020-06-08 12:34:56 +0000 UTC traceparent
	// <nil>
}

// A rebuild in which events fail that did not fail before is refused: the live views stay. Mend the
// code, or accept the dead letters.
func ExampleRebuildRefusedError() {
	ctx := context.Background()
	audit := &ledger.Audit{}
	app := openWith(ledgerConfig(), audit,
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
	)
	defer app.Close()
	audit.Do = func(context.Context, brook.Event[ledger.Moved]) error { return errors.New("a bug") }

	err := app.Rebuild(ctx)
	var refused *brook.RebuildRefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Report.Promoted, refused.Report.Failures)
	}
	fmt.Println(app.Rebuild(ctx, brook.AcceptLetters()))
	// Output:
	// false [1 × money.moved in Audit (handle: a bug)]
	// <nil>
}
