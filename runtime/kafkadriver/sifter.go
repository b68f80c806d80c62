package kafkadriver

import (
	"encoding/binary"
	"errors"

	"github.com/IBM/sarama"
)

// A sifter leaves out what is no record of the log: markers, and what aborted transactions wrote.
type sifter struct {
	pending []*sarama.AbortedTransaction // by first offset
	aborted map[int64]bool               // producers within a transaction that was aborted
}

// keeps reports whether the records of the next batch count.
func (s *sifter) keeps(b *sarama.RecordBatch) (bool, error) {
	for len(s.pending) > 0 && s.pending[0].FirstOffset <= b.LastOffset() {
		s.aborted[s.pending[0].ProducerID] = true
		s.pending = s.pending[1:]
	}
	if b.Control {
		if len(b.Records) == 0 || len(b.Records[0].Key) < 4 {
			return false, errors.New("a control record does not say what it is")
		}
		if binary.BigEndian.Uint16(b.Records[0].Key[2:]) == controlAbort {
			delete(s.aborted, b.ProducerID)
		}
		return false, nil
	}
	return !b.IsTransactional || !s.aborted[b.ProducerID], nil
}

const controlAbort = 0
