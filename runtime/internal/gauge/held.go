package gauge

import "time"

// held is what the log keeps back behind the end up to which it delivers.
type held struct {
	records int64 // 0: nothing
	since   time.Time
}

// Holds notes how many records the log keeps back behind the partition's end, and since when.
func (p *Partition) Holds(records int64, since time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held{records, since}
}

// addHeld has a reading count what is kept back, once that has lasted: transactions that are well
// end sooner. It is called with p.mu held.
func (p *Partition) addHeld(r *Reading, now time.Time) {
	if p.held.records == 0 || p.next < p.end || now.Sub(p.held.since) <= Grace {
		return
	}
	r.End += p.held.records
	r.Behind, r.Since = true, p.held.since.Add(Grace)
	r.Age, r.Undelivered = now.Sub(p.held.since), p.held.since
}
