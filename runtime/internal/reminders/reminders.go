// Package reminders is an app with timers: an order that is not paid in time is overdue, and is
// reminded of again and again until it is.
package reminders

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Placed says that something was ordered, and until when it is to be paid.
//
//brook:event order.placed
type Placed struct {
	Order string    `json:"order" brook:"key"`
	Due   time.Time `json:"due"`
	Every int64     `json:"every"` // seconds between reminders; 0: there is one
	Fails bool      `json:"fails"` // its reminders fail
}

// Noted says that something was ordered that is paid already.
//
//brook:event order.noted
type Noted struct {
	Order string    `json:"order" brook:"key"`
	Due   time.Time `json:"due"`
	Every int64     `json:"every"`
	Fails bool      `json:"fails"`
}

// Paid says that an order was paid.
//
//brook:event order.paid
type Paid struct {
	Order string `json:"order" brook:"key"`
}

// Deferred says that an order may be paid later.
//
//brook:event order.deferred
type Deferred struct {
	Order string    `json:"order" brook:"key"`
	Due   time.Time `json:"due"`
}

// Overdue says that an order is still not paid.
//
//brook:event payment.overdue
type Overdue struct {
	Order string `json:"order" brook:"key"`
	Every int64  `json:"every"`
	Fails bool   `json:"fails"`
}

// Order is an order, and how often it was reminded of.
//
//brook:collection orders
type Order struct {
	ID    string    `json:"id" brook:"key"`
	Paid  bool      `json:"paid"`
	Told  int       `json:"told"`
	Last  time.Time `json:"last"` // the time of the last reminder
	Cause string    `json:"cause"`
}

// Reminding reminds of orders.
type Reminding struct{}

//brook:handle
func (Reminding) Placed(e brook.Event[Placed]) (brook.Change[string, Order], brook.Timer[Overdue]) {
	d := e.Data
	return brook.Create(d.Order, Order{ID: d.Order}),
		brook.At(d.Due, Overdue{Order: d.Order, Every: d.Every, Fails: d.Fails})
}

//brook:handle
func (Reminding) Noted(e brook.Event[Noted]) brook.Change[string, Order] {
	return brook.Create(e.Data.Order, Order{ID: e.Data.Order})
}

//brook:handle
func (Reminding) Paid(e brook.Event[Paid]) (brook.Change[string, Order], brook.Timer[Overdue]) {
	return brook.Modify(e.Data.Order, func(o *Order) { o.Paid = true }),
		brook.Cancel(Overdue{Order: e.Data.Order})
}

//brook:handle
func (Reminding) Deferred(e brook.Event[Deferred]) []brook.Timer[Overdue] {
	return []brook.Timer[Overdue]{brook.At(e.Data.Due, Overdue{Order: e.Data.Order})}
}

//brook:handle
func (Reminding) Overdue(e brook.Event[Overdue]) (
	order brook.Change[string, Order], again brook.Timer[Overdue], err error,
) {
	if e.Data.Fails {
		return order, again, errors.New("nobody is to be reminded")
	}
	if e.Data.Every > 0 {
		again = brook.At(e.Time.Add(time.Duration(e.Data.Every)*time.Second), e.Data)
	}
	at, cause := e.Time, e.Cause
	return brook.Merge(e.Data.Order, func(o *Order) {
		o.Told++
		o.Last, o.Cause = at, cause
	}), again, nil
}
