package timers

import "sync"

// Count is how many timers wait. It has to be counted once, and again whenever the store may hold
// other timers than were heard of; in between, commits say how many more there are. The zero Count
// is yet to be counted, and a nil one that of an app without timers. It is safe for concurrent use.
type Count struct {
	mu      sync.Mutex
	n       int
	counted bool
	round   int // how often Begin or Forget was called
	since   int // how many more there are since then
}

// Add notes that a commit set n timers more than it removed.
func (c *Count) Add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n, c.since = c.n+n, c.since+n
}

// Forget notes that the store may hold other timers than were heard of.
func (c *Count) Forget() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counted = false
	c.round++
}

// Begin begins to count what the store holds at this instant, which goes to End with the round.
func (c *Count) Begin() (round int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round++
	c.since = 0
	return c.round
}

// End notes how many timers waited at the instant of Begin. It does nothing if the count was
// forgotten since, or begun again.
func (c *Count) End(n, round int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round == round {
		c.n, c.counted = n+c.since, true
	}
}

// Waiting returns how many timers wait; -1 if that is yet to be counted.
func (c *Count) Waiting() int {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.counted {
		return -1
	}
	return c.n
}
