package sales

import brook "github.com/brookgen/brookgen/runtime"

// PaymentReceived says that an order was paid.
//
//brook:event payment.received topic=payments
type PaymentReceived struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
}

// PaymentRefunded says that money went back to the customer.
//
//brook:event payment.refunded topic=payments
type PaymentRefunded struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
}

// Payment is one row of the payments view: what was paid for an order, and paid back.
//
//brook:collection payments
type Payment struct {
	Order    string `json:"order" brook:"key"`
	Cents    int64  `json:"cents"`
	Refunded int64  `json:"refunded"`
}

// PaymentReceived waits for its order. If that was cancelled, the money goes back.
//
//brook:handle
func (Desk) PaymentReceived(e brook.Event[PaymentReceived], orders brook.View[string, Order]) (
	payment brook.Change[string, Payment], order brook.Change[string, Order],
	overdue brook.Timer[PaymentOverdue], refund brook.Emission[PaymentRefunded],
	mail brook.Request[SendMail], err error,
) {
	o, err := orders.Get(e.Data.Order)
	if err != nil {
		return payment, order, overdue, refund, mail, brook.Early(err)
	}
	cents := e.Data.Cents
	payment = brook.Merge(e.Data.Order, func(p *Payment) { p.Cents += cents })
	if o.Status == Cancelled {
		return payment, order, overdue, repay(o, cents), mail, nil
	}
	order = brook.Merge(e.Data.Order, func(o *Order) { o.Status = Paid })
	overdue = brook.Cancel(PaymentOverdue{Order: e.Data.Order})
	return payment, order, overdue, refund, write(o, "Thank you for your payment"), nil
}

//brook:handle
func (Desk) PaymentRefunded(
	e brook.Event[PaymentRefunded], orders brook.View[string, Order],
) (brook.Change[string, Payment], brook.Request[SendMail], error) {
	o, err := orders.Get(e.Data.Order)
	cents := e.Data.Cents
	payment := brook.Merge(e.Data.Order, func(p *Payment) { p.Refunded += cents })
	return payment, write(o, "Your money is on its way back"), brook.Early(err)
}

// repay returns what has money paid back, or nothing if it is none.
func repay(o Order, cents int64) brook.Emission[PaymentRefunded] {
	if cents == 0 {
		return brook.Emission[PaymentRefunded]{}
	}
	return brook.Emit(PaymentRefunded{Order: o.ID, Cents: cents})
}
