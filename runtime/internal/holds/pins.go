package holds

import (
	"math"
	"sync/atomic"
)

// Pins counts who reads a generation, so that it is not removed under them. It has a cache line of its own: readers come and go.
type Pins struct {
	_ [64]byte
	N atomic.Int64
	_ [56]byte
}

// removing is added to the pins of a generation that nobody may begin to read any more.
const removing = math.MinInt64 / 2

// Release ends the time in which the generation may be read, unless somebody reads it, and reports whether nobody does.
func (p *Pins) Release() bool { return p.N.CompareAndSwap(0, removing) || p.N.Load() < 0 }
