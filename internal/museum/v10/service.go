package v10

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v10", Open: open, Story: []brook.Outgoing{
	brook.Emit(OrderPlaced{"o14", "fay", 100, []Line{{"cup", 1}}, nil, Address{}}),
	brook.Emit(PaymentSettled{"o14", 110, "cash", "USD"}),
	brook.Emit(PaymentSettled{"o13", 1, "cash", ""}),
	brook.Emit(ItemStocked{"jam", map[string]int64{"main": 30}}),
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
