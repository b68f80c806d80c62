package kafkadriver

import (
	"encoding/binary"
	"errors"

	"github.com/IBM/sarama"
)

// An abortedFilter leaves out batches that hold no records of the log: transaction markers, and
// what aborted transactions wrote.
type abortedFilter struct {
	pending []*sarama.AbortedTransaction // ordered by first offset
	aborted map[int64]bool               // producer IDs inside a transaction that was aborted
}

// keeps reports whether the records of b, the next batch, belong to the log.
func (f *abortedFilter) keeps(b *sarama.RecordBatch) (bool, error) {
	for len(f.pending) > 0 && f.pending[0].FirstOffset <= b.LastOffset() {
		f.aborted[f.pending[0].ProducerID] = true
		f.pending = f.pending[1:]
	}
	if b.Control {
		if len(b.Records) == 0 || len(b.Records[0].Key) < 4 {
			return false, errors.New("a control record does not say what it is")
		}
		if binary.BigEndian.Uint16(b.Records[0].Key[2:]) == controlAbort {
			delete(f.aborted, b.ProducerID)
		}
		return false, nil
	}
	return !b.IsTransactional || !f.aborted[b.ProducerID], nil
}

const controlAbort = 0
