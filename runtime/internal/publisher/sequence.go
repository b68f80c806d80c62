package publisher

import (
	"bytes"
	"encoding/json"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Sequence numbers the emissions that do not come in the order of their cause's partition: those of
// events that were redriven or processed. They have one stream of an app's store. Its name has a
// random part, so that a store that was made anew has another stream.
type Sequence struct {
	Stream string
	Next   int64 // the number of the next emission
	// Restored is the ID of the restoration that the store came from when the stream was named. What
	// is restored may be older than what was published: numbers would be given once more, and
	// receivers would take other emissions for repeats. So a restored store has another stream.
	Restored string `json:",omitempty"`

	Raw []byte `json:"-"` // as stored; nil: the store has none yet
}

// SequenceKey is the key of the row that a Sequence is stored in.
var SequenceKey = []byte("numbers")

// DecodeSequence decodes a stored Sequence. The error wraps ErrPermanent.
func DecodeSequence(raw []byte) (*Sequence, error) {
	n := &Sequence{Raw: bytes.Clone(raw)}
	if err := json.Unmarshal(raw, n); err != nil {
		return nil, fmt.Errorf("brook: the stored number of emissions is damaged: %w: %w",
			err, brook.ErrPermanent)
	}
	return n, nil
}
