package v06

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v06", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"tea", 20, "harbour"}),
	brook.Emit(ItemStocked{"tea", 5, ""}),
	brook.Emit(OrderCancelled{"o9", "changed my mind"}),
	brook.Emit(OrderPlaced{"o10", "eve", 400, []string{"tea"}, nil, Address{"Main Street", "17"}}),
	brook.Emit(PaymentCaptured{"o9", 1, "cash"}), // is cancelled: a letter
}}

func open(c brook.Config) (*museum.Service, error) {
	app, err := NewApp(c, Shop{})
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
