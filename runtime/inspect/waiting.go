package inspect

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Job is a job that is not done.
type Job struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Key      string         `json:"key,omitempty"`
	Data     Payload        `json:"data"`
	Set      string         `json:"set"`   // whose handler asked
	Cause    string         `json:"cause"` // the ID of the event that asked
	Position brook.Position `json:"position,omitzero"`
	Time     time.Time      `json:"time,omitzero"`
	Attempts int            `json:"attempts,omitempty"` // that failed
	Due      time.Time      `json:"due,omitzero"`       // of the next one
}

// Jobs is a page of jobs.
type Jobs struct {
	Jobs []Job  `json:"jobs"`
	Next string `json:"next,omitempty"` // the cursor for the next page; "": there are no more
}

// Timer is a timer that waits.
type Timer struct {
	Type     string         `json:"type"` // of the event that is to be published
	Key      string         `json:"key"`
	Due      time.Time      `json:"due"`
	Data     Payload        `json:"data"`
	Set      string         `json:"set"`   // whose handler set it
	Cause    string         `json:"cause"` // the ID of the event that set it
	Position brook.Position `json:"position,omitzero"`
}

// Timers is a page of timers.
type Timers struct {
	Timers []Timer `json:"timers"`
	Next   string  `json:"next,omitempty"` // the cursor for the next page; "": there are no more
}

// ParkedEvent is an event that came too early for a handler set, or waits behind one.
type ParkedEvent struct {
	Letter // as which it is reported, or will be
	// Missed is what its handler asked for in vain; none: it waits behind another one.
	Missed   []Missing `json:"missed,omitempty"`
	Since    time.Time `json:"since"`
	Reported bool      `json:"reported,omitempty"` // it is a dead letter of stage early
	Due      bool      `json:"due,omitempty"`      // such a row appeared: it runs next
}

// Missing is a row, or a value of an index, that is not there.
type Missing struct {
	Collection string `json:"collection"`
	Index      string `json:"index,omitempty"` // the field; "": Key is the row's
	Key        string `json:"key"`
}

// ParkedEvents is a page of parked events.
type ParkedEvents struct {
	Events []ParkedEvent `json:"events"`
	Next   string        `json:"next,omitempty"` // the cursor for the next page; "": there are no more
}

// Generation is one set of views in the store.
type Generation struct {
	Number int  `json:"number"`
	Live   bool `json:"live,omitempty"`
	// Building says that a rebuild or preview makes it.
	Building bool `json:"building,omitempty"`
	// Kept says that it was replaced, and could become the live one again; Until is until when.
	Kept     bool      `json:"kept,omitempty"`
	Replaced time.Time `json:"replaced,omitzero"`
	Until    time.Time `json:"until,omitzero"`
}
