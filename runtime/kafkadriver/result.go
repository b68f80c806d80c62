package kafkadriver

import (
	"fmt"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A result is what a fetch response says about one partition.
type result struct {
	part        part
	end         int64
	high        int64   // the offset behind all records, with those of open transactions
	sharesBytes bool    // the records share the bytes of the response
	lost        error   // why the leader has to be looked up
	fatal       error   // why the reader ends
	diverging   *logEnd // the log does not have what was fetched before
	unsure      bool    // the offset, or the epoch of what was fetched before, is not in the log
	empty       bool    // there are records, but the response has none of them
}

// emptyTries is how many responses for this partition alone may be empty although the
// broker reports records.
const emptyTries = 3

// sharedPart is which part of a response the records of one partition have to be at least, so that
// they share its bytes: few bytes must not keep many alive.
const sharedPart = 8

// apply passes the result to a reader. It is called with reading.mu held.
func (g result) apply(r *reader) {
	switch {
	case g.fatal != nil:
		r.fail(g.fatal)
	case g.lost != nil:
		r.findLeader(g.lost)
	case g.diverging != nil:
		r.diverge(*g.diverging)
	case g.unsure:
		r.last = noEpoch // the next answer is about the offset alone
	case g.empty && r.alone && r.emptyFetches >= emptyTries:
		r.findLeader(fmt.Errorf("kafkadriver: fetch %v: the broker has records up to %d, but "+
			"returns none that can be read: a batch is larger than %d bytes, or damaged",
			r.at(), g.end, sarama.MaxResponseSize))
	case g.empty:
		// A response has its first batch complete, however large; others may be left out.
		if r.alone {
			r.emptyFetches++
		}
		r.alone, r.end = true, g.end
	default:
		r.deliver(g.part, g.end)
		r.noteHeld(g.high)
	}
}

// results decodes a response. The caller holds the memory of the parts.
func (p *poller) results(requests map[division.Place]*request,
	response fetchResponse) (all map[*request]result, err error) {
	all = make(map[*request]result, len(requests))
	err = response.each(func(f *fetched) {
		at := division.Place{Topic: p.decoder.text(f.topic), Number: f.number}
		q := requests[at]
		if q == nil {
			return
		}
		g := p.decoder.partition(q, at, f)
		switch {
		case !g.sharesBytes:
		case g.part.size < len(response.body)/sharedPart:
			copyRecords(g.part.records, g.part.memory)
		default:
			g.part.memory.share(response.memory)
		}
		all[q] = g
	})
	if err != nil {
		return nil, err
	}
	for at, q := range requests {
		if _, ok := all[q]; !ok {
			all[q] = result{lost: explain(sarama.ErrIncompleteResponse, "fetch %s/%d from %s",
				at.Topic, at.Number, p.addr)}
		}
	}
	return all, nil
}
