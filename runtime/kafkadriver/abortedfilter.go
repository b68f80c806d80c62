package kafkadriver

import (
	"encoding/binary"
	"errors"
	"slices"
)

// An abortedTransaction is the producer and the first offset of a transaction that was aborted.
type abortedTransaction struct{ producer, first int64 }

// An abortedFilter leaves out batches that hold no records of the log: transaction markers, and
// what aborted transactions wrote.
type abortedFilter struct {
	pending []abortedTransaction // ordered by first offset
	aborted map[int64]bool       // producer IDs inside a transaction that was aborted
}

// newAbortedFilter orders the transactions in place.
func newAbortedFilter(aborted []abortedTransaction) abortedFilter {
	slices.SortFunc(aborted, func(a, b abortedTransaction) int {
		return int(min(max(a.first-b.first, -1), 1))
	})
	return abortedFilter{pending: aborted}
}

var errStrangeControl = errors.New("a control record does not say what it is")

// keeps reports whether the records of b, the next batch, belong to the log. For a control batch
// it calls key for the key of its record.
func (f *abortedFilter) keeps(b *recordBatch, key func() ([]byte, error)) (bool, error) {
	for len(f.pending) > 0 && f.pending[0].first <= b.last() {
		if f.aborted == nil {
			f.aborted = map[int64]bool{}
		}
		f.aborted[f.pending[0].producer] = true
		f.pending = f.pending[1:]
	}
	if b.control() {
		k, err := key()
		if err != nil {
			return false, err
		}
		if len(k) < 4 {
			return false, errStrangeControl
		}
		if binary.BigEndian.Uint16(k[2:]) == controlAbort {
			delete(f.aborted, b.producer)
		}
		return false, nil
	}
	return !b.transactional() || !f.aborted[b.producer], nil
}

const controlAbort = 0
