package v07

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v07", Open: open, Story: []brook.Outgoing{
	brook.Emit(PaymentCaptured{"o10", 400, "card"}),
	brook.Emit(PaymentCaptured{"o10", 20, "tips"}),
	brook.Emit(PaymentCaptured{"x1", 7, "cash"}), // waits behind the letter of before
	brook.Emit(ItemStocked{"mug", 3, ""}),
	brook.Emit(OrderPlaced{"x4", "ann", 10, []string{"hat"}, nil, Address{}}), // is not there: a letter
	brook.Emit(OrderPlaced{"o11", "ann", 900, []string{"mug"}, new("blue"), Address{}}),
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
