package task

import "github.com/brookgen/brookgen/runtime/internal/txn"

// CountTimers notes what a commit changed of timers.
func (s *Set) CountTimers(tx *txn.Tx) {
	if s.Timers == nil {
		return
	}
	s.Timers.Committed(tx.Changed)
	if n := tx.TimersAdded(); n != 0 {
		s.Waiting.Add(n)
	}
}

// ForgetTimers notes that the store may have timers that were not heard of.
func (s *Set) ForgetTimers() {
	s.Timers.Forget()
	s.Waiting.Forget()
}
