package v04

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v04", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"pot", 10_000_000_000}),
	brook.Emit(OrderPlaced{"o6", "ann", 40_000_000_000, []string{"pot", "jam"}, nil}),
	brook.Emit(PaymentCaptured{"o6", 40_000_000_000, "cash"}),
	brook.Emit(OrderPlaced{"o7", "dan", 400, []string{"tea"}, new("ring")}),
	brook.Emit(PaymentCaptured{"o7", 1, "cash"}),
}}

func open(c brook.Config) (*museum.Service, error) {
	app, err := NewApp(c, Shop{})
	if err != nil {
		return nil, err
	}
	v := app.Views
	return &museum.Service{App: app.App, Views: []museum.View{
		museum.Rows("stock", v.Stock.All, v.Stock.Events),
		museum.Rows("orders", v.Orders.All, v.Orders.Events),
		museum.Found("orders by customer", v.Orders.All, func(o Order) iter.Seq2[Order, error] {
			return v.Orders.ByCustomer(o.Customer)
		}),
		museum.Rows("methods", v.Methods.All, v.Methods.Events),
	}}, nil
}
