// Package accounts is what the benchmarks of Kafka fold: payments into balances, without history.
package accounts

//go:generate go tool brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Paid is a payment to an account: some 200 bytes of JSON.
//
//brook:event account.paid history=off
type Paid struct {
	Account   string `json:"account" brook:"key"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
	Reason    string `json:"reason"`
	Sequence  int64  `json:"sequence"`
	Made      int64  `json:"made"` // ms since 1970
}

// Balance is what an account has got.
//
//brook:collection balances history=off
type Balance struct {
	Account string `json:"account" brook:"key"`
	Total   int64  `json:"total"`
	Times   int    `json:"times"`
	Reason  string `json:"reason"` // of the last payment
}

// Sums adds up.
type Sums struct{}

//brook:handle
func (Sums) Paid(e brook.Event[Paid]) brook.Change[string, Balance] {
	paid := e.Data // not e: a function that uses it takes the whole event to the heap
	return brook.Merge(paid.Account, func(b *Balance) { b.Add(paid) })
}

// Add adds a payment.
func (b *Balance) Add(p Paid) {
	b.Total += p.Amount
	b.Times++
	b.Reason = p.Reason
}
