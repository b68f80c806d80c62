package stored_test

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

var full = &brook.HistoryEntry{
	Position: brook.Position{Topic: "t", Partition: -1, Offset: 1 << 62},
	ID:       "id", Type: "x", Author: "a", Cause: "c",
	Time: time.Date(-5, 1, 2, 3, 4, 5, 999_999_999, time.UTC), Key: []byte{}, Data: []byte(`{}`),
	Headers: []brook.Header{
		{Key: "k", Value: nil}, {Key: "", Value: []byte{}}, {Key: "k", Value: []byte{0}},
	},
}

func TestEntry(t *testing.T) {
	for _, e := range []*brook.HistoryEntry{{Type: "bare", Time: time.Time{}.UTC()}, full} {
		data := stored.AppendEntry(nil, e)
		got, err := stored.DecodeEntry(data, e.Type)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("got %+v, %v, want %+v", got, err, e)
		}
		for n := range data {
			if _, err := stored.DecodeEntry(data[:n], ""); !errors.Is(err, stored.ErrEntry) {
				t.Errorf("%d of %d bytes: %v", n, len(data), err)
			}
		}
		if _, err := stored.DecodeEntry(append(data, 0), ""); !errors.Is(err, stored.ErrEntry) {
			t.Errorf("a byte too many: %v", err)
		}
	}
}

// A count that the bytes behind it can't be true to takes no memory.
func TestEntryClaimsMore(t *testing.T) {
	data := stored.AppendEntry(nil, &brook.HistoryEntry{})
	for _, count := range [][]byte{
		{0xff, 0xff, 0xff, 0xff, 0x0f},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	} {
		for at := range data {
			damaged := append(bytes.Clone(data[:at]), append(count, data[at:]...)...)
			if n := allocated(func() { _, _ = stored.DecodeEntry(damaged, "") }); n > 1<<20 {
				t.Errorf("count %x at %d: %d bytes are allocated", count, at, n)
			}
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte{})
	f.Add(stored.AppendEntry(nil, &brook.HistoryEntry{}))
	f.Add(stored.AppendEntry(nil, full))
	f.Fuzz(func(t *testing.T, data []byte) {
		was := bytes.Clone(data)
		var e *brook.HistoryEntry
		var err error
		n := allocated(func() { e, err = stored.DecodeEntry(data, "t") })
		if limit := uint64(1<<20 + 64*len(data)); n > limit {
			t.Errorf("%d bytes of input allocate %d", len(data), n)
		}
		if !bytes.Equal(was, data) {
			t.Error("decoding changes its input")
		}
		if err != nil {
			if e != nil || !errors.Is(err, stored.ErrEntry) {
				t.Errorf("%+v, %v", e, err)
			}
			return
		}
		again, err := stored.DecodeEntry(stored.AppendEntry(nil, e), "t")
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%+v becomes %+v, %v", e, again, err)
		}
	})
}

// allocated returns how many bytes f allocates, at least, with what others do at the same time.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
