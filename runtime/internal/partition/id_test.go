package partition_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Keys are stored: their form is fixed. They are in the order of topic, then number.
func TestIDKeys(t *testing.T) {
	var before []byte
	for _, id := range []partition.ID{
		{"", 0}, {"a", math.MinInt32}, {"a", 0}, {"a", 9}, {"a", 10}, {"a\x00b", 0}, {"ab", 0},
	} {
		encoded := id.AppendKey(nil)
		if bytes.Compare(before, encoded) >= 0 {
			t.Errorf("%v is at %q, not behind %q", id, encoded, before)
		}
		before = encoded
		if got, err := partition.FromKey(encoded); got != id || err != nil {
			t.Errorf("%v is read as %v, %v", id, got, err)
		}
		r := key.Read(key.AppendBool(encoded, true))
		if got := partition.ReadID(&r); got != id || !r.Bool() || r.End() != nil {
			t.Errorf("at the start of a longer key %v is read as %v", id, got)
		}
		for _, damaged := range [][]byte{encoded[:len(encoded)-1], append(encoded, 0)} {
			if _, err := partition.FromKey(damaged); !errors.Is(err, key.ErrCorrupt) {
				t.Errorf("%q: %v", damaged, err)
			}
		}
	}
	const want = "x" + "orders\x00\x01\x80\x00\x00\x03"
	id := partition.ID{Topic: "orders", Number: 3}
	if got := id.AppendKey([]byte("x")); string(got) != want {
		t.Errorf("the key is %q, want %q", got, want)
	}
}

func TestIDPositions(t *testing.T) {
	p := brook.Position{Topic: "t", Partition: 4, Offset: 9}
	id := partition.Of(p)
	if id.At(9) != p || id.String() != "t/4" {
		t.Errorf("%v is in %s, and back at %v", p, id, id.At(9))
	}
}
