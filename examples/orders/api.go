package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// largestPage is how many rows a page has at most, and has if nothing else is asked for.
const largestPage = 100

// api answers requests from the views:
//
//	GET /orders?customer=ada        (or status=paid, or all; limit=20, after=ID, newest first: newest=)
//	GET /orders/ID                  all that is known of an order
//	GET /orders/ID/history          the events that made its row
//	GET /stock
//	GET /customers
type api struct{ views sales.Views }

func newAPI(views sales.Views) http.Handler {
	a, mux := api{views}, http.NewServeMux()
	mux.HandleFunc("GET /orders", answer(a.orders))
	mux.HandleFunc("GET /orders/{id}", answer(a.order))
	mux.HandleFunc("GET /orders/{id}/history", answer(a.history))
	mux.HandleFunc("GET /stock", answer(a.stock))
	mux.HandleFunc("GET /customers", answer(a.customers))
	return mux
}

// page is some of the orders, in the order of their IDs.
type page struct {
	Orders []sales.Order `json:"orders"`
	Next   string        `json:"next,omitempty"` // what to ask for as after, if there are more
}

func (a api) orders(r *http.Request) (any, error) {
	query, orders := r.URL.Query(), a.views.WithContext(r.Context()).Orders
	want, err := wanted(query)
	if err != nil {
		return nil, err
	}
	limit := want.Limit
	want.Limit++ // one more, to see whether there are more
	var rows iter.Seq2[brook.Entry[string, sales.Order], error]
	switch {
	case query.Has("customer"):
		rows = orders.CustomerIndex().Page(query.Get("customer"), want)
	case query.Has("status"):
		rows = orders.StatusIndex().Page(sales.Status(query.Get("status")), want)
	default:
		rows = orders.Page(want)
	}
	p := page{Orders: []sales.Order{}}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if len(p.Orders) == limit {
			p.Next = p.Orders[limit-1].ID
			break
		}
		p.Orders = append(p.Orders, row.Value)
	}
	return p, nil
}

// wanted returns which page a query asks for. The cursor is a key, not a number: nothing is shown
// twice or left out if orders come between two requests.
func wanted(query url.Values) (p brook.Page[string], err error) {
	p.Limit, p.Reverse = largestPage, query.Has("newest")
	if query.Has("after") {
		p.After = new(query.Get("after"))
	}
	if query.Has("limit") {
		p.Limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || p.Limit < 1 || p.Limit > largestPage {
			return p, fmt.Errorf("%w: limit is a number from 1 to %d", errBadRequest, largestPage)
		}
	}
	return p, nil
}

// dossier is all that is known of an order.
type dossier struct {
	Order    sales.Order     `json:"order"`
	Payment  *sales.Payment  `json:"payment,omitempty"`
	Shipment *sales.Shipment `json:"shipment,omitempty"`
	Returns  []sales.Return  `json:"returns,omitempty"`
}

// order reads four collections at one instant.
func (a api) order(r *http.Request) (any, error) {
	var d dossier
	id := r.PathValue("id")
	err := a.views.Snapshot(r.Context(), func(views sales.Views) (err error) {
		d = dossier{} // over Redis it may run again
		if d.Order, err = views.Orders.Get(id); err != nil {
			return err
		}
		if payment, ok, err := views.Payments.Lookup(id); err != nil {
			return err
		} else if ok {
			d.Payment = &payment
		}
		if shipment, ok, err := views.Shipments.Lookup(id); err != nil {
			return err
		} else if ok {
			d.Shipment = &shipment
		}
		for back, err := range views.Returns.WithOrder(id) {
			if err != nil {
				return err
			}
			d.Returns = append(d.Returns, back.Value)
		}
		return nil
	})
	return d, err
}

func (a api) history(r *http.Request) (any, error) {
	return a.views.WithContext(r.Context()).Orders.Events(r.PathValue("id"))
}

func (a api) stock(r *http.Request) (any, error) {
	return brook.Values(a.views.WithContext(r.Context()).Stock.All())
}

func (a api) customers(r *http.Request) (any, error) {
	return brook.Values(a.views.WithContext(r.Context()).Customers.All())
}

// errBadRequest is wrapped by errors that are the client's.
var errBadRequest = errors.New("bad request")

// answer makes a handler of what returns something to be sent as JSON.
func answer(read func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := read(r)
		status := http.StatusOK
		switch {
		case errors.Is(err, errBadRequest):
			status = http.StatusBadRequest
		case errors.Is(err, brook.ErrNotFound):
			status = http.StatusNotFound
		case err != nil:
			status = http.StatusServiceUnavailable
		}
		if err != nil {
			body = map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // an error is the client's, who is gone
	}
}
