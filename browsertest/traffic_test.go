package browsertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// published fails the test if something was not published.
func (g *gameDay) published(_ brook.Position, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// receive has the maker of an article bring some.
func (g *gameDay) receive(article string, quantity int) {
	g.t.Helper()
	g.published(g.till.Publish.StockReceived(g.t.Context(),
		sales.StockReceived{Article: article, Quantity: quantity}))
	s := g.Stock[article]
	s.Received += quantity
	g.Stock[article] = s
}

// order has somebody place an order, and pay it. It returns the order's ID.
func (g *gameDay) order(paid bool) string {
	g.t.Helper()
	p := g.next()
	g.place(p)
	if paid {
		g.pay(p.Order)
	}
	return p.Order
}

func (g *gameDay) place(p sales.OrderPlaced) {
	g.t.Helper()
	g.published(g.till.Publish.OrderPlaced(g.t.Context(), p))
	g.placed(p)
}

func (g *gameDay) pay(id string) {
	g.t.Helper()
	p := sales.PaymentReceived{Order: id, Cents: 995}
	g.published(g.till.Publish.PaymentReceived(g.t.Context(), p))
	g.paid(p)
}

// ship has the parcel of an order sent.
func (g *gameDay) ship(id string) {
	g.t.Helper()
	g.published(g.till.Publish.ShipmentSent(g.t.Context(),
		sales.ShipmentSent{Order: id, Carrier: "bike"}))
	g.mailed(id, sales.Sent, "Your parcel is on its way")
}

// settle waits until the views of all instances are what they are to be. The sums of the report are
// those of a mistake at first.
func (g *gameDay) settle() {
	g.t.Helper()
	for _, i := range g.shops {
		wait(g.t, func() error {
			return errors.Join(same(i, "orders", g.Orders), same(i, "payments", g.Payments),
				same(i, "stock", g.Stock))
		})
	}
	wait(g.t, func() error {
		rows, err := read[turnover](g.report, "turnover")
		if err != nil {
			return err
		}
		for customer, t := range g.Turnover {
			if rows[customer].Orders != t.Orders {
				return fmt.Errorf("%s has %d orders in the report, not %d",
					customer, rows[customer].Orders, t.Orders)
			}
		}
		return nil
	})
}

// compare waits until the views are what a plain computation over all that was published makes of
// it, and every mail was sent.
func (g *gameDay) compare() {
	g.t.Helper()
	g.settle()
	wait(g.t, func() error { return same(g.report, "turnover", g.Turnover) })
	wait(g.t, func() error { return different("mails", g.mails.sent(), g.sent) })
	for _, i := range g.shops {
		g.at(i, "letters")
		g.tab.see("There are no dead letters")
		g.tab.visit("jobs")
		g.tab.see("No job waits")
	}
}

// sum returns the sum of a metric over all instances.
func (g *gameDay) sum(name string, labels ...string) (sum float64) {
	g.t.Helper()
	for _, i := range append(slices.Clone(g.shops), g.report) {
		v, err := i.metric(name, labels...)
		if err != nil {
			g.t.Fatal(err)
		}
		sum += v
	}
	return sum
}

// find waits until a metric of one of the shops is above zero, as an alert does, and returns that
// shop.
func (g *gameDay) find(name string, labels ...string) (found *instance) {
	g.t.Helper()
	wait(g.t, func() error {
		for _, i := range g.shops {
			v, err := i.metric(name, labels...)
			if err != nil {
				return err
			}
			if v > 0 {
				found = i
				return nil
			}
		}
		return fmt.Errorf("%s %v is zero everywhere", name, labels)
	})
	return found
}

// read returns the rows of a collection, as the inspector of an instance shows them.
func read[V any](i *instance, collection string) (map[string]V, error) {
	status, body, err := i.get("/inspect/rows.json?limit=500&collection=" + collection)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s of the %s: %s", collection, i.name, body)
	}
	if err != nil {
		return nil, err
	}
	var page struct {
		Rows []struct {
			Key   string `json:"key"`
			Value V      `json:"value"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, err
	}
	rows := map[string]V{}
	for _, r := range page.Rows {
		rows[r.Key] = r.Value
	}
	return rows, nil
}

// same returns an error if the rows of a collection are others than these.
func same[V any](i *instance, collection string, want map[string]V) error {
	rows, err := read[V](i, collection)
	if err != nil {
		return err
	}
	return different(collection+" of the "+i.name, rows, want)
}

// different returns an error that names what differs.
func different[V any](what string, is, want map[string]V) error {
	keys := maps.Clone(want)
	maps.Copy(keys, is)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		a, is := is[k]
		b, wanted := want[k]
		if is != wanted || !reflect.DeepEqual(a, b) {
			return fmt.Errorf("%s: %s is %+v (%t), want %+v (%t)", what, k, a, is, b, wanted)
		}
	}
	return nil
}
