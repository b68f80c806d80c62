package main

import (
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// model is what package sales does, with maps, by hand. It takes everything in the order in which
// it happened, and knows nothing of logs, retries and processes that end.
type model struct {
	Orders    map[string]sales.Order
	Payments  map[string]sales.Payment
	Shipments map[string]sales.Shipment
	Returns   map[sales.ReturnKey]sales.Return
	Stock     map[string]sales.Article
	Customers map[string]sales.Customer
	Letters   map[string]string   // the orders that were refused, and why
	History   map[string][]string // of orders, but for mails
	Mails     map[string]int      // how many a server sent, by order and subject

	due map[string]time.Time // when an order is given up
}

// fold returns what is to be in the views at the end of a day that began then.
func fold(began time.Time, day []*happening) *model {
	m := &model{
		Orders: map[string]sales.Order{}, Payments: map[string]sales.Payment{},
		Shipments: map[string]sales.Shipment{}, Returns: map[sales.ReturnKey]sales.Return{},
		Stock: map[string]sales.Article{}, History: map[string][]string{},
		Customers: map[string]sales.Customer{}, Letters: map[string]string{},
		Mails: map[string]int{}, due: map[string]time.Time{},
	}
	for _, h := range day {
		m.happens(began.Add(h.arrives), h.event)
		delete(m.Customers, h.gone)
	}
	for id := range m.Orders {
		m.expire(id, began.Add(48*time.Hour))
	}
	m.due = nil
	return m
}

// happens takes an event that was published at a time.
func (m *model) happens(at time.Time, event brook.Outgoing) {
	switch e := event.(type) {
	case brook.Emission[sales.OrderPlaced]:
		d, _ := e.Data()
		if len(d.Lines) == 0 {
			m.Letters[d.Order] = "it is an order of nothing"
			return
		}
		o := sales.Order{ID: d.Order, Customer: d.Customer, Email: d.Email, Lines: d.Lines, Placed: at}
		m.put(o, sales.Placed, sales.OrderPlacedType)
		m.reserve(o, 1)
		m.due[d.Order] = at.Add(payWithin)
	case brook.Emission[sales.OrderCancelled]:
		d, _ := e.Data()
		m.expire(d.Order, at)
		if o := m.Orders[d.Order]; o.Status == sales.Placed || o.Status == sales.Paid {
			m.put(o, sales.Cancelled, sales.OrderCancelledType)
			m.reserve(o, -1)
			m.repay(d.Order, m.Payments[d.Order].Cents)
			delete(m.due, d.Order)
		}
	case brook.Emission[sales.PaymentReceived]:
		d, _ := e.Data()
		m.expire(d.Order, at)
		p := m.Payments[d.Order]
		p.Order, p.Cents = d.Order, p.Cents+d.Cents
		m.Payments[d.Order] = p
		if o := m.Orders[d.Order]; o.Status == sales.Cancelled {
			m.repay(d.Order, d.Cents)
		} else {
			m.put(o, sales.Paid, sales.PaymentReceivedType)
			m.mail(d.Order, "Thank you for your payment")
			delete(m.due, d.Order)
		}
	case brook.Emission[sales.ShipmentSent]:
		d, _ := e.Data()
		m.Shipments[d.Order] = sales.Shipment{Order: d.Order, Carrier: d.Carrier, Sent: at}
		m.put(m.Orders[d.Order], sales.Sent, sales.ShipmentSentType)
		m.mail(d.Order, "Your parcel is on its way")
	case brook.Emission[sales.ShipmentDelivered]:
		d, _ := e.Data()
		s := m.Shipments[d.Order]
		s.Delivered = at
		m.Shipments[d.Order] = s
		m.put(m.Orders[d.Order], sales.Delivered, sales.ShipmentDeliveredType)
	case brook.Emission[sales.ReturnReceived]:
		d, _ := e.Data()
		m.Returns[d.ReturnKey] = sales.Return{ReturnKey: d.ReturnKey,
			Quantity: m.Returns[d.ReturnKey].Quantity + d.Quantity}
		m.stock(d.Article, 0, -d.Quantity)
		m.repay(d.Order, d.Cents)
	case brook.Emission[sales.CustomerKnown]:
		d, _ := e.Data()
		m.Customers[d.Customer] = sales.Customer{ID: d.Customer, Name: d.Name}
	case brook.Emission[sales.StockReceived]:
		d, _ := e.Data()
		m.stock(d.Article, d.Quantity, 0)
	}
}

// put stores an order with the status that an event brought it to.
func (m *model) put(o sales.Order, status sales.Status, event string) {
	o.Status = status
	m.Orders[o.ID] = o
	m.History[o.ID] = append(m.History[o.ID], event)
}

// expire gives an order up if that was due before at.
func (m *model) expire(id string, at time.Time) {
	if due, ok := m.due[id]; ok && due.Before(at) {
		delete(m.due, id)
		m.put(m.Orders[id], sales.Cancelled, sales.PaymentOverdueType)
		m.reserve(m.Orders[id], -1)
		m.mail(id, "Not paid, and cancelled")
	}
}

// reserve reserves the articles of an order, or releases them.
func (m *model) reserve(o sales.Order, sign int) {
	for _, l := range o.Lines {
		m.stock(l.Article, 0, sign*l.Quantity)
	}
}

func (m *model) stock(article string, received, reserved int) {
	a := m.Stock[article]
	a.ID, a.Received, a.Reserved = article, a.Received+received, a.Reserved+reserved
	m.Stock[article] = a
}

// repay has money go back.
func (m *model) repay(order string, cents int64) {
	if p := m.Payments[order]; cents > 0 {
		p.Refunded += cents
		m.Payments[order] = p
		m.mail(order, "Your money is on its way back")
	}
}

func (m *model) mail(order, subject string) {
	o := m.Orders[order]
	o.Mails++
	m.Orders[order] = o
	m.Mails[order+": "+subject]++
}

// result returns what is in the views, with the dead letters, and what a server sent.
func result(app *sales.App, server *mailServer) (m *model, err error) {
	views := app.Views
	m = &model{History: map[string][]string{}, Mails: map[string]int{}, Letters: map[string]string{}}
	for l, err := range app.DeadLetters() {
		if err != nil {
			return m, err
		}
		m.Letters[string(l.Key)] = l.Error
	}
	for _, mail := range server.sent {
		m.Mails[mail.Order+": "+mail.Subject]++
	}
	if m.Orders, err = brook.Map(views.Orders.All()); err != nil {
		return m, err
	}
	if m.Payments, err = brook.Map(views.Payments.All()); err != nil {
		return m, err
	}
	if m.Shipments, err = brook.Map(views.Shipments.All()); err != nil {
		return m, err
	}
	if m.Returns, err = brook.Map(views.Returns.All()); err != nil {
		return m, err
	}
	if m.Stock, err = brook.Map(views.Stock.All()); err != nil {
		return m, err
	}
	if m.Customers, err = brook.Map(views.Customers.All()); err != nil {
		return m, err
	}
	for id := range m.Orders {
		events, err := views.Orders.Events(id)
		if err != nil {
			return m, err
		}
		for _, e := range events {
			if e.Type != sales.MailSentType {
				m.History[id] = append(m.History[id], e.Type)
			}
		}
	}
	return m, nil
}
