package partition_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// What is stored is read by later versions: its form is fixed.
func TestStored(t *testing.T) {
	id := partition.ID{Topic: "orders", Number: 3}
	key := id.AppendKey(nil)
	s := partition.Stored{
		Log: "l", First: 1, Next: 7, Silent: 2, Epoch: 4, Last: 6, Sum: 9, Raw: []byte("before"),
	}
	const want = `{"Log":"l","First":1,"Next":7,"Silent":2,"Epoch":4,"Last":6,"Sum":9}`
	if got := string(s.Encode()); got != want {
		t.Errorf("stored as %s, want %s", got, want)
	}
	got, again, err := partition.Decode(key, []byte(want))
	if string(again.Raw) != want {
		t.Errorf("its bytes are %s", again.Raw)
	}
	if again.Raw = nil; err != nil || got != id {
		t.Fatalf("read as %v, %v", got, err)
	}
	s.Raw = nil
	if string(again.Encode()) != want || again.Next != s.Next {
		t.Errorf("read as %+v, want %+v", again, s)
	}
	for _, damaged := range []string{"", "{", `{"Next":"x"}`} {
		if _, _, err := partition.Decode(key, []byte(damaged)); !errors.Is(err,
			brook.ErrPermanent) {
			t.Errorf("%q: %v", damaged, err)
		}
	}
	if _, _, err := partition.Decode(key[:2], []byte(want)); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("half a key: %v", err)
	}
}

// Earlier versions stored less.
func TestStoredByAnEarlierVersion(t *testing.T) {
	key := partition.ID{Topic: "t"}.AppendKey(nil)
	_, s, err := partition.Decode(key, []byte(`{"Log":"l","First":0,"Next":5,"New":true}`))
	if s.Raw = nil; err != nil || s.Log != "l" || s.Next != 5 || s.Sum != 0 || s.Epoch != 0 {
		t.Errorf("read as %+v, %v", s, err)
	}
	const want = `{"Log":"l","First":0,"Next":5}`
	if got := string(s.Encode()); got != want {
		t.Errorf("stored as %s, want %s", got, want)
	}
}

// Views of another log, and such as are ahead of it, are refused.
func TestCheck(t *testing.T) {
	s := partition.Stored{Log: "l", Next: 7}
	for _, c := range []struct {
		log  string
		end  int64
		want string
	}{
		{"l", 7, ""},
		{"l", 9, ""},
		{"l", 6, "the views stand at t/2/7, and the partition ends at 6;"},
		{"m", 9, "the views were made from log l of t/2, and it is m now;"},
	} {
		err := s.Check(brook.Partition{Topic: "t", Number: 2, Log: c.log, End: c.end})
		if c.want == "" {
			if err != nil {
				t.Errorf("log %s that ends at %d: %v", c.log, c.end, err)
			}
			continue
		}
		if !errors.Is(err, brook.ErrLogChanged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("log %s that ends at %d: %v, want %q", c.log, c.end, err, c.want)
		}
	}
}
