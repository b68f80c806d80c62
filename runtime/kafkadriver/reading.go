package kafkadriver

import (
	"sync"
)

// reading is the reading half of a driver: a fetcher for each broker.
type reading struct {
	driver *Driver
	spares spares

	mu       sync.Mutex
	fetchers map[string]*fetcher // by address
	stopped  bool
}

func newReading(d *Driver) *reading { return &reading{driver: d, fetchers: map[string]*fetcher{}} }

// join adds a reader to the fetcher of a broker. It is called with mu held.
func (g *reading) join(r *reader, addr string) {
	f := g.fetchers[addr]
	if f == nil {
		f = &fetcher{reading: g, addr: addr, changed: sync.NewCond(&g.mu),
			readers: map[*reader]struct{}{}}
		g.fetchers[addr] = f
		for _, tail := range []bool{false, true} {
			g.driver.start(newPoller(f, tail).run)
		}
	}
	f.readers[r] = struct{}{}
	r.fetcher = f
	f.changed.Broadcast()
}

// prune ends the fetchers of brokers that are gone and have no readers, and reports whether
// some still have readers.
func (g *reading) prune(gone func(addr string) bool) (left bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for addr, f := range g.fetchers {
		switch {
		case !gone(addr):
		case len(f.readers) > 0:
			left = true
		default:
			delete(g.fetchers, addr)
			f.gone = true
			f.changed.Broadcast()
		}
	}
	return left
}

func (g *reading) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	for _, f := range g.fetchers {
		f.changed.Broadcast()
	}
}
