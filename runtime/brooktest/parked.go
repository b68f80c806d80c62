package brooktest

import brook "github.com/brookgen/brookgen/runtime"

// Parked returns the events that are parked, in log order, because they came too early: those for
// which a handler returned [brook.Early], and those of their keys that wait behind them, which have
// 0 attempts. They are no dead letters, unless they waited for longer than [brook.Config.Patience]
// by the clock of the test: see [Scenario.Advance].
//
//	s.When(brook.Emit(shop.OrderPaid{Order: "o1"}))
//	if parked := s.Parked(); len(parked) != 1 {
//		t.Errorf("parked: %v", parked)
//	}
//	s.When(brook.Emit(shop.OrderPlaced{Order: "o1"})) // runs the payment, too
func (s *Scenario[A]) Parked() []brook.DeadLetter {
	s.t.Helper()
	all, err := s.back.Parked(s.t.Context())
	if err != nil {
		s.t.Fatalf("brooktest: parked events: %v", err)
	}
	return all
}
