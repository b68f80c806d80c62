package v11

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"

	"github.com/brookgen/brookgen/internal/museum"
)

// Version is the shop for the museum.
var Version = museum.Version{Name: "v11", Open: open, Story: []brook.Outgoing{
	brook.Emit(PaymentSettled{"o15", 50, "EUR"}),
	brook.Emit(OrderPlaced{"o15", "fay", 100, []Line{{"jam", 2}}, new("early"), Address{}}),
	brook.Emit(PaymentSettled{"o15", 50, "EUR"}),
	brook.Emit(OrderCancelled{"o14", "broken"}),
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
		museum.Rows("customers", v.Customers.All, v.Customers.Events),
	}}, nil
}
