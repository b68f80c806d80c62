// Package v10 has a field with a default, and a handler that makes something else of the same events.
package v10

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"cmp"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// ItemStocked says that items came in.
//
//brook:event item.stocked version=2
type ItemStocked struct {
	SKU    string           `json:"sku" brook:"key"`
	Counts map[string]int64 `json:"counts"` // by store
}

// ItemStockedV1 is about one store.
//
//brook:event item.stocked version=1
type ItemStockedV1 struct {
	SKU   string `json:"sku"`
	Count int64  `json:"count"`
	Store string `json:"store"` // "" before there were several
}

//brook:upcast
func (i ItemStockedV1) Upcast() ItemStocked {
	return ItemStocked{i.SKU, map[string]int64{cmp.Or(i.Store, "main"): i.Count}}
}

// OrderPlaced says that a customer ordered some items.
//
//brook:event order.placed version=2
type OrderPlaced struct {
	Order    string  `json:"order" brook:"key"`
	Customer string  `json:"customer"`
	Total    int64   `json:"cents"`
	Lines    []Line  `json:"lines"`
	Note     *string `json:"note"`
	Address  Address `json:"address"`
}

// Line is how many of an item are ordered.
type Line struct {
	SKU   string `json:"sku"`
	Count int64  `json:"count"`
}

// OrderPlacedV1 has an item as often as it was ordered.
//
//brook:event order.placed version=1 when=items
type OrderPlacedV1 struct {
	Order    string   `json:"order"`
	Customer string   `json:"customer"`
	Total    int64    `json:"cents"`
	SKUs     []string `json:"items"`
	Note     *string  `json:"note"`
	Address  Address  `json:"address"`
}

//brook:upcast
func (o OrderPlacedV1) Upcast() (OrderPlaced, error) {
	now := OrderPlaced{Order: o.Order, Customer: o.Customer, Total: o.Total, Note: o.Note, Address: o.Address}
	for _, sku := range o.SKUs {
		now.Lines = append(now.Lines, Line{sku, 1})
	}
	return now, nil
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
	Order    string `json:"order" brook:"key"`
	Cents    int64  `json:"cents" brook:"was=amount"`
	Method   string `json:"method"`
	Currency string `json:"currency" brook:"default=EUR"`
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
	Address  *Address `json:"address"`
	Total    int64    `json:"cents"`
	Settled  int64    `json:"settled" brook:"was=paid"`
	Currency string   `json:"currency"`
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
func (Shop) ItemStocked(e brook.Event[ItemStocked]) (all []brook.Change[Place, Shelf]) {
	for store, count := range e.Data.Counts {
		at := Place{e.Data.SKU, store}
		all = append(all, brook.Merge(at, func(s *Shelf) { s.SKU, s.Store, s.Left = at.SKU, at.Store, s.Left+count }))
	}
	return all
}

//brook:handle
func (Shop) OrderPlaced(e brook.Event[OrderPlaced], shelves brook.View[Place, Shelf]) (
	order brook.Change[string, Order], items []brook.Change[Place, Shelf], low []brook.Emission[StockLow], err error) {
	for _, line := range e.Data.Lines {
		at := Place{line.SKU, "main"}
		shelf, err := shelves.Get(at)
		if err != nil {
			return order, nil, nil, fmt.Errorf("item %s: %w", line.SKU, err)
		}
		if left := shelf.Left - line.Count; left < 2 {
			low = append(low, brook.Emit(StockLow{at.SKU, left}))
		}
		items = append(items, brook.Merge(at, func(s *Shelf) { s.Left -= line.Count }))
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
	order = brook.Merge(e.Data.Order, func(o *Order) {
		o.Settled += e.Data.Cents
		o.Currency = e.Data.Currency
	})
	method = brook.Merge(e.Data.Method, func(m *Method) { m.Payments++ })
	return order, method, err
}
