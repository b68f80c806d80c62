package brooktest

import "time"

// Now returns the time by the clock of the test, Scenario.Time: that of the next event.
func (s *Scenario[A]) Now() time.Time { return s.Time }

// Advance moves the clock of the test on, and folds the events of the timers that are due by then,
// with all that follows from them. Events that are parked for too long by then are reported. Jobs
// that are due by then wait for [Scenario.Work]. As after [Scenario.When], [Scenario.Published] has
// what the app published. It ends the test if d is negative.
//
//	s.When(brook.Emit(shop.OrderPlaced{Order: "o1"}))
//	s.Advance(24 * time.Hour)
func (s *Scenario[A]) Advance(d time.Duration) {
	s.t.Helper()
	if d < 0 {
		s.t.Fatalf("brooktest: Advance(%s): time goes on, not back", d)
	}
	s.Time = s.Time.Add(d)
	s.step(nil)
}

// tick shows the app what the clock of the test says. Time itself is the test's: the app's
// goroutines do not read it.
func (s *Scenario[A]) tick() {
	at := s.Time
	s.now.Store(&at)
}

// clock returns the time that the app sees. It is safe for concurrent use.
func (s *Scenario[A]) clock() time.Time { return *s.now.Load() }
