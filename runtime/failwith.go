package brook

// FailWith returns the error of a handler that failed and publishes that it did. The set's changes
// and all that its handlers returned are void, as with any error; once the event has become a dead
// letter, the emissions are published, with the commit that stores the letter. They are not
// published while the event is tried again ([ErrRetry]) or waits as one that came too early
// ([Early]), also once that is reported, and not if it is redriven and fails again.
// They must be of types that the handler has as results, Emission[E] or []Emission[E]: if not, none
// is published, and the letter says so. FailWith returns nil if err is nil.
//
// The error wraps err, has its text, and may be wrapped itself.
func FailWith(err error, emissions ...Outgoing) error {
	if err == nil {
		return nil
	}
	var some []Outgoing
	for _, o := range emissions {
		if o == nil || !o.nothing() {
			some = append(some, o)
		}
	}
	return &failure{err, some}
}

// failure is an error with what is to be published because of it.
type failure struct {
	error
	emissions []Outgoing
}

// Unwrap returns the error that it wraps.
func (f *failure) Unwrap() error { return f.error }

// Emissions returns what is to be published because of the error.
func (f *failure) Emissions() []Outgoing { return f.emissions }
