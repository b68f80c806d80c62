package partition

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// partitionID names a partition.
type ID struct {
	Topic  string
	Number int32
}

// partitionOf returns the partition of a position.
func Of(p brook.Position) ID { return ID{p.Topic, p.Partition} }

func (p ID) At(offset int64) brook.Position {
	return brook.Position{Topic: p.Topic, Partition: p.Number, Offset: offset}
}

// name returns topic/number.
func (p ID) String() string { return fmt.Sprintf("%s/%d", p.Topic, p.Number) }

func (p ID) AppendKey(dst []byte) []byte {
	return key.AppendInt(key.AppendString(dst, p.Topic), p.Number)
}

// partitionFrom returns the partition that a key of the positions is for.
func FromKey(encodedKey []byte) (ID, error) {
	r := key.Read(encodedKey)
	id := ReadID(&r)
	return id, r.End()
}

func ReadID(r *key.Reader) ID {
	return ID{r.String(), key.ReadInt[int32](r)}
}
