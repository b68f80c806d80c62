package brook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A handler asks for jobs as a result, and a worker does each after the commit: package errands has
// a mail sent. What the worker publishes is folded.
func ExampleDo() {
	ctx := context.Background()
	mailer := &errands.Mailer{Mail: func(_ context.Context, j brook.Job[errands.SendMail]) error {
		fmt.Println("a mail to", j.Data.To, "about", j.Data.Order)
		return nil
	}}
	app := brook.Must(errands.NewApp(brook.Config{
		Author: "shop", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler),
	}, mailer, errands.Desk{}))
	defer app.Close()
	brook.Must(app.Publish.Placed(ctx, errands.Placed{Order: "o1", User: "ada", Mails: 1}))
	fmt.Println(app.CatchUp(ctx))
	fmt.Println(brook.Must(app.Views.Orders.Get("o1")).Sent)

	mail, asked := brook.Do(errands.SendMail{To: "ada", Order: "o1"}).Data() // in a unit test
	fmt.Println(mail.To, asked)
	// Output:
	// a mail to ada about o1
	// <nil>
	// [0]
	// ada true
}

// A handler that fails publishes that it did: package errands says that an order was refused.
func ExampleFailWith() {
	sold := brooktest.Event(errands.Placed{Order: "o1", User: "ada", Mails: 1, Fail: "sold out"})
	_, _, _, _, err := errands.Desk{}.Placed(sold)
	fmt.Println(err)

	soldOut := errors.New("sold out")
	err = brook.FailWith(soldOut, brook.Emit(errands.Refused{Refusal: "no o1"}))
	fmt.Println(err, errors.Is(err, soldOut))
	fmt.Println(brook.FailWith(nil))
	// Output:
	// order o1: sold out
	// sold out true
	// <nil>
}
