package brook_test

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

func ExampleView() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Opened{Account: "bob"}),
	)
	defer app.Close()
	accounts := app.Views.Accounts

	_, err := accounts.Get("eve")
	fmt.Println(err, errors.Is(err, brook.ErrNotFound))
	fmt.Println(accounts.Len())
	for entry, err := range accounts.All() { // in key order
		fmt.Println(entry.Key, entry.Value.ID, err)
	}
	// Output:
	// brook: accounts: no value at key "eve" true
	// 2 <nil>
	// ada ada <nil>
	// bob bob <nil>
}

// A page of a collection: the keys from one on, until there are enough.
func ExampleView_Range() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Opened{Account: "bob"}),
		brook.Emit(ledger.Opened{Account: "cyd"}),
		brook.Emit(ledger.Opened{Account: "dan"}),
	)
	defer app.Close()
	page := []string{}
	for entry, err := range app.Views.Accounts.Range("bob", "dan") { // half open
		if err != nil || len(page) == 50 {
			break
		}
		page = append(page, entry.Key)
	}
	fmt.Println(page)
	// Output: [bob cyd]
}

// The first field of a composite key leads to all that is below it.
func ExampleView_Prefix() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 995}),
		brook.Emit(ledger.Moved{Account: "ada", Cents: 5}),
	)
	defer app.Close()
	for line, err := range app.Views.Lines.Prefix(ledger.LineKey{Account: "ada"}, 1) {
		fmt.Println(line.Key.Number, line.Value.Cents, line.Value.Balance, err)
	}
	// Output:
	// 1 995 995 <nil>
	// 2 5 1000 <nil>
}

// An index reads a collection by a field that is tagged with brook:"index". A handler asks for it with a parameter.
func ExampleIndex() {
	app := openLedger(
		brook.Emit(ledger.Opened{Account: "a1", Email: "ada@example.com"}),
		brook.Emit(ledger.Opened{Account: "a2", Email: "ada@example.com"}),
		brook.Emit(ledger.Opened{Account: "b1", Email: "bob@example.com"}),
	)
	defer app.Close()
	byEmail := app.Views.Accounts.EmailIndex()

	first, err := byEmail.Get("ada@example.com")
	fmt.Println(first.Key, err)
	for account, err := range app.Views.Accounts.ByEmail("ada@example.com") { // the same as byEmail.Values
		fmt.Println(account.ID, err)
	}
	_, err = byEmail.Get("eve@example.com")
	fmt.Println(errors.Is(err, brook.ErrNotFound))
	// Output:
	// a1 <nil>
	// a1 <nil>
	// a2 <nil>
	// true
}

// Watch one row. Generated views have a method for it: app.Views.Accounts.Watch(ctx, "ada").
func ExampleWatch() {
	ctx := context.Background()
	app := openLedger(brook.Emit(ledger.Opened{Account: "ada"}))
	defer app.Close()
	cents := []int64{995, 5}
	for update, err := range brook.Watch(ctx, app.Views.Accounts.View, "ada") { // as it is, and again after each change
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(update.Present, update.Value.Balance)
		if len(cents) == 0 {
			break // or go on until ctx ends
		}
		if err := app.Process.Moved(ctx, ledger.Moved{Account: "ada", Cents: cents[0]}); err != nil {
			fmt.Println(err)
		}
		cents = cents[1:]
	}
	// Output:
	// true 0
	// true 995
	// true 1000
}

// Hear of every change of a collection. Where Missed is set, read again what you keep.
func ExampleChanges() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	app := openLedger()
	defer app.Close()
	changes := app.Views.Accounts.Changes(ctx) // from here on

	fmt.Println(app.Process.Opened(ctx, ledger.Opened{Account: "ada"}), app.Process.Closed(ctx, ledger.Closed{Account: "bob"}))
	for update, err := range changes {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(update.Key, update.Present, update.Missed)
		break
	}
	// Output:
	// <nil> <nil>
	// ada true false
}
