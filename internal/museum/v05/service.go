package v05

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v05", Open: open, Story: []brook.Outgoing{
	brook.Emit(OrderPlaced{"o8", "eve", 700, []string{"pot"}, nil, Address{"Main Street", "17"}}),
	brook.Emit(PaymentCaptured{"o7", 399, "card"}),
	brook.Emit(PaymentCaptured{"o8", 100, "card"}),
	brook.Emit(PaymentCaptured{"o8", 200, "card"}),
	brook.Emit(OrderPlaced{"o9", "bob", 400, []string{"jam"}, new(""), Address{}}),
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
