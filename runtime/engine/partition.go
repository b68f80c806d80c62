package engine

import (
	"encoding/json"
	"fmt"

	"github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// partitionID names a partition.
type partitionID struct {
	topic  string
	number int32
}

// partitionOf returns the partition of a position.
func partitionOf(p brook.Position) partitionID { return partitionID{p.Topic, p.Partition} }

func (p partitionID) at(offset int64) brook.Position {
	return brook.Position{Topic: p.topic, Partition: p.number, Offset: offset}
}

// name returns topic/number.
func (p partitionID) name() string { return fmt.Sprintf("%s/%d", p.topic, p.number) }

func (p partitionID) appendKey(dst []byte) []byte {
	return key.AppendInt(key.AppendString(dst, p.topic), p.number)
}

// partitionFrom returns the partition that a key of the positions is for.
func partitionFrom(encodedKey []byte) (partitionID, error) {
	r := key.Read(encodedKey)
	id := decodePartition(&r)
	return id, r.End()
}

func decodePartition(r *key.Reader) partitionID {
	return partitionID{r.String(), key.ReadInt[int32](r)}
}

// standing is how far the views of a generation have come in one partition, as it is stored.
type standing struct {
	Log   string // the log's identity
	First int64  // the first offset that was folded
	Next  int64  // all below is folded
	// Silent is the offset below which events were acted on before the views were made, while they are not there yet.
	Silent int64 `json:",omitempty"`
	Epoch  int64 `json:",omitempty"` // rises when another process is to read the partition's dead letters again
	// Last and Sum are the anchor of the last record that was folded. Earlier runtimes did not keep them.
	Last int64  `json:",omitempty"`
	Sum  uint64 `json:",omitempty"`
	raw  []byte // as stored
}

func (s standing) encode() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // two integers and a string
	}
	return b
}

func decodeStanding(encodedKey, value []byte) (partitionID, standing, error) {
	var s standing
	id, err := partitionFrom(encodedKey)
	if err != nil {
		return id, s, fmt.Errorf("brook: stored position: %w: %w", err, brook.ErrPermanent)
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return id, s, fmt.Errorf("brook: stored position of %s/%d: %w: %w", id.topic, id.number, err, brook.ErrPermanent)
	}
	s.raw = value
	return id, s, nil
}
