package retry

// Signal wakes one goroutine that waits for there being something to do. Several signals before it
// looks are one.
type Signal chan struct{}

// NewSignal returns a signal that is not set.
func NewSignal() Signal { return make(Signal, 1) }

// Set wakes who waits, or who will: a receive from the signal takes it.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}
