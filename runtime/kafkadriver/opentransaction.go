package kafkadriver

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

var _ brook.Withholder = (*Driver)(nil)

// Held returns the partitions whose readers came to what an open transaction wrote, with how many
// offsets are from there to the partition's end.
func (d *Driver) Held() (all []brook.Held) {
	d.reading.mu.Lock()
	defer d.reading.mu.Unlock()
	for _, f := range d.reading.fetchers {
		for r := range f.readers {
			if n := r.high - r.end; n > 0 && !r.held.IsZero() {
				all = append(all, brook.Held{Topic: r.place.Topic, Partition: r.place.Number,
					Records: n, Since: r.held})
			}
		}
	}
	return all
}

// noteHeld notes whether an open transaction holds up what the reader would return next: the
// partition goes up to high, and what can be read only to the reader's end. If that lasts, it is
// logged, as nothing else would show it. It is called with reading.mu held.
func (r *reader) noteHeld(high int64) {
	o := &r.driver.options
	r.high = max(high, r.end)
	switch waits := r.offset >= r.end && high > r.end; {
	case waits && r.held.IsZero():
		r.held = time.Now()
	case waits && !r.heldReported && time.Since(r.held) >= o.heldFor:
		r.heldReported = true
		o.log.Warn("kafkadriver: an open transaction holds a partition up: "+
			"what it wrote, and all behind it, is read once it is committed or aborted",
			"topic", r.place.Topic, "partition", r.place.Number, "offset", r.offset,
			"behind", high-r.end, "for", time.Since(r.held).Round(time.Second))
	case !waits && r.heldReported:
		o.log.Info("kafkadriver: the transaction that held a partition up has ended",
			"topic", r.place.Topic, "partition", r.place.Number, "offset", r.offset,
			"for", time.Since(r.held).Round(time.Second))
		r.held, r.heldReported = time.Time{}, false
	case !waits:
		r.held = time.Time{}
	}
}
