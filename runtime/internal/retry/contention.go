package retry

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// ErrRestart is wrapped by errors that make Run look anew at what the store and the log hold.
var ErrRestart = errors.New("brook: another process moved the views on")

// Contention counts how often another process was first. Processes that all begin anew at once
// would only be in each other's way, with every batch: so who loses waits a while, longer each
// time, and the others get on with what it would have done. One goroutine uses it.
type Contention struct {
	n    int
	last time.Time
}

const (
	firstWait = 4 * time.Millisecond
	mostWaits = 7 // the wait is twice as long each time, this often
)

// Wait waits a while by chance, or until ctx ends. It begins with short waits again if the last
// one is a second ago.
func (c *Contention) Wait(ctx context.Context) {
	if time.Since(c.last) > time.Second {
		c.n = 0
	}
	_ = Sleep(ctx, rand.N(firstWait<<c.n)) // the end of ctx shows at the next turn
	c.n = min(c.n+1, mostWaits)
	c.last = time.Now()
}
