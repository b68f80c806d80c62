package partition

import (
	"encoding/json"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// of returns an error if the views were made from another log than that of p, or stand past its end.
func (s Stored) Check(p brook.Partition) error {
	id := ID{p.Topic, p.Number}
	switch {
	case s.Log != p.Log:
		return fmt.Errorf("%w: the views were made from log %s of %s, and it is %s now; start with an empty store, or another Name",
			brook.ErrLogChanged, s.Log, id.String(), p.Log)
	case s.Next > p.End:
		return fmt.Errorf("%w: the views stand at %s, and the partition ends at %d; start with an empty store, or another Name",
			brook.ErrLogChanged, id.At(s.Next), p.End)
	}
	return nil
}

// standing is how far the views of a generation have come in one partition, as it is stored.
type Stored struct {
	Log   string // the log's identity
	First int64  // the first offset that was folded
	Next  int64  // all below is folded
	// Silent is the offset below which events were acted on before the views were made, while they are not there yet.
	Silent int64 `json:",omitempty"`
	Epoch  int64 `json:",omitempty"` // rises when another process is to read the partition's dead letters again
	// Last and Sum are the anchor of the last record that was folded. Earlier runtimes did not keep them.
	Last int64  `json:",omitempty"`
	Sum  uint64 `json:",omitempty"`
	Raw  []byte `json:"-"` // as stored
}

func (s Stored) Encode() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // two integers and a string
	}
	return b
}

func Decode(encodedKey, value []byte) (ID, Stored, error) {
	var s Stored
	id, err := FromKey(encodedKey)
	if err != nil {
		return id, s, fmt.Errorf("brook: stored position: %w: %w", err, brook.ErrPermanent)
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return id, s, fmt.Errorf("brook: stored position of %s/%d: %w: %w", id.Topic, id.Number, err, brook.ErrPermanent)
	}
	s.Raw = value
	return id, s, nil
}
