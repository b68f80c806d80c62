package kafkadriver

import (
	"time"
)

// heldUp notes whether a transaction that is open holds up what the reader would give next: the partition goes up to high, and what can be
// read to the reader's end. Where it lasts the log says so, for nobody else would. It is called with reading.mu held.
func (r *reader) heldUp(high int64) {
	o := &r.driver.options
	switch waits := r.offset >= r.end && high > r.end; {
	case waits && r.held.IsZero():
		r.held = time.Now()
	case waits && !r.told && time.Since(r.held) >= o.heldFor:
		r.told = true
		o.log.Warn("kafkadriver: an open transaction holds a partition up: what it wrote, and all behind it, is read once it is committed or aborted",
			"topic", r.place.Topic, "partition", r.place.Number, "offset", r.offset, "behind", high-r.end, "for", time.Since(r.held).Round(time.Second))
	case !waits && r.told:
		o.log.Info("kafkadriver: the transaction that held a partition up has ended", "topic", r.place.Topic, "partition", r.place.Number,
			"offset", r.offset, "after", time.Since(r.held).Round(time.Second))
		r.held, r.told = time.Time{}, false
	case !waits:
		r.held = time.Time{}
	}
}
