package v08

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v08", Open: open, Story: []brook.Outgoing{
	brook.Emit(PaymentSettled{"o11", 900, "card"}),
	brook.Emit(PaymentSettled{"o10", 5, "tips"}),
	brook.Emit(PaymentSettled{"o10", 6, "tips"}),
	brook.Emit(PaymentSettled{"x1", 8, "cash"}), // waits too
	brook.Emit(OrderPlaced{"o12", "eve", 100, []string{"mug"}, nil, Address{}}),
	brook.Emit(PaymentSettled{"x5", 9, "cash"}), // too early: a letter
}}

func open(c brook.Config) (*museum.Service, error) {
	app, err := NewApp(c, Shop{}, Till{})
	if err != nil {
		return nil, err
	}
	v := app.Views
	return &museum.Service{App: app.App, Views: []museum.View{
		museum.Rows("shelves", v.Shelves.All, v.Shelves.Events),
		museum.Rows("orders", v.Orders.All, v.Orders.Events),
		museum.Found("orders by customer", v.Orders.All, func(o Order) iter.Seq2[Order, error] {
			return v.Orders.ByCustomer(o.Customer)
		}),
		museum.Rows("methods", v.Methods.All, v.Methods.Events),
	}}, nil
}
