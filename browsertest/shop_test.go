package browsertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// shop is the app of examples/orders, with its inspector.
type shop struct {
	t      *testing.T
	app    *sales.App
	driver *memdriver.Driver
	url    string
	down   atomic.Bool // the mail server
	allow  func(*http.Request, brookhttp.Action) error
}

// newShop starts a shop whose inspector anybody may use.
func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, driver: memdriver.New(memdriver.Partitions(4))}
	app, err := sales.NewApp(brook.Config{
		Author: "sales", Driver: s.driver, Store: mapstore.New(),
		Log:  slog.New(slog.DiscardHandler),
		Jobs: brook.Jobs{Min: 50 * time.Millisecond, Max: time.Second, Attempts: 1000},
	}, sales.Desk{PayWithin: time.Hour}, sales.Mailer{Send: s.send}, sales.Warehouse{})
	if err != nil {
		t.Fatal(err)
	}
	s.app = app
	inspector := brookhttp.Inspector(app, brookhttp.Options{
		Allow: func(r *http.Request, a brookhttp.Action) error {
			if s.allow != nil {
				return s.allow(r, a)
			}
			return nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
	mux := http.NewServeMux()
	mux.Handle("/admin/", http.StripPrefix("/admin", inspector))
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	server := httptest.NewServer(mux)
	s.url = server.URL + "/admin/"
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := app.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
		if err := errors.Join(inspector.Close(), app.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shop) send(context.Context, string, sales.SendMail) error {
	if s.down.Load() {
		return errors.New("the mail server does not answer")
	}
	return nil
}

// wait waits until an event is folded, or a dead letter.
func (s *shop) wait(pos brook.Position, err error) {
	s.t.Helper()
	if err == nil {
		err = s.app.WaitFor(s.t.Context(), pos)
	}
	if err != nil && !errors.Is(err, brook.ErrDeadLetter) {
		s.t.Fatal(err)
	}
}

// order places an order, and pays it.
func (s *shop) order(n int, paid bool) {
	s.t.Helper()
	id := fmt.Sprintf("o%03d", n)
	articles := []string{"bread", "cheese", "wine", "olives"}
	customers := []string{"ada", "grace", "barbara", "edsger"}
	customer := customers[n%len(customers)]
	s.wait(s.app.Publish.OrderPlaced(s.t.Context(), sales.OrderPlaced{
		Order: id, Customer: customer, Email: customer + "@example.com",
		Lines: []sales.Line{{Article: articles[n%4], Quantity: 1 + n%3, Cents: int64(250 + 100*(n%5))}},
	}))
	if paid {
		s.wait(s.app.Publish.PaymentReceived(s.t.Context(),
			sales.PaymentReceived{Order: id, Cents: int64(250 + 100*(n%5))}))
	}
}

// busy has a shop whose pages all have something to show.
func busy(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	ctx := t.Context()
	for _, a := range []string{"bread", "cheese", "wine", "olives"} {
		s.wait(s.app.Publish.StockReceived(ctx, sales.StockReceived{Article: a, Quantity: 500}))
	}
	for n := range 40 {
		s.order(n+1, n%3 != 0)
	}
	s.wait(s.app.Publish.ShipmentSent(ctx, sales.ShipmentSent{Order: "o003", Carrier: "bike"}))
	s.wait(s.app.Publish.OrderCancelled(ctx, sales.OrderCancelled{Order: "o004"}))
	// A customer who cancels an order that nobody has heard of, and events that wait for others.
	s.wait(s.app.Publish.OrderCancelled(ctx, sales.OrderCancelled{Order: "o900"}))
	s.order(900, false)
	return s
}

// cancel cancels an order that nobody has heard of.
func cancel(s *shop, id string) (brook.Position, error) {
	return s.app.Publish.OrderCancelled(s.t.Context(), sales.OrderCancelled{Order: id})
}
