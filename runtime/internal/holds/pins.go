package holds

import (
	"math"
	"sync/atomic"
)

// Pins counts the reads of a generation that are under way, so that it is not removed under them.
// Any goroutine may call its methods, without a lock. It fills a cache line of its own, because
// readers come and go all the time.
type Pins struct {
	_ [64]byte
	n atomic.Int64 // reads under way; negative: no more may begin
	_ [56]byte
}

// removing is what n is once no read may begin any more: far below zero, whatever fails to begin.
const removing = math.MinInt64 / 2

// Pin begins a read, and reports whether it may: the generation is not being removed. If so, Unpin
// ends it. If not, Unpin must not be called.
func (p *Pins) Pin() bool { return p.n.Add(1) > 0 }

// Unpin ends a read, and reports whether it was the last one under way.
func (p *Pins) Unpin() (last bool) { return p.n.Add(-1) == 0 }

// Release keeps reads from beginning, unless one is under way, and reports whether none is.
func (p *Pins) Release() bool { return p.n.CompareAndSwap(0, removing) || p.n.Load() < 0 }
