package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// payWithin is how long an order waits for its payment.
const payWithin = 30 * time.Minute

// happening is an event of the day's traffic, or a customer that wants to be forgotten.
type happening struct {
	at      time.Duration // when it happens; from the day's beginning, as arrives
	arrives time.Duration // when it is published
	event   brook.Outgoing
	gone    string
}

// publish publishes what happens: an event by the app, or a record without a value, which compaction
// of its topic takes as the last word on the customer.
func (h *happening) publish(
	ctx context.Context, app *sales.App, driver brook.Driver,
) (brook.Position, error) {
	if h.gone == "" {
		return app.PublishAll(ctx, slices.Values([]brook.Outgoing{h.event}))
	}
	positions, err := driver.Publish(ctx, []brook.Record{{Topic: "customers", Key: []byte(h.gone)}})
	if err != nil {
		return brook.Position{}, err
	}
	return positions[0], nil
}

// traffic makes up a day.
type traffic struct {
	rnd *rand.Rand
	all []*happening
}

// day makes up a day with as many orders: deliveries of stock, and all that becomes of the orders.
// What one order brings comes from four services that know nothing of each other, and each may be
// up to twelve minutes late. The happenings are in the order of at.
func day(rnd *rand.Rand, orders int) []*happening {
	d := &traffic{rnd: rnd}
	for _, a := range articles {
		d.add(0, 0, brook.Emit(sales.StockReceived{Article: a.Article, Quantity: 100}))
	}
	for _, c := range customers {
		d.add(0, 0, brook.Emit(sales.CustomerKnown{Customer: c, Name: strings.ToUpper(c[:1]) + c[1:]}))
	}
	d.all = append(d.all, &happening{at: 20 * time.Hour, arrives: 20 * time.Hour, gone: customers[0]})
	for n := range orders {
		d.order(fmt.Sprintf("o%03d", n+1), d.between(10*time.Minute, 12*time.Hour))
	}
	slices.SortStableFunc(d.all, func(a, b *happening) int { return cmp.Compare(a.at, b.at) })
	return d.all
}

// arrivals returns a day in the order in which it is published.
func arrivals(day []*happening) []*happening {
	return slices.SortedStableFunc(slices.Values(day), func(a, b *happening) int {
		return cmp.Compare(a.arrives, b.arrives)
	})
}

// customers are who orders.
var customers = []string{"ada", "bob", "cyd", "dot", "eve"}

// articles are what can be ordered.
var articles = []sales.Line{
	{Article: "kettle", Cents: 4990}, {Article: "lamp", Cents: 3500},
	{Article: "mug", Cents: 990}, {Article: "teapot", Cents: 6450},
}

// order makes up what becomes of an order: most are paid, sent and delivered.
func (d *traffic) order(id string, at time.Duration) {
	shop, bank, carrier := d.delay(), d.delay(), d.delay()
	lines, cents := d.lines()
	customer := customers[d.rnd.IntN(len(customers))]
	fate := d.rnd.IntN(17)
	if fate == 16 { // a mistake
		lines = nil
	}
	d.add(at, shop, brook.Emit(sales.OrderPlaced{
		Order: id, Customer: customer, Email: customer + "@example.com", Lines: lines,
	}))
	switch fate {
	case 0, 16: // it is never paid
		return
	case 1: // it is paid when it was given up
		d.add(at+d.between(time.Hour, 3*time.Hour), bank,
			brook.Emit(sales.PaymentReceived{Order: id, Cents: cents}))
		return
	case 2:
		d.add(at+d.between(time.Minute, 15*time.Minute), shop, brook.Emit(sales.OrderCancelled{Order: id}))
		return
	}
	at += d.between(time.Minute, 15*time.Minute)
	d.add(at, bank, brook.Emit(sales.PaymentReceived{Order: id, Cents: cents}))
	if fate == 3 {
		d.add(at+d.between(15*time.Minute, time.Hour), shop, brook.Emit(sales.OrderCancelled{Order: id}))
		return
	}
	at += d.between(time.Minute, 2*time.Hour)
	d.add(at, carrier, brook.Emit(sales.ShipmentSent{Order: id, Carrier: "Swift & Sons"}))
	at += d.between(time.Hour, 5*time.Hour)
	d.add(at, carrier, brook.Emit(sales.ShipmentDelivered{Order: id}))
	if fate == 4 || fate == 5 {
		l := lines[0]
		at += d.between(time.Hour, 4*time.Hour)
		d.add(at, carrier, brook.Emit(sales.ReturnReceived{
			ReturnKey: sales.ReturnKey{Order: id, Article: l.Article}, Quantity: 1, Cents: l.Cents,
		}))
	}
}

// lines makes up what is ordered, and returns what it costs.
func (d *traffic) lines() (lines []sales.Line, cents int64) {
	for _, n := range d.rnd.Perm(len(articles))[:1+d.rnd.IntN(2)] {
		l := articles[n]
		l.Quantity = 1 + d.rnd.IntN(3)
		lines = append(lines, l)
		cents += l.Cents * int64(l.Quantity)
	}
	return lines, cents
}

// delay makes up by how much all is late that a service says of an order.
func (d *traffic) delay() time.Duration {
	if d.rnd.IntN(2) == 0 {
		return 0
	}
	return d.between(0, 12*time.Minute)
}

// add adds an event that happens at a time, and is published later by as much as it is late.
func (d *traffic) add(at, late time.Duration, event brook.Outgoing) {
	d.all = append(d.all, &happening{at: at, arrives: at + late, event: event})
}

func (d *traffic) between(from, to time.Duration) time.Duration {
	return from + time.Duration(d.rnd.Int64N(int64(to-from)))
}
