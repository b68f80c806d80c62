package kafkadriver

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Brokers is for how many brokers the driver has connections or goroutines.
func (d *Driver) Brokers() int {
	d.reading.mu.Lock()
	n := len(d.reading.fetchers)
	d.reading.mu.Unlock()
	d.writing.mu.Lock()
	n = max(n, len(d.writing.senders))
	d.writing.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(n, len(d.conns))
}

// Room is how many bytes may yet be under way, and how many calls wait until they may.
func (d *Driver) Room() (free int64, waiting int) {
	l := d.writing.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free, len(l.waiting)
}

// HeldFor sets after which time an open transaction is logged.
func HeldFor(d time.Duration) Option {
	return func(o *options) error {
		o.heldFor = d
		return nil
	}
}

// Poison has memory overwritten as soon as it is to be used again, so that whoever still uses it
// is found.
func Poison() {
	released := []byte("released")
	poison = func(slice any) {
		switch s := slice.(type) {
		case []byte:
			for i := range s {
				s[i] = 0xdb
			}
		case []brook.Record:
			for i := range s {
				s[i] = brook.Record{Topic: "released", Partition: -1, Offset: -1,
					Value: released}
			}
		case []brook.Header:
			for i := range s {
				s[i] = brook.Header{Key: "released", Value: released}
			}
		}
	}
}
