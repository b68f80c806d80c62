package browsertest

import (
	"fmt"

	"github.com/brookgen/brookgen/examples/orders/sales"
)

var articles = []string{"bread", "cheese", "wine", "olives"}

// model is what is to be in the views, computed by hand from what was published.
type model struct {
	Orders   map[string]order
	Payments map[string]payment
	Stock    map[string]stock
	Turnover map[string]turnover
	sent     map[string]int // mails, by order and subject
}

// These have of each row what is compared.
type (
	order struct {
		Customer string       `json:"customer"`
		Status   sales.Status `json:"status"`
		Mails    int          `json:"mails"`
	}
	payment struct {
		Cents    int64 `json:"cents"`
		Refunded int64 `json:"refunded"`
	}
	stock struct {
		Received int `json:"received"`
		Reserved int `json:"reserved"`
	}
	turnover struct {
		Orders int   `json:"orders"`
		Cents  int64 `json:"cents"`
	}
)

func newModel() *model {
	return &model{Orders: map[string]order{}, Payments: map[string]payment{},
		Stock: map[string]stock{}, Turnover: map[string]turnover{}, sent: map[string]int{}}
}

// next returns the next order that somebody places.
func (m *model) next() sales.OrderPlaced {
	n := len(m.Orders)
	customers := []string{"ada", "grace", "barbara", "edsger"}
	customer := customers[n%len(customers)]
	return sales.OrderPlaced{
		Order: fmt.Sprintf("o%03d", n+1), Customer: customer, Email: customer + "@example.com",
		Lines: []sales.Line{
			{Article: articles[n%4], Quantity: 1 + n%3, Cents: int64(250 + 100*(n%5))},
			{Article: articles[(n+1)%4], Quantity: 2, Cents: 125},
		},
	}
}

func (m *model) placed(p sales.OrderPlaced) {
	m.Orders[p.Order] = order{Customer: p.Customer, Status: sales.Placed}
	t := m.Turnover[p.Customer]
	t.Orders++
	for _, l := range p.Lines {
		t.Cents += l.Cents * int64(l.Quantity)
		s := m.Stock[l.Article]
		s.Reserved += l.Quantity
		m.Stock[l.Article] = s
	}
	m.Turnover[p.Customer] = t
}

func (m *model) paid(p sales.PaymentReceived) {
	m.Payments[p.Order] = payment{Cents: m.Payments[p.Order].Cents + p.Cents}
	m.mailed(p.Order, sales.Paid, "Thank you for your payment")
}

func (m *model) mailed(id string, status sales.Status, subject string) {
	o := m.Orders[id]
	o.Status = status
	o.Mails++
	m.Orders[id] = o
	m.sent[id+": "+subject]++
}
