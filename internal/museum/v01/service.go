package v01

import (
	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v01", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"tea", 5}),
	brook.Emit(ItemStocked{"pot", 3}),
	brook.Emit(OrderPlaced{"o1", "ann", 400, []string{"tea"}}),
	brook.Emit(PaymentCaptured{"o1", 400, "card"}),
	brook.Emit(PaymentCaptured{"x1", 700, "cash"}), // too early: a letter
	brook.Emit(PaymentCaptured{"x1", 50, "cash"}),  // waits behind it
	brook.Emit(OrderPlaced{"o2", "bob", 1400, []string{"tea", "pot"}}),
	brook.Emit(OrderPlaced{"x2", "bob", 100, []string{"bell"}}), // is not there: a letter
	brook.Emit(PaymentCaptured{"o2", 1000, "card"}),
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
		museum.Rows("methods", v.Methods.All, v.Methods.Events),
	}}, nil
}
