package partition_test

import (
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Checksums are stored: every version computes the same ones.
func TestChecksum(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	record := func(change func(*brook.Record)) uint64 {
		r := &brook.Record{
			Offset: 7, Time: at, Key: []byte("k"), Value: []byte("v"),
			Headers: []brook.Header{{Key: "h", Value: []byte("x")}},
		}
		change(r)
		return partition.Checksum(r)
	}
	sum := record(func(*brook.Record) {})
	if want := uint64(2563775144019798376); sum != want {
		t.Errorf("the checksum is %d, want %d", sum, want)
	}
	for name, same := range map[string]func(*brook.Record){
		"another partition":  func(r *brook.Record) { r.Topic, r.Partition = "t", 3 },
		"a zone":             func(r *brook.Record) { r.Time = at.UTC() },
		"part of a ms":       func(r *brook.Record) { r.Time = at.Add(time.Millisecond - 1) },
		"bytes of their own": func(r *brook.Record) { r.Key = append([]byte(nil), r.Key...) },
	} {
		if record(same) != sum {
			t.Errorf("%s changes the checksum", name)
		}
	}
	for name, other := range map[string]func(*brook.Record){
		"offset":            func(r *brook.Record) { r.Offset++ },
		"time":              func(r *brook.Record) { r.Time = at.Add(time.Millisecond) },
		"key":               func(r *brook.Record) { r.Key = nil },
		"value":             func(r *brook.Record) { r.Value = []byte("w") },
		"no header":         func(r *brook.Record) { r.Headers = nil },
		"header's name":     func(r *brook.Record) { r.Headers[0].Key = "i" },
		"header's value":    func(r *brook.Record) { r.Headers[0].Value = nil },
		"where a part ends": func(r *brook.Record) { r.Key, r.Value = []byte("kv"), nil },
	} {
		if record(other) == sum {
			t.Errorf("another %s has the same checksum", name)
		}
	}
	null := record(func(r *brook.Record) { r.Value = nil })
	if null != record(func(r *brook.Record) { r.Value = []byte{} }) {
		t.Error("null and empty differ")
	}
}
