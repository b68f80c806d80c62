// Package turnover is the report of package v2 beside it, with a mistake: the sum of an order leaves
// out how many of an article were ordered.
package turnover

import (
	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

//go:generate go tool brookgen

// Customer is one row of the turnover view.
//
//brook:collection turnover
type Customer struct {
	ID     string `json:"id" brook:"key"`
	Orders int    `json:"orders"`
	Cents  int64  `json:"cents"`
}

// Report folds orders.
type Report struct{}

//brook:handle
func (Report) OrderPlaced(e brook.Event[sales.OrderPlaced]) brook.Change[string, Customer] {
	var cents int64
	for _, l := range e.Data.Lines {
		cents += l.Cents
	}
	return brook.Merge(e.Data.Customer, func(c *Customer) { c.Orders++; c.Cents += cents })
}
