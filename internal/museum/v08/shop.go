// Package v08 has another name of an event, of a field of it, and of a field of a row, also on the wire.
package v08

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"cmp"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// ItemStocked says that items came in.
//
//brook:event item.stocked
type ItemStocked struct {
	SKU   string `json:"sku" brook:"key"`
	Count int64  `json:"count"`
	Store string `json:"store"` // "" before there were several
}

// OrderPlaced says that a customer ordered one each of some items.
//
//brook:event order.placed
type OrderPlaced struct {
	Order    string   `json:"order" brook:"key"`
	Customer string   `json:"customer"`
	Total    int64    `json:"cents"`
	SKUs     []string `json:"items"`
	Note     *string  `json:"note"`
	Address  Address  `json:"address"`
}

// Address is where an order goes.
type Address struct {
	Street string `json:"street"`
	Zip    string `json:"zip"`
}

// OrderCancelled says that an order is none any more.
//
//brook:event order.cancelled
type OrderCancelled struct {
	Order  string `json:"order" brook:"key"`
	Reason string `json:"reason"`
}

// PaymentSettled says that an order was paid for, or a part of it.
//
//brook:event payment.settled was=payment.captured history=3
type PaymentSettled struct {
	Order  string `json:"order" brook:"key"`
	Cents  int64  `json:"cents" brook:"was=amount"`
	Method string `json:"method"`
}

// StockLow asks for more of an item.
//
//brook:event stock.low topic=alerts publish
type StockLow struct {
	SKU  string `json:"sku" brook:"key"`
	Left int64  `json:"left"`
}

// Place is where items are.
type Place struct {
	SKU   string `json:"sku"`
	Store string `json:"store"`
}

// Shelf is what is left of an item in a store.
//
//brook:collection shelves key=Place
type Shelf struct {
	SKU   string `json:"sku"`
	Store string `json:"store"`
	Left  int64  `json:"left"`
}

// Wish is what a customer said.
type Wish struct {
	Customer string  `json:"customer" brook:"index"`
	Note     *string `json:"note"`
}

// Order is what is known of an order.
//
//brook:collection orders
type Order struct {
	ID string `json:"id" brook:"key"`
	Wish
	Address *Address `json:"address"`
	Total   int64    `json:"cents"`
	Settled int64    `json:"settled" brook:"was=paid"`
}

// Method counts payments of a kind.
//
//brook:collection methods
type Method struct {
	Name     string `json:"name" brook:"key"`
	Payments int    `json:"payments"`
}

// Shop folds what is sold.
type Shop struct{}

// Till folds what is paid and what is not.
type Till struct{}

//brook:handle
func (Shop) ItemStocked(e brook.Event[ItemStocked]) brook.Change[Place, Shelf] {
	at := Place{e.Data.SKU, cmp.Or(e.Data.Store, "main")}
	return brook.Merge(at, func(s *Shelf) { s.SKU, s.Store, s.Left = at.SKU, at.Store, s.Left+e.Data.Count })
}

//brook:handle
func (Shop) OrderPlaced(e brook.Event[OrderPlaced], shelves brook.View[Place, Shelf]) (
	order brook.Change[string, Order], items []brook.Change[Place, Shelf], low []brook.Emission[StockLow], err error) {
	for _, sku := range e.Data.SKUs {
		shelf, err := shelves.Get(Place{sku, "main"})
		if err != nil {
			return order, nil, nil, fmt.Errorf("item %s: %w", sku, err)
		}
		if shelf.Left <= 2 {
			low = append(low, brook.Emit(StockLow{sku, shelf.Left - 1}))
		}
		items = append(items, brook.Merge(Place{sku, "main"}, func(s *Shelf) { s.Left-- }))
	}
	row := Order{ID: e.Data.Order, Wish: Wish{e.Data.Customer, e.Data.Note}, Total: e.Data.Total}
	if e.Data.Address != (Address{}) {
		row.Address = &e.Data.Address
	}
	return brook.Create(row.ID, row), items, low, nil
}

//brook:handle
func (Till) OrderCancelled(e brook.Event[OrderCancelled]) brook.Change[string, Order] {
	return brook.Delete[Order](e.Data.Order)
}

//brook:handle
func (Till) PaymentSettled(e brook.Event[PaymentSettled], orders brook.View[string, Order]) (
	order brook.Change[string, Order], method brook.Change[string, Method], err error) {
	known, err := orders.Has(e.Data.Order)
	if err == nil && !known {
		err = errors.New("nobody ordered " + e.Data.Order)
	}
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Settled += e.Data.Cents })
	method = brook.Merge(e.Data.Method, func(m *Method) { m.Payments++ })
	return order, method, err
}
