package sales

import (
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// OrderPlaced says that a customer ordered something.
//
//brook:event order.placed topic=orders
type OrderPlaced struct {
	Order    string `json:"order" brook:"key"`
	Customer string `json:"customer"`
	Email    string `json:"email" brook:"pii"`
	Lines    []Line `json:"lines"`
}

// Line is a line of an order.
type Line struct {
	Article  string `json:"article"`
	Quantity int    `json:"quantity"`
	Cents    int64  `json:"cents"` // of one
}

// OrderRefused says that an order could not be taken, to others: here it is a dead letter. If its
// customer and the shop agree on what was meant, that is another order.
//
//brook:event order.refused topic=refusals publish
type OrderRefused struct {
	Order string `json:"order" brook:"key"`
	Why   string `json:"why"`
}

// OrderCancelled says that the customer wants the order no longer.
//
//brook:event order.cancelled topic=orders
type OrderCancelled struct {
	Order string `json:"order" brook:"key"`
}

// PaymentOverdue says that an order has waited for its payment for too long. It comes from a timer.
//
//brook:event payment.overdue topic=orders
type PaymentOverdue struct {
	Order string `json:"order" brook:"key"`
}

// Status is how far an order has come.
type Status string

// The status of an order.
const (
	Placed    Status = "placed"
	Paid      Status = "paid"
	Sent      Status = "sent"
	Delivered Status = "delivered"
	Cancelled Status = "cancelled"
)

// Order is one row of the orders view.
//
//brook:collection orders
type Order struct {
	ID       string    `json:"id" brook:"key"`
	Customer string    `json:"customer" brook:"index"`
	Email    string    `json:"email" brook:"pii"`
	Status   Status    `json:"status" brook:"index"`
	Lines    []Line    `json:"lines"`
	Placed   time.Time `json:"placed"`
	Mails    int       `json:"mails"`
}

//brook:handle
func (d Desk) OrderPlaced(e brook.Event[OrderPlaced]) (
	order brook.Change[string, Order], stock []brook.Emission[StockReserved],
	overdue brook.Timer[PaymentOverdue], refused brook.Emission[OrderRefused], err error,
) {
	if len(e.Data.Lines) == 0 {
		err := errors.New("it is an order of nothing")
		refusal := OrderRefused{Order: e.Data.Order, Why: err.Error()}
		return order, stock, overdue, refused, brook.FailWith(err, brook.Emit(refusal))
	}
	o := Order{
		ID: e.Data.Order, Customer: e.Data.Customer, Email: e.Data.Email,
		Status: Placed, Lines: e.Data.Lines, Placed: e.Time,
	}
	order = brook.Create(e.Data.Order, o)
	overdue = brook.At(e.Time.Add(d.PayWithin), PaymentOverdue{Order: e.Data.Order})
	return order, reserve(o), overdue, refused, nil
}

// OrderCancelled cancels an order that is not yet on its way; after that, it can be returned.
//
//brook:handle
func (Desk) OrderCancelled(
	e brook.Event[OrderCancelled], orders brook.View[string, Order],
	payments brook.View[string, Payment],
) (
	order brook.Change[string, Order], stock []brook.Emission[StockReleased],
	refund brook.Emission[PaymentRefunded], overdue brook.Timer[PaymentOverdue], err error,
) {
	o, err := orders.Get(e.Data.Order)
	if err != nil || o.Status != Placed && o.Status != Paid {
		return order, stock, refund, overdue, err
	}
	paid, _, err := payments.Lookup(e.Data.Order)
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Status = Cancelled })
	overdue = brook.Cancel(PaymentOverdue{Order: e.Data.Order})
	return order, release(o), repay(o, paid.Cents), overdue, err
}

//brook:handle
func (Desk) PaymentOverdue(e brook.Event[PaymentOverdue], orders brook.View[string, Order]) (
	order brook.Change[string, Order], stock []brook.Emission[StockReleased],
	mail brook.Request[SendMail], err error,
) {
	o, err := orders.Get(e.Data.Order)
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Status = Cancelled })
	return order, release(o), write(o, "Not paid, and cancelled"), err
}
