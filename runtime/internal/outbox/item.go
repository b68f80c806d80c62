package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Item is an emission that was committed and is not published yet, or a checkpoint behind
// emissions. An emission is stored as JSON of the fields that have no tag. Between Take and Land
// the publisher may change Record and Passed; what is unexported is guarded by the outbox.
type Item struct {
	Position brook.Position // of the cause
	// By is the position whose place the emission takes instead, because its event woke the cause,
	// which was parked; zero: the cause was not.
	By brook.Position `json:",omitzero"`

	Author  string // of the emission, as Type is
	Type    string
	ID      string // of the cause
	Set     string // whose handler emitted
	Ordinal int    // among the emissions of the set
	Record  brook.Record
	// Letter says that the record is that of a dead letter, for Config.DeadLetterTopic: if the log
	// refuses it, no letter is made of it.
	Letter bool `json:",omitempty"`

	// Key is the item's key in the store: see ItemKey.
	Key []byte `json:"-"`
	// Free says that the cause was redriven or processed: the emission is numbered apart, and no
	// owner of a partition publishes it.
	Free bool `json:"-"`
	// Passed says that another member of the group published it: it is only removed.
	Passed bool `json:"-"`

	at *Destination // the failing destination that it waits at; nil: none
	// checkpoint is set in place of a record: all emissions of events below these offsets are
	// published, once what stands before the item is.
	checkpoint map[partition.ID]int64
}

// storedItem is the JSON that an item is stored as.
type storedItem struct {
	Position partition.StoredPosition // instead of the item's
	*Item
}

// IsCheckpoint reports whether the item is a checkpoint and no emission.
func (i *Item) IsCheckpoint() bool { return i.checkpoint != nil }

// place returns the position by which it is decided who publishes the emission, and when.
func (i *Item) place() brook.Position {
	if !i.By.IsZero() {
		return i.By
	}
	return i.Position
}

// cause returns the partition of the place.
func (i *Item) cause() partition.ID { return partition.Of(i.place()) }

// Write returns the write that stores the emission.
func (i *Item) Write(t brook.Table) brook.Write {
	b, err := json.Marshal(storedItem{partition.StoredPosition(i.Position), i})
	if err != nil {
		panic(err) // plain data
	}
	return brook.Write{Table: t, Key: i.Key, Value: b}
}

// ItemKey returns the key of an emission in the store. Keys order emissions by their number, 0 for
// those that are not numbered, then by cause, set and ordinal. id is the cause's ID, which is part
// of the key if the cause has no position.
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

// DecodeItem decodes a stored emission. The error wraps ErrPermanent.
func DecodeItem(row brook.Row) (*Item, error) {
	item := &Item{Key: slices.Clone(row.Key)}
	stored := storedItem{Item: item}
	if err := json.Unmarshal(row.Value.Data.([]byte), &stored); err != nil {
		return nil, fmt.Errorf("brook: stored emission: %w: %w", err, brook.ErrPermanent)
	}
	item.Position = brook.Position(stored.Position)
	return item, nil
}

// Emitted returns the text by which a record without a key chooses its partition: the ID of the
// cause and the emission's place among what the cause emitted.
func (i *Item) Emitted() string {
	return i.ID + "/" + i.Set + "/" + strconv.Itoa(i.Ordinal)
}

// Target returns the name of the item's destination: a partition, or a topic if the partition is
// not chosen yet.
func (i *Item) Target() string {
	if !i.Record.Placed {
		return i.Record.Topic
	}
	return i.Record.Topic + "/" + strconv.Itoa(int(i.Record.Partition))
}

// compareKeys orders items as the store does.
func compareKeys(a, b *Item) int { return bytes.Compare(a.Key, b.Key) }
