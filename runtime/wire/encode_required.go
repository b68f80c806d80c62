package wire

import (
	"bytes"
	"fmt"
)

// Strict makes Require and Absent fail. Without it they do nothing: JSON of rows is written as it
// is.
func (e *Encoder) Strict() { e.strict = true }

// Require fails if the field that was written last is null although it is required: what a decoder
// refuses is not published.
func (e *Encoder) Require() {
	if e.strict && e.err == nil && bytes.HasSuffix(e.buf, nullField) {
		w := walker{data: e.buf[e.start:]}
		e.fail(fmt.Errorf("json: %s is required, and nil: give it a value, as nobody can read null there",
			w.pathAt(len(w.data)-len("null"))))
	}
}

var nullField = []byte(":null")

// Absent fails, as the required field of that name is left out of the object that is being written.
func (e *Encoder) Absent(name string) {
	if !e.strict || e.err != nil {
		return
	}
	w := walker{data: e.buf[e.start:]}
	path := w.pathAt(len(w.data))
	if n := len(w.open); n > 0 {
		path = render(w.open[:n-1])
	}
	if path != "" {
		path += "."
	}
	e.fail(fmt.Errorf("json: %s%s is required, and left out: give it a value", path, name))
}
