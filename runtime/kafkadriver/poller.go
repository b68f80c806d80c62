package kafkadriver

import (
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

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
	readers []*reader
	offset  int64
	epoch   int32
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

// choose waits until there is something to ask for; it gives nothing when the driver is closed, or the broker gone.
func (p *poller) choose() (wishes map[division.Place]*wish, wait time.Duration) {
	p.reading.mu.Lock()
	defer p.reading.mu.Unlock()
	for !p.reading.stopped && !p.gone {
		wishes = map[division.Place]*wish{}
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
func (p *poller) gather(wishes map[division.Place]*wish) time.Duration {
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
			wishes[r.place] = &wish{readers: []*reader{r}, offset: r.offset, epoch: r.epoch}
			return 0
		}
		a := wishes[r.place]
		if a == nil {
			a = &wish{offset: r.offset, epoch: r.epoch}
			wishes[r.place] = a
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

func (p *poller) request(wishes map[division.Place]*wish, wait time.Duration) *sarama.FetchRequest {
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
		request.AddBlock(at.Topic, at.Number, a.offset, c.Consumer.Fetch.Default, a.epoch)
	}
	return request
}

// deliver hands out what came, or has the leaders looked for.
func (p *poller) deliver(wishes map[division.Place]*wish, response *sarama.FetchResponse, err error) {
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
