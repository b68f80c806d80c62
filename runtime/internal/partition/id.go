// Package partition names partitions of a log, and holds what an app stores of each: how far its
// views have come. The parts of the runtime that read, fold and publish use it. It is plain data:
// any goroutine may use a value that nobody changes.
package partition

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// ID names a partition.
type ID struct {
	Topic  string
	Number int32
}

// Of returns the partition that a position is in.
func Of(p brook.Position) ID { return ID{p.Topic, p.Partition} }

// At returns the position of an offset in the partition.
func (p ID) At(offset int64) brook.Position {
	return brook.Position{Topic: p.Topic, Partition: p.Number, Offset: offset}
}

// String returns topic/number.
func (p ID) String() string { return fmt.Sprintf("%s/%d", p.Topic, p.Number) }

// AppendKey appends the key under which things of the partition are stored. Its form is fixed.
func (p ID) AppendKey(dst []byte) []byte {
	return key.AppendInt(key.AppendString(dst, p.Topic), p.Number)
}

// FromKey returns the partition that a key names. An error wraps key.ErrCorrupt.
func FromKey(encoded []byte) (ID, error) {
	r := key.Read(encoded)
	id := ReadID(&r)
	return id, r.End()
}

// ReadID reads the partition that a longer key begins with. The reader keeps the error.
func ReadID(r *key.Reader) ID {
	return ID{r.String(), key.ReadInt[int32](r)}
}
