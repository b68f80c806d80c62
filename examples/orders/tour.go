package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
)

// tour asks the API what there is to see.
type tour struct {
	out io.Writer
	url string
	err error // the first
}

// show asks for all that there is.
func (t *tour) show(views sales.Views) error {
	next := t.orders("/orders?limit=3")
	t.orders("/orders?limit=3&after=" + next)
	t.orders("/orders?limit=3&newest=")
	t.orders("/orders?limit=3&status=cancelled")
	for row, err := range views.Returns.Page(brook.Page[sales.ReturnKey]{Limit: 1}) {
		if err != nil {
			return err
		}
		t.text("/orders/" + row.Key.Order)
		t.history("/orders/" + row.Key.Order + "/history")
	}
	t.text("/stock")
	return t.err
}

// orders shows a page of orders, and returns where the next one begins.
func (t *tour) orders(path string) string {
	var p page
	t.get(path, &p)
	for _, o := range p.Orders {
		fmt.Fprintf(t.out, "  %s %s %-9s mails: %d\n", o.ID, o.Customer, o.Status, o.Mails)
	}
	return p.Next
}

// history shows the events that made a row.
func (t *tour) history(path string) {
	var events []struct {
		Type     string
		Time     time.Time
		Position brook.Position
	}
	t.get(path, &events)
	for _, e := range events {
		fmt.Fprintf(t.out, "  %s %-18s %s\n", e.Time.Format("15:04:05.000"), e.Type, e.Position)
	}
}

// text shows an answer as it is.
func (t *tour) text(path string) {
	var answer json.RawMessage
	t.get(path, &answer)
	var b bytes.Buffer
	if err := json.Indent(&b, answer, "  ", "  "); err == nil {
		fmt.Fprintf(t.out, "  %s\n", &b)
	}
}

// get reads an answer into a value.
func (t *tour) get(path string, into any) {
	fmt.Fprintf(t.out, "\nGET %s\n", path)
	answer, err := http.Get(t.url + path)
	if err == nil {
		err = errors.Join(json.NewDecoder(answer.Body).Decode(into), answer.Body.Close())
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, answer.Status)
	}
	t.err = cmp.Or(t.err, err)
}
