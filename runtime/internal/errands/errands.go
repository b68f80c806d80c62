// Package errands is an app with jobs: each order has a mail sent, and its parcel collected, and
// what came of the mail is an event again.
package errands

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Placed says that something was ordered. Mails is how many mails are to be sent to User.
//
//brook:event order.placed
type Placed struct {
	Order string `json:"order" brook:"key"`
	User  string `json:"user"`
	Mails int    `json:"mails"`
	Fail  string `json:"fail"` // what the handler fails with
}

// Paid says that an order was paid, for which User is sent a mail. It may come before the order.
//
//brook:event order.paid topic=payments
type Paid struct {
	Order string `json:"order" brook:"key"`
	User  string `json:"user"`
}

// Sent says that a mail was sent.
//
//brook:event mail.sent
type Sent struct {
	Order  string `json:"order" brook:"key"`
	Number int    `json:"number"`
	Job    string `json:"job"`
}

// Refused says that an order could not be handled. Its key is not the order's: it would wait behind
// the order.
//
//brook:event order.refused history=off
type Refused struct {
	Refusal string `json:"refusal" brook:"key"`
	Why     string `json:"why"`
}

// SendMail is the job to send a mail.
//
//brook:job mail.send was=mail.post
type SendMail struct {
	To     string `json:"to" brook:"key"`
	Order  string `json:"order"`
	Number int    `json:"number"`
}

// Collect is the job to have a parcel collected.
//
//brook:job parcel.collect version=2 key=Order
type Collect struct {
	Order string `json:"order"`
	From  string `json:"from"` // which depot
}

// CollectV1 is what the job was when there was one depot.
//
//brook:job parcel.collect version=1
type CollectV1 struct {
	Order string `json:"order"`
}

// Upcast makes Collect of it.
//
//brook:upcast
func (c CollectV1) Upcast() Collect { return Collect{Order: c.Order, From: "the old depot"} }

// Order is what is known of an order.
//
//brook:collection orders
type Order struct {
	ID      string   `json:"id" brook:"key"`
	Placed  int      `json:"placed"`
	Sent    []int    `json:"sent"`
	Jobs    []string `json:"jobs"`
	Refused string   `json:"refused"`
}

// Mailer sends mails. It is a worker alone.
type Mailer struct {
	// Mail is called for each try of a mail.
	Mail func(context.Context, brook.Job[SendMail]) error
}

//brook:work
func (m *Mailer) SendMail(
	ctx context.Context, j brook.Job[SendMail],
) (brook.Emission[Sent], error) {
	if err := m.Mail(ctx, j); err != nil {
		return brook.Emission[Sent]{}, err
	}
	return brook.Emit(Sent{Order: j.Data.Order, Number: j.Data.Number, Job: j.ID}), nil
}

// Desk handles orders, and has parcels collected.
type Desk struct {
	// Collected is called for each try of a collection; nil: there are no parcels.
	Collected func(brook.Job[Collect]) error
	// Check returns what the handlers of an order, or "payment of" one, fail with; nil: they don't.
	Check func(what string) error
}

// check returns what the handlers of something fail with.
func (d Desk) check(what string) error {
	if d.Check == nil {
		return nil
	}
	return d.Check(what)
}

//brook:handle
func (d Desk) Placed(e brook.Event[Placed]) (
	brook.Change[string, Order], []brook.Request[SendMail], brook.Request[Collect],
	brook.Emission[Refused], error,
) {
	var mails []brook.Request[SendMail]
	for n := range e.Data.Mails {
		mails = append(mails, brook.Do(SendMail{To: e.Data.User, Order: e.Data.Order, Number: n}))
	}
	var collect brook.Request[Collect]
	if d.Collected != nil {
		collect = brook.Do(Collect{Order: e.Data.Order, From: "the new depot"})
	}
	change, err := brook.Merge(e.Data.Order, func(o *Order) { o.Placed++ }), d.check(e.Data.Order)
	if e.Data.Fail != "" {
		err = fmt.Errorf("order %s: %s", e.Data.Order, e.Data.Fail)
		err = brook.FailWith(err, refused(e.Data.Order, e.Data.Fail))
	}
	return change, mails, collect, brook.Emission[Refused]{}, err // what fails asks for no job
}

// refused returns what is published of an order that could not be handled.
func refused(order, why string) brook.Emission[Refused] {
	return brook.Emit(Refused{Refusal: "no " + order, Why: why})
}

//brook:handle
func (d Desk) Paid(e brook.Event[Paid], orders brook.View[string, Order]) (
	mail brook.Request[SendMail], none brook.Emission[Refused], err error,
) {
	mail = brook.Do(SendMail{To: e.Data.User, Order: e.Data.Order, Number: -1})
	if _, err := orders.Get(e.Data.Order); err != nil {
		return mail, none, brook.FailWith(brook.Early(err), refused(e.Data.Order, "not placed"))
	}
	if err := d.check("payment of " + e.Data.Order); err != nil {
		return mail, none, brook.FailWith(err, refused(e.Data.Order, err.Error()))
	}
	return mail, none, nil
}

//brook:handle
func (Desk) Sent(e brook.Event[Sent]) brook.Change[string, Order] {
	number, job := e.Data.Number, e.Data.Job
	return brook.Merge(e.Data.Order, func(o *Order) {
		o.Sent = append(o.Sent, number)
		o.Jobs = append(o.Jobs, job)
	})
}

//brook:handle
func (Desk) Refused(e brook.Event[Refused]) brook.Change[string, Order] {
	why := e.Data.Why
	return brook.Merge(e.Data.Refusal, func(o *Order) { o.Refused = why })
}

//brook:work
func (d Desk) Collect(j brook.Job[Collect]) error {
	if d.Collected == nil {
		return nil
	}
	return d.Collected(j)
}
