package outbox

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// text returns what a write stores.
func text(w brook.Write) string { return string(w.Value.([]byte)) }

// Stored emissions are read by later versions, and those of earlier ones by this one: their form is
// fixed, and nothing that only the outbox needs is in it.
func TestStoredItem(t *testing.T) {
	at := brook.Position{Topic: "orders", Partition: 3, Offset: 7}
	item := Item{
		Position: at, Author: "author", Type: "type", ID: "id", Set: "set", Ordinal: 4,
		Record: brook.Record{Topic: "out", Partition: 2, Placed: true, Key: []byte("k"),
			Value: []byte("v"), Headers: []brook.Header{{Key: "h", Value: []byte("v")}}},
		Key: ItemKey(at, "id", 5, 1, 4), Free: true, Passed: true, at: &Destination{},
	}
	const wantKey = "\x80\x00\x00\x00\x00\x00\x00\x05orders\x00\x01\x80\x00\x00\x03" +
		"\x80\x00\x00\x00\x00\x00\x00\a\x80\x00\x00\x00\x00\x00\x00\x01\x80\x00\x00\x00\x00\x00\x00\x04"
	const head = `{"Position":{"Topic":"orders","Partition":3,"Offset":7},"Author":"author",` +
		`"Type":"type","ID":"id","Set":"set","Ordinal":4,"Record":{"Topic":"out","Partition":2,`
	const tail = `"Offset":0,"Time":"0001-01-01T00:00:00Z","Key":"aw==","Value":"dg==",` +
		`"Headers":[{"Key":"h","Value":"dg=="}]}}`
	w := item.Write("t")
	want(t, "key", string(w.Key), wantKey)
	want(t, "value", text(w), head+`"Placed":true,`+tail)
	want(t, "number", item.Number(), 5)

	again, err := DecodeItem(brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "written again", text(again.Write("t")), text(w))
	want(t, "its key", string(again.Key), wantKey)
	if again.Free || again.Passed || again.IsCheckpoint() {
		t.Errorf("read as %+v", again)
	}
	item.Record.Placed = false
	want(t, "without a partition", text(item.Write("t")), head+tail)
	if w.Key[0] = 0; again.Key[0] == 0 {
		t.Error("the item shares the bytes of the store")
	}

	const unplaced = "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x01\x80\x00\x00\x00" +
		"\x80\x00\x00\x00\x00\x00\x00\x00id\x00\x01" +
		"\x80\x00\x00\x00\x00\x00\x00\x01\x80\x00\x00\x00\x00\x00\x00\x04"
	want(t, "key without a position", string(ItemKey(brook.Position{}, "id", 0, 1, 4)), unplaced)
}

// Keys sort emissions by number, cause, set and ordinal, each with its sign.
func TestItemKeysSort(t *testing.T) {
	type place struct {
		number       int64
		topic        string
		partition    int32
		offset       int64
		id           string
		set, ordinal int
	}
	var all []place
	for _, number := range []int64{0, 1, 255, 256, EarlierNumbers, math.MaxInt64} {
		for _, cause := range []place{
			{topic: ""}, {topic: "", id: "a"}, {topic: "", id: "a\x00b"}, {topic: "", id: "b"},
			{topic: "a"}, {topic: "a", offset: 1}, {topic: "a", offset: math.MaxInt64},
			{topic: "a", partition: 1}, {topic: "a", partition: 256}, {topic: "a\x00"},
			{topic: "b"},
		} {
			for _, set := range []int{0, 1, 300} {
				for _, ordinal := range []int{0, 1, 300} {
					p := cause
					p.number, p.set, p.ordinal = number, set, ordinal
					all = append(all, p)
				}
			}
		}
	}
	keyOf := func(p place) []byte {
		at := brook.Position{Topic: p.topic, Partition: p.partition, Offset: p.offset}
		return ItemKey(at, p.id, p.number, p.set, p.ordinal)
	}
	order := func(a, b place) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.topic, b.topic),
			cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset),
			cmp.Compare(a.id, b.id), cmp.Compare(a.set, b.set), cmp.Compare(a.ordinal, b.ordinal))
	}
	if !slices.IsSortedFunc(all, order) {
		t.Fatal("the test's places are not in order")
	}
	for i := range all[1:] {
		if bytes.Compare(keyOf(all[i]), keyOf(all[i+1])) >= 0 {
			t.Errorf("%+v does not come before %+v", all[i], all[i+1])
		}
	}
	want(t, "number", (&Item{Key: key.AppendInt(nil, int64(9))}).Number(), 9)
}

// Target and Emitted name where an emission goes, and by what it chooses its partition.
func TestNamesOfItems(t *testing.T) {
	i := Item{ID: "id", Set: "set", Ordinal: 12, Record: brook.Record{Topic: "a", Partition: 3}}
	want(t, "target", i.Target(), "a")
	i.Record.Placed = true
	want(t, "target", i.Target(), "a/3")
	want(t, "emitted", i.Emitted(), "id/set/12")
}

// What is damaged in the store ends Run: no other try reads it.
func FuzzDecodeItem(f *testing.F) {
	for _, s := range []string{"", "{", "null", "{}", `{"Position":1}`, `{"ID":"x"}{`, "\xff"} {
		f.Add([]byte("key"), []byte(s))
	}
	f.Add([]byte(nil), []byte(text(emitted(in, 3, "a").Write("t"))))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		item, err := DecodeItem(brook.Row{Key: key, Value: brook.Value{Data: value}})
		if err != nil {
			if !errors.Is(err, brook.ErrPermanent) {
				t.Errorf("%v is tried again", err)
			}
			return
		}
		item.Number()
		item.Target()
		item.Write("t")
	})
}
