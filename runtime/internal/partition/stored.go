package partition

import (
	"encoding/json"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Stored is how far the views of a generation have come in one partition. It is stored as JSON:
// names of fields are fixed, and a field that is added needs a zero value that means what its
// absence does.
type Stored struct {
	Log   string // the log's identity
	First int64  // the first offset that was folded
	Next  int64  // all offsets below are folded

	// Silent is the offset below which emissions and effects happened already, before these views
	// were made. It is 0 once the views have reached it.
	Silent int64 `json:",omitempty"`
	// Epoch rises to make other processes read the partition's dead letters again.
	Epoch int64 `json:",omitempty"`
	// Parks says that events of the partition are parked, or were: without it nobody looks.
	Parks bool `json:",omitempty"`
	// Last and Sum are the offset and the checksum of the record that was folded last. They are 0 if
	// an earlier version stored the rest.
	Last int64  `json:",omitempty"`
	Sum  uint64 `json:",omitempty"`

	Raw []byte `json:"-"` // the stored bytes, as Decode got them
}

// StoredPosition is a brook.Position as JSON rows hold it: an object, and no text.
type StoredPosition struct {
	Topic     string
	Partition int32
	Offset    int64
}

// StoredPositions are positions that JSON rows hold as a list of [StoredPosition].
type StoredPositions []brook.Position

// MarshalJSON returns s as it is stored.
func (s StoredPositions) MarshalJSON() ([]byte, error) {
	var list []StoredPosition
	for _, p := range s {
		list = append(list, StoredPosition(p))
	}
	return json.Marshal(list)
}

// UnmarshalJSON sets s to what is stored.
func (s *StoredPositions) UnmarshalJSON(data []byte) error {
	var list []StoredPosition
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*s = nil
	for _, p := range list {
		*s = append(*s, brook.Position(p))
	}
	return nil
}

// Encode returns the bytes that are stored.
func (s Stored) Encode() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and a string can't fail
	}
	return b
}

// Decode returns the partition that a row's key names, and what the row holds. An error wraps
// brook.ErrPermanent.
func Decode(encodedKey, value []byte) (ID, Stored, error) {
	var s Stored
	id, err := FromKey(encodedKey)
	if err != nil {
		return id, s, fmt.Errorf("brook: stored position: %w: %w", err, brook.ErrPermanent)
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return id, s, fmt.Errorf("brook: stored position of %s: %w: %w", id, err,
			brook.ErrPermanent)
	}
	s.Raw = value
	return id, s, nil
}

// AnyParks reports whether events of any partition are parked, or were.
func AnyParks(all map[ID]Stored) bool {
	for _, s := range all {
		if s.Parks {
			return true
		}
	}
	return false
}

// Check returns an error that wraps brook.ErrLogChanged if the views were made from another log
// than that of p, or have come further than its end.
func (s Stored) Check(p brook.Partition) error {
	id := ID{p.Topic, p.Number}
	switch {
	case s.Log != p.Log:
		return fmt.Errorf("%w: the views were made from log %s of %s, and it is %s now; "+
			"start with an empty store, or another Name", brook.ErrLogChanged, s.Log, id, p.Log)
	case s.Next > p.End:
		return fmt.Errorf("%w: the views stand at %s, and the partition ends at %d; "+
			"start with an empty store, or another Name", brook.ErrLogChanged, id.At(s.Next), p.End)
	}
	return nil
}
