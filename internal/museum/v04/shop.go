// Package v04 has wider integers, and pointers in place of values.
package v04

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
	Count int64  `json:"count"`
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
}

// PaymentCaptured says that an order was paid, or a part of it.
//
//brook:event payment.captured history=3
type PaymentCaptured struct {
	Order  string `json:"order" brook:"key"`
	Amount int64  `json:"amount"`
	Method string `json:"method"`
}

// StockLow asks for more of an item.
//
//brook:event stock.low topic=alerts publish
type StockLow struct {
	SKU  string `json:"sku" brook:"key"`
	Left int64  `json:"left"`
}

// Article is what is left of an item.
//
//brook:collection stock
type Article struct {
	SKU  string `json:"sku" brook:"key"`
	Rest int64  `json:"left"`
}

// Order is what is known of an order.
//
//brook:collection orders
type Order struct {
	ID       string  `json:"id" brook:"key"`
	Customer string  `json:"customer" brook:"index"`
	Note     *string `json:"note"`
	Total    int64   `json:"cents"`
	Paid     int64   `json:"paid"`
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
func (Shop) ItemStocked(e brook.Event[ItemStocked]) brook.Change[string, Article] {
	return brook.Merge(e.Data.SKU, func(i *Article) { i.Rest += e.Data.Count })
}

//brook:handle
func (Shop) OrderPlaced(e brook.Event[OrderPlaced], stock brook.View[string, Article]) (
	order brook.Change[string, Order], items []brook.Change[string, Article], low []brook.Emission[StockLow], err error) {
	for _, sku := range e.Data.SKUs {
		item, err := stock.Get(sku)
		if err != nil {
			return order, nil, nil, fmt.Errorf("item %s: %w", sku, err)
		}
		if item.Rest <= 2 {
			low = append(low, brook.Emit(StockLow{sku, item.Rest - 1}))
		}
		items = append(items, brook.Merge(sku, func(i *Article) { i.Rest-- }))
	}
	order = brook.Create(e.Data.Order, Order{ID: e.Data.Order, Customer: e.Data.Customer, Note: e.Data.Note,
		Total: e.Data.Total})
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
