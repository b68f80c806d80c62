package publisher

import (
	"bytes"
	"encoding/json"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Numbers number the emissions that do not come in the order of their cause's partition: of events
// that were redriven or processed. They have one stream of an app's store, with a random part: a
// store that was made anew has another one.
type Numbers struct {
	Stream string
	Next   int64

	Raw []byte `json:"-"` // as stored; nil: the store has none yet
}

// NumbersKey is the key of the row that Numbers are stored in.
var NumbersKey = []byte("numbers")

// DecodeNumbers decodes stored Numbers. The error wraps ErrPermanent.
func DecodeNumbers(raw []byte) (*Numbers, error) {
	n := &Numbers{Raw: bytes.Clone(raw)}
	if err := json.Unmarshal(raw, n); err != nil {
		return nil, fmt.Errorf("brook: the stored number of emissions is damaged: %w: %w",
			err, brook.ErrPermanent)
	}
	return n, nil
}
