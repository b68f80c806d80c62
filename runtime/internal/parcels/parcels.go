// Package parcels is a shop whose events come over topics of their own, in whatever order: orders,
// their payments, and the parcels that are sent once an order is paid. All of them are keyed by the
// order, so that it runs in as many lanes as there are partitions. Only tests use it.
package parcels

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Placed says that an order was placed.
//
//brook:event order.placed topic=orders
type Placed struct {
	Order string `json:"order" brook:"key"`
	Cents int    `json:"cents"`
}

// Paid says that an order was paid.
//
//brook:event order.paid topic=payments
type Paid struct {
	Order string `json:"order" brook:"key"`
	Cents int    `json:"cents"`
}

// Sent says that a parcel of an order was sent.
//
//brook:event parcel.sent topic=parcels
type Sent struct {
	Order  string `json:"order" brook:"key"`
	Parcel string `json:"parcel"`
}

// Receipt says that an order is paid.
//
//brook:event receipt.made topic=receipts publish
type Receipt struct {
	Order string `json:"order" brook:"key"`
	Cents int    `json:"cents"`
}

// Order is what is known of an order.
//
//brook:collection orders
type Order struct {
	ID      string   `json:"id" brook:"key"`
	Cents   int      `json:"cents"`
	Paid    int      `json:"paid"`
	Parcels []string `json:"parcels"`
}

// Payment is what was paid for an order.
//
//brook:collection payments
type Payment struct {
	Order string `json:"order" brook:"key"`
	Times int    `json:"times"`
}

// Seen counts the events of an order.
//
//brook:collection seen
type Seen struct {
	Order  string `json:"order" brook:"key"`
	Events int    `json:"events"`
}

// Shop folds orders, payments and parcels. Fails, if it is not nil, is called by each handler, and
// may return an error.
type Shop struct {
	Fails func(event, order string) error
}

func (s *Shop) fails(event, order string) error {
	if s.Fails == nil {
		return nil
	}
	return s.Fails(event, order)
}

// Placed creates the order.
//
//brook:handle
func (s *Shop) Placed(e brook.Event[Placed]) (brook.Change[string, Order], error) {
	return brook.Create(e.Data.Order, Order{ID: e.Data.Order, Cents: e.Data.Cents}),
		s.fails("placed", e.Data.Order)
}

// Paid counts a payment of an order that there is.
//
//brook:handle
func (s *Shop) Paid(e brook.Event[Paid], orders brook.View[string, Order]) (
	order brook.Change[string, Order], payment brook.Change[string, Payment],
	receipt brook.Emission[Receipt], err error,
) {
	if err := s.fails("paid", e.Data.Order); err != nil {
		return order, payment, receipt, err
	}
	if _, err := orders.Get(e.Data.Order); err != nil {
		return order, payment, receipt, early(err)
	}
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Paid += e.Data.Cents })
	payment = brook.Merge(e.Data.Order, func(p *Payment) { p.Times++ })
	return order, payment, brook.Emit(Receipt(e.Data)), nil
}

// Sent counts a parcel of an order that is paid.
//
//brook:handle
func (s *Shop) Sent(e brook.Event[Sent], payments brook.View[string, Payment]) (
	order brook.Change[string, Order], err error,
) {
	if err := s.fails("sent", e.Data.Order); err != nil {
		return order, err
	}
	paid, err := payments.Has(e.Data.Order)
	if err == nil && !paid {
		err = early(brook.ErrNotFound)
	}
	return brook.Merge(e.Data.Order, func(o *Order) {
		o.Parcels = append(o.Parcels, e.Data.Parcel)
	}), err
}

// early says that an event came too early if a row was not found.
func early(err error) error {
	if errors.Is(err, brook.ErrNotFound) {
		return brook.Early(err)
	}
	return err
}

// Audit counts events, whatever comes of them.
type Audit struct{}

// Placed counts an order.
//
//brook:handle
func (Audit) Placed(e brook.Event[Placed]) brook.Change[string, Seen] { return seen(e.Data.Order) }

// Paid counts a payment.
//
//brook:handle
func (Audit) Paid(e brook.Event[Paid]) brook.Change[string, Seen] { return seen(e.Data.Order) }

// Sent counts a parcel.
//
//brook:handle
func (Audit) Sent(e brook.Event[Sent]) brook.Change[string, Seen] { return seen(e.Data.Order) }

func seen(order string) brook.Change[string, Seen] {
	return brook.Merge(order, func(s *Seen) { s.Events++ })
}
