package spare_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/spare"
)

const most = 4 << 20

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		kept bool
	}{
		{"none", nil, false},
		{"small", make([]byte, 3, spare.Small), true},
		{"large and used", make([]byte, 1<<20), true},
		{"huge and used", make([]byte, most+1), false},
		{"huge", make([]byte, 0, most+1), false},
	} {
		var idle spare.Idle
		got := idle.Keep(c.b, most)
		if (got != nil) != c.kept || len(got) > 0 || c.kept && cap(got) != cap(c.b) {
			t.Errorf("%s: kept %d of %d", c.name, cap(got), cap(c.b))
		}
	}
}

// A large buffer stays while large values come, and goes once only small ones do.
func TestKeepWhileNeeded(t *testing.T) {
	var idle spare.Idle
	b := make([]byte, 1<<20)
	for i := range 100 {
		if b = idle.Keep(b[:cap(b)>>(i%8)], most); b == nil {
			t.Fatalf("it is gone after %d uses", i+1)
		}
	}
	uses := 0
	idle.Keep(b[:cap(b)], most)
	for b != nil {
		if uses++; uses > 100 {
			t.Fatal("it stays")
		}
		b = idle.Keep(b[:10], most)
	}
	if uses < 10 {
		t.Errorf("it is gone after %d uses", uses)
	}
	if b = idle.Keep(make([]byte, 1<<20), most); b == nil {
		t.Error("the next one is not kept")
	}
}
