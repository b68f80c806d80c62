package kafkadriver

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A poller is one of the two connections of a fetcher. Its goroutine fetches, and decodes.
type poller struct {
	*fetcher
	tail     bool
	conn     conn
	exchange exchange
	decoder  decoder
}

func newPoller(f *fetcher, tail bool) *poller {
	spares := &f.reading.spares
	p := &poller{fetcher: f, tail: tail, exchange: exchange{spares: spares},
		decoder: newDecoder(f.addr, spares)}
	given := f.reading.driver.config
	c := *given
	c.Net.TLS.Enable, c.Net.TLS.Config = false, nil // the dialer deals with it
	c.Net.Proxy.Dialer = linkDialer{securedDialer{given.Net.Proxy.Dialer.(dialer), given},
		&p.exchange}
	p.conn = conn{addr: f.addr, config: &c}
	return p
}

func (p *poller) run() {
	defer p.conn.close()
	for {
		requests, wait := p.choose()
		if requests == nil {
			return
		}
		silenced, err := p.fetch(requests, wait)
		p.deliver(requests, silenced, err)
	}
}

// fetch sends a request, and has the response in the exchange. It reports whether a quota silenced
// the broker: then there is nothing in the response, and the same has to be asked again.
func (p *poller) fetch(requests map[division.Place]*request,
	wait time.Duration) (silenced bool, err error) {
	c := p.reading.driver.config
	q := &fetchRequest{wait: wait, minBytes: 1, maxBytes: c.Consumer.Fetch.MaxBytes,
		partitionBytes: c.Consumer.Fetch.Default, partitions: requests}
	if p.tail {
		q.minBytes = c.Consumer.Fetch.Min
	}
	p.exchange.request, p.exchange.response = q, fetchResponse{}
	// The link replaces the request and the response.
	response, err := call(&p.conn, (*sarama.Broker).Fetch,
		&sarama.FetchRequest{Version: newestFetch})
	switch {
	case err != nil:
		return false, err
	case response.ErrorCode != 0:
		return false, sarama.KError(response.ErrorCode)
	case p.exchange.response.body == nil:
		return false, fmt.Errorf("the broker knows Fetch up to version %d only, not %d: it has "+
			"to be Kafka 2.8 or later", response.Version, oldestFetch)
	}
	return response.ThrottleTime > 0 && p.exchange.response.empty(), nil
}

// choose waits until there is something to fetch. It returns nil when the driver is closed or the
// broker has left the cluster.
func (p *poller) choose() (requests map[division.Place]*request, wait time.Duration) {
	p.reading.mu.Lock()
	defer p.reading.mu.Unlock()
	for !p.reading.stopped && !p.gone {
		requests = map[division.Place]*request{}
		if wait = p.collect(requests); len(requests) > 0 {
			for _, q := range requests {
				for _, r := range q.readers {
					r.busy = true
				}
			}
			p.waiting = p.waiting || p.tail && wait > shortPoll
			return requests, wait
		}
		p.changed.Wait()
	}
	return nil, 0
}

// collect fills in what this connection is to fetch, and returns how long the
// broker may wait for it.
func (p *poller) collect(requests map[division.Place]*request) time.Duration {
	behind, left := false, false
	for r := range p.readers {
		if r.full() {
			continue
		}
		ended := r.offset >= r.end
		if r.busy {
			left = left || ended // the other connection polls it, and returns it
			continue
		}
		if p.tail && (!ended || r.alone) || !p.tail && ended && !r.alone && !p.waiting {
			continue
		}
		if r.alone {
			clear(requests)
			requests[r.place] = &request{[]*reader{r}, r.offset, r.epoch, r.last}
			return 0
		}
		q := requests[r.place]
		if q == nil {
			q = &request{nil, r.offset, r.epoch, r.last}
			requests[r.place] = q
		} else if q.offset != r.offset || q.epoch != r.epoch || q.last != r.last {
			left = true
			continue
		}
		q.readers = append(q.readers, r)
		behind = behind || !ended
	}
	switch {
	case behind:
		return 0
	case p.tail && !left:
		return p.reading.driver.config.Consumer.MaxWaitTime
	default:
		return shortPoll
	}
}

// deliver passes results to the readers, or lets them look for their leaders.
func (p *poller) deliver(requests map[division.Place]*request, silenced bool, err error) {
	var got map[*request]result
	if err == nil && !silenced {
		got, err = p.results(requests, p.exchange.response)
		p.exchange.decoded()
	}
	p.reading.mu.Lock()
	defer p.reading.mu.Unlock()
	if p.tail {
		p.waiting = false
	}
	for _, q := range requests {
		for _, r := range q.readers {
			r.busy = false
			switch {
			case r.closed || silenced:
			case err != nil:
				r.alone = r.tries > 0 // one partition's damaged batch must not hold up the others
				r.findLeader(explain(err, "fetch %v from %s", r.at(), p.addr))
			default:
				got[q].apply(r)
			}
		}
		if m := got[q].part.memory; m != nil {
			m.release()
		}
	}
	p.changed.Broadcast()
}
