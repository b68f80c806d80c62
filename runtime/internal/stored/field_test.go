package stored_test

import (
	"slices"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/stored"
)

func TestFields(t *testing.T) {
	data := stored.AppendText(nil, "text")
	data = stored.AppendKey(data, []byte("key"))
	data = append(data, 0xac, 0x02, 'r', 'a', 'w')
	d := stored.NewDecoder(data)
	if s, k, n := d.Text(), d.Key(), d.Uvarint(); s != "text" || string(k) != "key" || n != 300 {
		t.Errorf("%q, %q, %d", s, k, n)
	}
	if b := d.Take(2); string(b) != "ra" || cap(b) != 2 || string(d.Rest()) != "w" || d.Failed() {
		t.Errorf("%q, then %q; failed: %t", b, d.Rest(), d.Failed())
	}
	if b := d.Take(2); b != nil || d.Rest() != nil || !d.Failed() {
		t.Errorf("past the end: %q, then %q; failed: %t", b, d.Rest(), d.Failed())
	}
	if s, k, n := d.Text(), d.Key(), d.Uvarint(); s != "" || len(k) > 0 || n != 0 || !d.Failed() {
		t.Errorf("after it failed: %q, %q, %d", s, k, n)
	}
}

// Nil bytes are other than empty ones.
func TestAppendBytes(t *testing.T) {
	for _, c := range []struct{ b, want []byte }{
		{nil, []byte{0}}, {[]byte{}, []byte{1}}, {[]byte("ab"), []byte{3, 'a', 'b'}},
	} {
		if got := stored.AppendBytes(nil, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%#v becomes %v, want %v", c.b, got, c.want)
		}
	}
}
