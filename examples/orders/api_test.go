package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// site is the API of an app to which tests publish.
type site struct {
	t   *testing.T
	app *sales.App
	api http.Handler
}

func newSite(t *testing.T) *site {
	app, err := open(memdriver.New(), mapstore.New(), newMailServer(rand.New(rand.NewPCG(1, 1))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return &site{t, app, newAPI(app.Views)}
}

// publish publishes events, and folds them.
func (s *site) publish(events ...brook.Outgoing) {
	s.t.Helper()
	if _, err := s.app.PublishAll(s.t.Context(), slices.Values(events)); err != nil {
		s.t.Fatal(err)
	}
	if err := s.app.CatchUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// get reads the answer into a value.
func (s *site) get(path string, status int, into any) {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, path, nil))
	if w.Code != status {
		s.t.Fatalf("GET %s: %d %s, want %d", path, w.Code, w.Body, status)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		s.t.Fatalf("GET %s: %s: %v", path, w.Body, err)
	}
}

func placed(id, customer string) brook.Outgoing {
	return brook.Emit(sales.OrderPlaced{Order: id, Customer: customer,
		Lines: []sales.Line{{Article: "mug", Quantity: 2, Cents: 990}}})
}

// Pages follow one another, also if orders come between them.
func TestPages(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"", "[o1 o2 o3|o4 o5 o6|o7 o8]"},
		{"&newest=", "[o7 o6 o5|o4 o3 o2|o1]"},
		{"&customer=ada", "[o1 o3 o5|o7 o8]"},
		{"&customer=ada&newest=", "[o7 o5 o3|o1]"},
		{"&status=placed", "[o1 o2 o3|o4 o5 o6|o7 o8]"},
		{"&status=paid", "[]"},
	} {
		s := newSite(t)
		for n := range 7 {
			s.publish(placed(fmt.Sprint("o", n+1), []string{"ada", "bob"}[n%2]))
		}
		var pages []string
		for after, more := "", true; more; {
			path := "/orders?limit=3" + c.query
			if after != "" {
				path += "&after=" + after
			}
			var p page
			s.get(path, http.StatusOK, &p)
			var ids []string
			for _, o := range p.Orders {
				ids = append(ids, o.ID)
			}
			pages = append(pages, strings.Join(ids, " "))
			after, more = p.Next, p.Next != ""
			s.publish(placed("o8", "ada")) // again and again: that changes nothing
		}
		if got := "[" + strings.Join(pages, "|") + "]"; got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	s, mug := newSite(t), sales.ReturnKey{Order: "o1", Article: "mug"}
	s.publish(
		brook.Emit(sales.ReturnReceived{ReturnKey: mug, Quantity: 1, Cents: 990}),
		brook.Emit(sales.ShipmentDelivered{Order: "o2"}))
	s.publish(brook.Emit(sales.ShipmentSent{Order: "o1", Carrier: "Swift & Sons"}))
	s.publish(brook.Emit(sales.PaymentReceived{Order: "o1", Cents: 1980}))
	s.get("/orders/o1", http.StatusNotFound, new(any)) // all of it came too early
	s.publish(placed("o1", "ada"))
	s.publish() // what was emitted
	var d dossier
	s.get("/orders/o1", http.StatusOK, &d)
	if d.Order.Status != sales.Sent || d.Payment == nil || *d.Payment != (sales.Payment{
		Order: "o1", Cents: 1980, Refunded: 990}) || d.Shipment == nil || len(d.Returns) != 1 ||
		d.Returns[0].Quantity != 1 {
		t.Errorf("%+v", d)
	}
	var events []brook.Event[json.RawMessage]
	s.get("/orders/o1/history", http.StatusOK, &events)
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	want := "[order.placed payment.received shipment.sent" // and perhaps mails
	if got := fmt.Sprint(types); !strings.HasPrefix(got, want) {
		t.Errorf("history: %s, want %s", got, want)
	}
	var stock []sales.Article
	s.get("/stock", http.StatusOK, &stock)
	if got := fmt.Sprint(stock); got != "[{mug 0 1}]" {
		t.Errorf("stock: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	s := newSite(t)
	for path, status := range map[string]int{
		"/orders?limit=0": 400, "/orders?limit=101": 400, "/orders?limit=all": 400,
		"/orders/o1": 404,
	} {
		var got struct{ Error string }
		if s.get(path, status, &got); got.Error == "" {
			t.Errorf("GET %s says nothing", path)
		}
	}
}
