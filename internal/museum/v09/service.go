package v09

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v09", Open: open, Story: []brook.Outgoing{
	brook.Emit(ItemStocked{"cup", map[string]int64{"main": 6, "harbour": 7}}),
	brook.Emit(OrderPlaced{"o13", "dan", 600, []Line{{"cup", 4}, {"tea", 2}}, new("soon"), Address{"Quay", "1"}}),
	brook.Emit(PaymentSettled{"o13", 600, "card"}),
	brook.Emit(OrderPlaced{"x6", "dan", 600, []Line{{"hat", 1}}, nil, Address{}}), // is not there: a letter
	brook.Emit(PaymentSettled{"o12", 100, "card"}),
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
