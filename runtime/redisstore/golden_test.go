package redisstore

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// TestStoredForm pins the bytes of a history's members: views that are on servers have them.
func TestStoredForm(t *testing.T) {
	const place = "\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x03"
	for name, c := range map[string]struct {
		entry *brook.HistoryEntry
		want  string
	}{
		"bare": {&brook.HistoryEntry{Type: "bare", Time: time.Unix(0, 0).UTC()},
			"04626172650000000000000102000000030000000000000000000000"},
		"full": {&brook.HistoryEntry{
			Position: brook.Position{Topic: "orders", Partition: 300, Offset: 1 << 40},
			ID:       "id-1", Type: "order.placed", Author: "shop", Cause: "id-0",
			Time: time.Date(2026, 5, 6, 7, 8, 9, 123_456_789, time.UTC), Key: []byte("k"),
			Data:    []byte(`{"n":1}`),
			Headers: []brook.Header{{Key: "trace", Value: []byte{0, 255}}, {Key: "none"}},
		}, "0c6f726465722e706c61636564000000000000010200000003066f7264657273d804808080808040" +
			"0469642d310473686f700469642d30b2a3d79f0d959aef3a026b087b226e223a317d020574726163" +
			"650300ff046e6f6e6500"},
		"odd": {&brook.HistoryEntry{
			Position: brook.Position{Topic: "t", Partition: -1, Offset: -1}, Type: "é",
			Time: time.Date(-5, 1, 2, 3, 4, 5, 999_999_999, time.UTC), Key: []byte{},
			Data:    []byte{},
			Headers: []brook.Header{{Value: []byte{}}},
		}, "02c3a900000000000001020000000301740101000000b5c9d2add003ff93ebdc030101010001"},
	} {
		data := stored.AppendEntry(append(stored.AppendText(nil, c.entry.Type), place...), c.entry)
		if got := hex.EncodeToString(data); got != c.want {
			t.Errorf("%s is stored as\n%s, want\n%s", name, got, c.want)
		}
		want, err := hex.DecodeString(c.want)
		if err != nil {
			t.Fatal(err)
		}
		at, got, err := decodeEntry(want)
		if err != nil || at != place || !reflect.DeepEqual(got, c.entry) {
			t.Errorf("%s decodes at %x as %+v, %v", name, at, got, err)
		}
	}
}
