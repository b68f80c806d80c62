package kafkadriver

import (
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A poller is one of the two connections of a fetcher. It keeps header names, because records use
// the same few again and again.
type poller struct {
	*fetcher
	tail   bool
	conn   conn
	names  map[string]string
	recent [16]string // header names of the record before
}

// A request asks for one partition from an offset on, for some readers.
type request struct {
	readers []*reader
	offset  int64
	epoch   int32
}

func (p *poller) run() {
	defer p.conn.close()
	for {
		requests, wait := p.choose()
		if requests == nil {
			return
		}
		response, err := call(&p.conn, (*sarama.Broker).Fetch, p.message(requests, wait))
		p.deliver(requests, response, err)
	}
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
			requests[r.place] = &request{readers: []*reader{r}, offset: r.offset, epoch: r.epoch}
			return 0
		}
		q := requests[r.place]
		if q == nil {
			q = &request{offset: r.offset, epoch: r.epoch}
			requests[r.place] = q
		} else if q.offset != r.offset || q.epoch != r.epoch {
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

func (p *poller) message(requests map[division.Place]*request,
	wait time.Duration) *sarama.FetchRequest {
	c := p.reading.driver.config
	request := &sarama.FetchRequest{
		Version:      12,
		MinBytes:     1,
		MaxBytes:     c.Consumer.Fetch.MaxBytes,
		MaxWaitTime:  int32(wait / time.Millisecond),
		Isolation:    c.Consumer.IsolationLevel,
		SessionEpoch: -1, // no session: each request lists all partitions
	}
	if p.tail {
		request.MinBytes = c.Consumer.Fetch.Min
	}
	for at, q := range requests {
		request.AddBlock(at.Topic, at.Number, q.offset, c.Consumer.Fetch.Default, q.epoch)
	}
	return request
}

// deliver passes results to the readers, or lets them look for their leaders.
func (p *poller) deliver(requests map[division.Place]*request, response *sarama.FetchResponse,
	err error) {
	if err == nil && response.ErrorCode != 0 {
		err = sarama.KError(response.ErrorCode)
	}
	var got map[*request]result
	// by a quota: ask again
	silenced := err == nil && len(response.Blocks) == 0 && response.ThrottleTime > 0
	if err == nil && !silenced {
		got = p.results(requests, response)
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
	}
	p.changed.Broadcast()
}
