// Package v01 is the shop as it began.
package v01

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// ItemStocked says that items came in.
//
//brook:event item.stocked
type ItemStocked struct {
	SKU   string `json:"sku" brook:"key"`
	Count int32  `json:"count"`
}

// OrderPlaced says that a customer ordered one each of some items.
//
//brook:event order.placed
type OrderPlaced struct {
	Order    string   `json:"order" brook:"key"`
	Customer string   `json:"customer"`
	Cents    int32    `json:"cents"`
	Items    []string `json:"items"`
}

// PaymentCaptured says that an order was paid, or a part of it.
//
//brook:event payment.captured history=3
type PaymentCaptured struct {
	Order  string `json:"order" brook:"key"`
	Amount int32  `json:"amount"`
	Method string `json:"method"`
}

// StockLow asks for more of an item.
//
//brook:event stock.low topic=alerts publish
type StockLow struct {
	SKU  string `json:"sku" brook:"key"`
	Left int32  `json:"left"`
}

// Item is what is left of an item.
//
//brook:collection stock
type Item struct {
	SKU  string `json:"sku" brook:"key"`
	Left int32  `json:"left"`
}

// Order is what is known of an order.
//
//brook:collection orders
type Order struct {
	ID       string `json:"id" brook:"key"`
	Customer string `json:"customer"`
	Cents    int32  `json:"cents"`
	Paid     int32  `json:"paid"`
}

// Method counts payments of a kind.
//
//brook:collection methods
type Method struct {
	Name     string `json:"name" brook:"key"`
	Payments int    `json:"payments"`
}

// Shop folds all that happens in the shop.
type Shop struct{}

//brook:handle
func (Shop) ItemStocked(e brook.Event[ItemStocked]) brook.Change[string, Item] {
	return brook.Merge(e.Data.SKU, func(i *Item) { i.Left += e.Data.Count })
}

//brook:handle
func (Shop) OrderPlaced(e brook.Event[OrderPlaced], stock brook.View[string, Item]) (
	order brook.Change[string, Order], items []brook.Change[string, Item], low []brook.Emission[StockLow], err error) {
	for _, sku := range e.Data.Items {
		item, err := stock.Get(sku)
		if err != nil {
			return order, nil, nil, fmt.Errorf("item %s: %w", sku, err)
		}
		if item.Left <= 2 {
			low = append(low, brook.Emit(StockLow{sku, item.Left - 1}))
		}
		items = append(items, brook.Merge(sku, func(i *Item) { i.Left-- }))
	}
	order = brook.Create(e.Data.Order, Order{ID: e.Data.Order, Customer: e.Data.Customer, Cents: e.Data.Cents})
	return order, items, low, nil
}

//brook:handle
func (Shop) PaymentCaptured(e brook.Event[PaymentCaptured], orders brook.View[string, Order]) (
	order brook.Change[string, Order], method brook.Change[string, Method], err error) {
	known, err := orders.Has(e.Data.Order)
	if err == nil && !known {
		err = errors.New("nobody ordered " + e.Data.Order)
	}
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Paid += e.Data.Amount })
	method = brook.Merge(e.Data.Method, func(m *Method) { m.Payments++ })
	return order, method, err
}
