package kafka

import (
	"testing"

	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
)

// summary is what came of some events: who discards them has counts, who folds them has balances.
type summary struct {
	events   int
	bytes    int
	balances map[string]*accounts.Balance
}

func (s *summary) add(p *accounts.Paid, value []byte) {
	s.seen(value)
	if s.balances == nil {
		s.balances = map[string]*accounts.Balance{}
	}
	s.fold(p)
}

// seen counts an event that is not folded.
func (s *summary) seen(value []byte) {
	s.events++
	s.bytes += len(value)
}

// fold adds a payment to its balance.
func (s *summary) fold(p *accounts.Paid) {
	balance := s.balances[p.Account]
	if balance == nil {
		balance = &accounts.Balance{Account: p.Account}
		s.balances[p.Account] = balance
	}
	balance.Add(*p)
}

// merge adds what came of other partitions.
func (s *summary) merge(other *summary) {
	s.events += other.events
	s.bytes += other.bytes
	if other.balances != nil && s.balances == nil {
		s.balances = map[string]*accounts.Balance{}
	}
	for account, balance := range other.balances {
		s.balances[account] = balance
	}
}

// check fails unless all was dealt with once.
func (s *summary) check(b *testing.B, want *summary, folds bool) {
	b.Helper()
	if !folds {
		if s.events != want.events || s.bytes != want.bytes {
			b.Fatalf("%d events of %d bytes were seen, there are %d of %d", s.events, s.bytes,
				want.events, want.bytes)
		}
		return
	}
	if len(s.balances) != len(want.balances) {
		b.Fatalf("there are %d balances, want %d", len(s.balances), len(want.balances))
	}
	for account, balance := range want.balances {
		if got := s.balances[account]; got == nil || *got != *balance {
			b.Fatalf("the balance of %s is %+v, want %+v", account, got, balance)
		}
	}
}
