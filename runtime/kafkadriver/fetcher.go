package kafkadriver

import (
	"sync"
	"time"

	"github.com/IBM/sarama"
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

// A fetcher fetches the partitions that one broker leads, over two connections: a long poll holds up all that is asked
// over the same one. The tail waits for news of the partitions that are read to their end. The other brings what there
// is of those that are behind; and while the tail waits, news of those that came to their end since.
type fetcher struct {
	reading *reading
	addr    string

	// Guarded by reading.mu.
	changed *sync.Cond
	readers map[*reader]struct{}
	waiting bool // the tail is in a long poll
}

// short is how long a poll lasts that another may have to wait for.
const short = 10 * time.Millisecond

// A poller is one of the connections of a fetcher. Header names are the same few all the time, and kept.
type poller struct {
	*fetcher
	tail   bool
	link   link
	names  map[string]string
	recent [16]string // those of the record before
}

// A wish is for one partition from an offset on, and who wants it.
type wish struct {
	reader  *reader // the first one
	readers []*reader
	offset  int64
	epoch   int32
}

type place struct {
	topic  string
	number int32
}

func (p *poller) run() {
	defer p.link.close()
	for {
		wishes, wait := p.choose()
		if wishes == nil {
			return
		}
		response, err := call(&p.link, (*sarama.Broker).Fetch, p.request(wishes, wait))
		p.deliver(wishes, response, err)
	}
}

// choose waits until there is something to ask for; it gives nothing when the driver is closed.
func (p *poller) choose() (wishes map[place]*wish, wait time.Duration) {
	p.reading.mu.Lock()
	defer p.reading.mu.Unlock()
	for !p.reading.stopped {
		wishes = map[place]*wish{}
		if wait = p.gather(wishes); len(wishes) > 0 {
			for _, a := range wishes {
				for _, r := range a.readers {
					r.busy = true
				}
			}
			p.waiting = p.waiting || p.tail && wait > short
			return wishes, wait
		}
		p.changed.Wait()
	}
	return nil, 0
}

// gather collects what this connection is to ask for, and says how long the broker may wait for it.
func (p *poller) gather(wishes map[place]*wish) time.Duration {
	behind, left := false, false
	for r := range p.readers {
		if r.full() {
			continue
		}
		ended := r.offset >= r.end
		if r.busy {
			left = left || ended // the other connection polls it, and gives it back
			continue
		}
		if p.tail && (!ended || r.alone) || !p.tail && ended && !r.alone && !p.waiting {
			continue
		}
		if r.alone {
			clear(wishes)
			wishes[place{r.topic, r.number}] = &wish{reader: r, readers: []*reader{r}, offset: r.offset, epoch: r.epoch}
			return 0
		}
		a := wishes[place{r.topic, r.number}]
		if a == nil {
			a = &wish{reader: r, offset: r.offset, epoch: r.epoch}
			wishes[place{r.topic, r.number}] = a
		} else if a.offset != r.offset || a.epoch != r.epoch {
			left = true
			continue
		}
		a.readers = append(a.readers, r)
		behind = behind || !ended
	}
	switch {
	case behind:
		return 0
	case p.tail && !left:
		return p.reading.driver.config.Consumer.MaxWaitTime
	default:
		return short
	}
}

func (p *poller) request(wishes map[place]*wish, wait time.Duration) *sarama.FetchRequest {
	c := p.reading.driver.config
	request := &sarama.FetchRequest{
		Version:      12,
		MinBytes:     1,
		MaxBytes:     c.Consumer.Fetch.MaxBytes,
		MaxWaitTime:  int32(wait / time.Millisecond),
		Isolation:    c.Consumer.IsolationLevel,
		SessionEpoch: -1, // no session: each request says all that it wants
	}
	if p.tail {
		request.MinBytes = c.Consumer.Fetch.Min
	}
	for at, a := range wishes {
		request.AddBlock(at.topic, at.number, a.offset, c.Consumer.Fetch.Default, a.epoch)
	}
	return request
}

// deliver hands out what came, or has the leaders looked for.
func (p *poller) deliver(wishes map[place]*wish, response *sarama.FetchResponse, err error) {
	if err == nil && response.ErrorCode != 0 {
		err = sarama.KError(response.ErrorCode)
	}
	var got map[*wish]digest
	silenced := err == nil && len(response.Blocks) == 0 && response.ThrottleTime > 0 // by a quota: it is to be asked again
	if err == nil && !silenced {
		got = p.digest(wishes, response)
	}
	p.reading.mu.Lock()
	defer p.reading.mu.Unlock()
	if p.tail {
		p.waiting = false
	}
	for _, a := range wishes {
		for _, r := range a.readers {
			r.busy = false
			switch {
			case r.closed || silenced:
			case err != nil:
				r.alone = r.tries > 0 // one partition's damaged batch is not to hold up the others
				r.lose(explain(err, "fetch %v from %s", r.at(), p.addr))
			default:
				got[a].tell(r)
			}
		}
	}
	p.changed.Broadcast()
}
