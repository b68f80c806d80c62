package brook

import "time"

// Timer is a handler's request to have an event published at a time, made by [At], or no longer,
// made by [Cancel]. It is stored, or removed, in the commit of the handler's changes. The zero
// Timer is nothing.
//
// There is one timer per event type and key: At replaces the one before. When its time has come,
// the instance that acts publishes the event, with that time as its Time, once everything is folded
// that the log held at that moment. When the event is folded, it is handled if its timer is still
// there; if it was cancelled or set anew meanwhile, or is a repeat, it is passed over, which
// Hooks.Commit counts. Handlers of the same package handle it; other apps may see an event whose
// timer was cancelled while it was on its way.
//
// A rebuild sets and cancels timers as the first fold did, and publishes nothing again. A time that
// has passed, the zero time included, is due at once; an event whose timer has the zero time has
// the time at which it is published. A time outside of the years 0 to 9999 (UTC) fails the handler.
type Timer[E any] struct {
	data E
	due  time.Time
	op   timerOp
}

// timerOp is what a Timer asks for.
type timerOp uint8

const (
	timerNothing timerOp = iota
	timerSet
	timerCancelled
)

// At returns the timer that has an event published at a time, in place of the one that is set for
// its key. It keeps data, which must not be changed from then on.
func At[E any](due time.Time, data E) Timer[E] { return Timer[E]{data, due, timerSet} }

// Cancel returns what removes the timer of an event, of which only the key fields count. It does
// nothing if there is none.
func Cancel[E any](data E) Timer[E] { return Timer[E]{data: data, op: timerCancelled} }

// Data returns the event that is to be published, or whose timer is cancelled, and false if t is
// the zero Timer.
func (t Timer[E]) Data() (E, bool) { return t.data, t.op != timerNothing }

// Due returns when the event is to be published, and false if t sets no timer.
func (t Timer[E]) Due() (time.Time, bool) { return t.due, t.op == timerSet }
