package v03

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v03", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"jam", 4}),
	brook.Emit(OrderPlaced{"o5", "bob", 1000, []string{"jam", "jam", "tea"}, "soon"}),
	brook.Emit(PaymentCaptured{"o4", 400, "card"}),
	brook.Emit(PaymentCaptured{"o5", 1000, "card"}),
	brook.Emit(PaymentCaptured{"x3", 1, "card"}), // too early: a letter
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
