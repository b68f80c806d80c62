package kafkadriver

import (
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// readerAt returns a reader that has returned what is before 10, and has read ahead three parts.
func readerAt() *reader {
	d := &Driver{}
	d.reading = newReading(d)
	r := &reader{driver: d, wake: make(chan struct{}, 1), taken: logEnd{1, 10}, offset: 10, last: 1}
	for i := range int64(3) {
		r.deliver(part{memory: newMemory(&spares{}), records: make([]brook.Record, 10), next: 20 + 10*i, epoch: 2 + int32(i),
			size: 5}, 100)
	}
	return r
}

// What was read ahead of a log that was cut back is dropped, and fetched again.
func TestDivergence(t *testing.T) {
	r := readerAt()
	r.diverge(logEnd{3, 25})
	if r.fatal != nil || len(r.parts) != 0 || r.size != 0 || r.offset != 10 || r.last != 1 {
		t.Errorf("nothing was returned: %+v", r)
	}
	// The log does not have what Read returned either.
	r.diverge(logEnd{0, 5})
	if !errors.Is(r.fatal, brook.ErrOutOfRange) {
		t.Errorf("what was returned is gone: %v", r.fatal)
	}
}

// A part that Read has returned records of is not dropped: what follows it is fetched again, and
// the next answer says whether it is in the log.
func TestDivergenceBegun(t *testing.T) {
	r := readerAt()
	r.parts[0].records[3].Offset = 13
	c, err := effectiveConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.driver.config = c
	if c, _, ok, err := r.take(3); !ok || err != nil || c.Next != 13 {
		t.Fatalf("%+v, %v, %v", c, ok, err)
	}
	r.diverge(logEnd{3, 25})
	if r.fatal != nil || len(r.parts) != 1 || r.size != 5 || r.offset != 20 || r.last != 2 {
		t.Fatalf("some of the part was returned: %+v", r)
	}
	if c, _, ok, err := r.take(100); !ok || err != nil || c.Next != 20 || r.taken != (logEnd{2, 20}) {
		t.Errorf("%+v, %v, %v, %+v", c, ok, err, r.taken)
	}
	r.diverge(logEnd{1, 15})
	if !errors.Is(r.fatal, brook.ErrOutOfRange) {
		t.Errorf("what was returned is gone: %v", r.fatal)
	}
}
