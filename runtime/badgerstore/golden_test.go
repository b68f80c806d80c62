package badgerstore

import (
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// TestStoredForm pins the bytes of history entries: stores that are on disks have them.
func TestStoredForm(t *testing.T) {
	for name, c := range map[string]struct {
		entry *brook.HistoryEntry
		order uint64
		want  string
	}{
		"bare": {&brook.HistoryEntry{Type: "bare", Time: time.Unix(0, 0).UTC()}, 0,
			"00000000000000000000000000000000000000"},
		"full": {&brook.HistoryEntry{
			Position: brook.Position{Topic: "orders", Partition: 300, Offset: 1 << 40},
			ID:       "id-1", Type: "order.placed", Author: "shop", Cause: "id-0",
			Time: time.Date(2026, 5, 6, 7, 8, 9, 123_456_789, time.UTC), Key: []byte("k"),
			Data:    []byte(`{"n":1}`),
			Headers: []brook.Header{{Key: "trace", Value: []byte{0, 255}}, {Key: "none"}},
		}, 1<<56 + 7,
			"0100000000000007066f7264657273d8048080808080400469642d310473686f700469642d30b2a3" +
				"d79f0d959aef3a026b087b226e223a317d020574726163650300ff046e6f6e6500"},
		"odd": {&brook.HistoryEntry{
			Position: brook.Position{Topic: "t", Partition: -1, Offset: -1}, Type: "é",
			Time: time.Date(-5, 1, 2, 3, 4, 5, 999_999_999, time.UTC), Key: []byte{},
			Data:    []byte{},
			Headers: []brook.Header{{Value: []byte{}}},
		}, 300, "000000000000012c01740101000000b5c9d2add003ff93ebdc030101010001"},
	} {
		data := appendEntry(nil, c.entry)
		binary.BigEndian.PutUint64(data, c.order)
		if got := hex.EncodeToString(data); got != c.want {
			t.Errorf("%s is stored as\n%s, want\n%s", name, got, c.want)
		}
		want, err := hex.DecodeString(c.want)
		if err != nil {
			t.Fatal(err)
		}
		order, got, err := decodeEntry(want, c.entry.Type)
		if err != nil || order != c.order || !reflect.DeepEqual(got, c.entry) {
			t.Errorf("%s decodes as %d, %+v, %v", name, order, got, err)
		}
	}
}
