// Package relay is an app of two topics, one for each of its events: what it hears on the first it
// passes on to the second, and hears again.
package relay

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Placed says that something was ordered.
//
//brook:event order.placed topic=orders
type Placed struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
}

// Billed says that an order was billed.
//
//brook:event order.billed topic=bills history=off
type Billed struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
}

// Bill is what was billed for an order, and how often.
//
//brook:collection bills
type Bill struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
	Times int    `json:"times"`
}

// Billing bills orders.
type Billing struct{}

//brook:handle
func (Billing) Placed(e brook.Event[Placed]) brook.Emission[Billed] {
	return brook.Emit(Billed(e.Data))
}

//brook:handle
func (Billing) Billed(e brook.Event[Billed]) brook.Change[string, Bill] {
	return brook.Merge(e.Data.Order, func(b *Bill) {
		b.Cents += e.Data.Cents
		b.Times++
	})
}
