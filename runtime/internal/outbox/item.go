package outbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Item is an emission that was committed and is not published yet.
type Item struct {
	Position brook.Position // of the cause
	Author   string
	Type     string
	ID       string
	Set      string
	Ordinal  int
	Record   brook.Record

	Key    []byte       `json:"-"`
	Free   bool         `json:"-"` // of an event that was redriven or processed: it is numbered apart, and nobody's by its partition
	Passed bool         `json:"-"` // another member of the group published it: it is only removed
	way    *Destination // the failing one that it waits for; nil: none
	// checkpoint, instead of a record: all emissions of events below are published.
	checkpoint map[partition.ID]int64
}

// IsCheckpoint reports whether the item is no emission but a checkpoint behind emissions.
func (i *Item) IsCheckpoint() bool { return i.checkpoint != nil }

func (i *Item) Write(t brook.Table) brook.Write {
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // plain data
	}
	return brook.Write{Table: t, Key: i.Key, Value: b}
}

// ItemKey orders emissions by cause, set and result, numbered ones by their numbers; an event that
// came through no log is told apart by its ID.
func ItemKey(cause brook.Position, id string, number int64, set, ordinal int) []byte {
	dst := key.AppendInt(nil, number)
	dst = partition.Of(cause).AppendKey(dst)
	dst = key.AppendInt(dst, cause.Offset)
	if cause.IsZero() {
		dst = key.AppendString(dst, id)
	}
	return key.AppendInt(key.AppendInt(dst, set), ordinal)
}

// Number returns the number of a numbered emission, 0 for others.
func (i *Item) Number() int64 {
	r := key.Read(i.Key)
	return key.ReadInt[int64](&r)
}

// DecodeItem decodes a stored emission.
func DecodeItem(row brook.Row) (*Item, error) {
	item := &Item{Key: slices.Clone(row.Key)}
	if err := json.Unmarshal(row.Value.Data.([]byte), item); err != nil {
		return nil, fmt.Errorf("brook: stored emission: %w", err)
	}
	return item, nil
}

// Emitted returns the ID of an emission that has none in its entry: that of its cause and its place tell it as well.
func (i *Item) Emitted() string {
	return i.ID + "/" + i.Set + "/" + fmt.Sprint(i.Ordinal)
}

// Target names where an item goes: a partition, or a topic of which nothing is known yet.
func (i *Item) Target() string {
	if !i.Record.Placed {
		return i.Record.Topic
	}
	return i.Record.Topic + "/" + strconv.Itoa(int(i.Record.Partition))
}
