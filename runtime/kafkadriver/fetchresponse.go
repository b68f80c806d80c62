package kafkadriver

import (
	"errors"

	"github.com/IBM/sarama"
)

// A fetchResponse is what a broker answered to a fetch: the bytes, as they came.
type fetchResponse struct {
	version int16
	body    []byte // nil: there was no answer
	memory  *responseMemory
}

// empty reports whether there are no partitions in the response.
func (r fetchResponse) empty() bool {
	some := false
	err := r.each(func(*fetched) { some = true })
	return err == nil && !some
}

// A fetched is what a fetchResponse has of one partition. It shares the bytes of the response.
type fetched struct {
	topic     []byte
	number    int32
	err       sarama.KError
	high      int64 // the offset behind all records
	stable    int64 // the offset behind those of transactions that have ended; -1: not known
	start     int64
	aborted   []abortedTransaction
	diverging *logEnd // the log does not have what the reader read last
	records   []byte
}

// A logEnd is where an epoch of a partition's log ends.
type logEnd struct {
	epoch  int32
	offset int64
}

var errFetchResponse = errors.New("the response ends in the middle, or is no response to a fetch")

// each calls f with each partition of the response. If the response turns out to be damaged, f may
// have been called before.
func (r fetchResponse) each(f func(*fetched)) error {
	w := wireReader{left: r.body, flexible: r.version >= newestFetch}
	w.take(4 + 2 + 4) // throttle time, error, session: sarama deals with them
	for topics := w.length(); topics > 0 && !w.bad; topics-- {
		topic := w.text()
		for partitions := w.length(); partitions > 0 && !w.bad; partitions-- {
			p := fetched{topic: topic}
			if p.read(&w); !w.bad {
				f(&p)
			}
		}
		w.tags(nil)
	}
	if w.tags(nil); w.bad || len(w.left) > 0 {
		return errFetchResponse
	}
	return nil
}

func (p *fetched) read(w *wireReader) {
	p.number, p.err = w.int32(), sarama.KError(w.int16())
	p.high, p.stable, p.start = w.int64(), w.int64(), w.int64()
	if n := w.length(); n > 0 {
		p.aborted = make([]abortedTransaction, 0, min(n, len(w.left)/16))
		for ; n > 0 && !w.bad; n-- {
			p.aborted = append(p.aborted, abortedTransaction{w.int64(), w.int64()})
			w.tags(nil)
		}
	}
	w.int32() // another replica to read from
	p.records = w.bytes()
	const divergingEpoch = 0
	w.tags(func(tag uint64, value *wireReader) {
		if tag == divergingEpoch {
			p.diverging = &logEnd{value.int32(), value.int64()}
		}
	})
	if p.diverging != nil && p.diverging.offset < 0 {
		p.diverging = nil
	}
}
