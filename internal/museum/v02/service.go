package v02

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v02", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"tea", 2}),
	brook.Emit(OrderPlaced{"o3", "ann", 900, []string{"pot"}, "a gift"}),
	brook.Emit(PaymentCaptured{"o2", 400, "cash"}),
	brook.Emit(PaymentCaptured{"o3", 900, "card"}),
	brook.Emit(OrderPlaced{"o4", "cid", 400, []string{"tea"}, ""}),
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
