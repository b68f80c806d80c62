package partition_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// What is stored is read by later versions: its form is fixed.
func TestStored(t *testing.T) {
	id := partition.ID{Topic: "orders", Number: 3}
	key := id.AppendKey(nil)
	s := partition.Stored{Log: "l", First: 1, Next: 7, Silent: 2, Epoch: 4, Last: 6, Sum: 9, Raw: []byte("before")}
	const want = `{"Log":"l","First":1,"Next":7,"Silent":2,"Epoch":4,"Last":6,"Sum":9}`
	if got := string(s.Encode()); got != want {
		t.Errorf("stored as %s, want %s", got, want)
	}
	got, again, err := partition.Decode(key, []byte(want))
	if again.Raw = nil; err != nil || got != id {
		t.Fatalf("read as %v, %v", got, err)
	}
	s.Raw = nil
	if string(again.Encode()) != want || again.Next != s.Next {
		t.Errorf("read as %+v, want %+v", again, s)
	}
	for _, damaged := range []string{"", "{", `{"Next":"x"}`} {
		if _, _, err := partition.Decode(key, []byte(damaged)); err == nil {
			t.Errorf("%q is read", damaged)
		}
	}
	if _, _, err := partition.Decode(key[:2], []byte(want)); err == nil {
		t.Error("half a key is read")
	}
}
