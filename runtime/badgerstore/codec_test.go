package badgerstore

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

func TestEntry(t *testing.T) {
	for _, e := range []*brook.HistoryEntry{
		{Type: "bare"},
		{
			Position: brook.Position{Topic: "t", Partition: -1, Offset: 1 << 62}, ID: "id",
			Type: "x", Author: "a", Cause: "c",
			Time: time.Date(-5, 1, 2, 3, 4, 5, 999_999_999, time.UTC), Key: []byte{},
			Data: []byte(`{}`),
			Headers: []brook.Header{{Key: "k", Value: nil}, {Key: "", Value: []byte{}},
				{Key: "k", Value: []byte{0}}},
		},
	} {
		data := appendEntry(nil, e)
		binary.BigEndian.PutUint64(data, 77)
		order, got, err := decodeEntry(data, e.Type)
		if err != nil || order != 77 {
			t.Fatalf("order %d, %v", order, err)
		}
		if !e.Time.Equal(got.Time) {
			t.Errorf("time %v, want %v", got.Time, e.Time)
		}
		got.Time = e.Time
		if !reflect.DeepEqual(got, e) {
			t.Errorf("got %+v, want %+v", got, e)
		}
		for n := range data {
			if _, _, err := decodeEntry(data[:n], ""); err == nil {
				t.Errorf("%d of %d bytes decode", n, len(data))
			}
		}
		if _, _, err := decodeEntry(append(data, 0), ""); err == nil {
			t.Error("more bytes decode")
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(appendEntry(nil, &brook.HistoryEntry{ID: "i", Headers: []brook.Header{{Key: "k"}}}))
	h := head{life: 7, order: 300, large: true, types: []run{{1, 5, 600}, {9, 0, 0}}}
	f.Add(h.encode(nil))
	p := purge{table: 3, key: []byte("k"), life: 9, large: true, runs: h.types}
	f.Add(p.encode(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if order, e, err := decodeEntry(bytes.Clone(data), "t"); err == nil {
			again := appendEntry(nil, e)
			binary.BigEndian.PutUint64(again, order)
			if _, e2, err := decodeEntry(again, "t"); err != nil || !reflect.DeepEqual(e, e2) {
				t.Errorf("%+v becomes %+v, %v", e, e2, err)
			}
		}
		if h, err := decodeHead(data); err == nil {
			if h2, err := decodeHead(h.encode(nil)); err != nil || !reflect.DeepEqual(h, h2) {
				t.Errorf("%+v becomes %+v, %v", h, h2, err)
			}
		}
		if p, err := decodePurge(data); err == nil {
			if p2, err := decodePurge(p.encode(nil)); err != nil || !reflect.DeepEqual(p, p2) {
				t.Errorf("%+v becomes %+v, %v", p, p2, err)
			}
		}
	})
}

func TestHeads(t *testing.T) {
	c := newHeads(20)
	for i := range byte(200) {
		c.put([]byte{i}, &head{order: uint64(i)})
		if h := c.get([]byte{0}); h == nil || h.order != 0 {
			t.Fatalf("what is used is forgotten after %d", i)
		}
		if n := len(c.young) + len(c.old); n > 20 {
			t.Fatalf("%d heads are kept", n)
		}
	}
	c.put([]byte{0}, nil)
	if c.get([]byte{0}) != nil {
		t.Error("a head that is gone is kept")
	}
}
