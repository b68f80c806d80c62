package kafkadriver

import (
	"sync"
)

// reading is all that is fetched: a fetcher for each broker.
type reading struct {
	driver *Driver

	mu       sync.Mutex
	fetchers map[string]*fetcher // by address
	stopped  bool
}

func newReading(d *Driver) *reading { return &reading{driver: d, fetchers: map[string]*fetcher{}} }

// join makes a reader one of a broker's. It is called with mu held.
func (g *reading) join(r *reader, addr string) {
	f := g.fetchers[addr]
	if f == nil {
		f = &fetcher{reading: g, addr: addr, changed: sync.NewCond(&g.mu), readers: map[*reader]struct{}{}}
		g.fetchers[addr] = f
		for _, tail := range []bool{false, true} {
			p := &poller{fetcher: f, tail: tail, link: link{addr: addr, config: g.driver.config}, names: map[string]string{}}
			g.driver.begin(p.run)
		}
	}
	f.readers[r] = struct{}{}
	r.home = f
	f.changed.Broadcast()
}

func (g *reading) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	for _, f := range g.fetchers {
		f.changed.Broadcast()
	}
}
