package brook

// Early returns err as the error of a handler whose event came too early: what it needs is made by
// an event that is yet to come, perhaps of another topic.
//
//	order, err := orders.Get(e.Data.Order)
//	if errors.Is(err, brook.ErrNotFound) {
//		return change, brook.Early(err)
//	}
//
// The runtime knows which rows the handler asked for in vain, by Get, Has or Lookup of a view or by
// Get of an index. It parks the event for that handler set, and runs it again right after the event
// by whose changes one of these rows appears. Later events of its key wait behind it. That is no
// failure; after [Config.Patience] it is reported as a dead letter of stage [StageEarly], and waits
// on all the same. If the handler asked for no row in vain, or in scans only, the error is a
// failure like any other.
//
// Early(nil) is nil. The error that it returns wraps err, and has its text.
func Early(err error) error {
	if err == nil {
		return nil
	}
	return &early{err}
}

// early is the error of an event that came too early.
type early struct{ error }

// Unwrap returns what Early was called with.
func (e *early) Unwrap() error { return e.error }

// Early says that the event came too early. Package delivery asks for it.
func (e *early) Early() bool { return true }
