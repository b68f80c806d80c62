package sales

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// OrderPlaced says that a customer ordered something.
//
//brook:event order.placed topic=orders
type OrderPlaced struct {
	Order    string `json:"order" brook:"key"`
	Customer string `json:"customer"`
	Email    string `json:"email"`
	Lines    []Line `json:"lines"`
}

// Line is a line of an order.
type Line struct {
	Article  string `json:"article"`
	Quantity int    `json:"quantity"`
	Cents    int64  `json:"cents"` // of one
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
	Email    string    `json:"email"`
	Status   Status    `json:"status" brook:"index"`
	Lines    []Line    `json:"lines"`
	Placed   time.Time `json:"placed"`
	Mails    int       `json:"mails"`
}

//brook:handle
func (d Desk) OrderPlaced(e brook.Event[OrderPlaced]) (
	brook.Change[string, Order], []brook.Emission[StockReserved], brook.Timer[PaymentOverdue],
) {
	o := Order{
		ID: e.Data.Order, Customer: e.Data.Customer, Email: e.Data.Email,
		Status: Placed, Lines: e.Data.Lines, Placed: e.Time,
	}
	overdue := PaymentOverdue{Order: e.Data.Order}
	return brook.Create(e.Data.Order, o), reserve(o), brook.At(e.Time.Add(d.PayWithin), overdue)
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
