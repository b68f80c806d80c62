package kafkadriver

import "time"

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

// HeldFor sets after which time an open transaction is logged.
func HeldFor(d time.Duration) Option {
	return func(o *options) error {
		o.heldFor = d
		return nil
	}
}
