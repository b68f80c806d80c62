package badgerstore

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestCommonPrefix(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"a", "", ""}, // no upper bound
		{"abc", "abd", "abc"},
		{"abc", "abe", "ab"},
		{"abcx", "abd", "abc"},
		{"abc", "abcx", "abc"},
		{"ab", "ab", "ab"},
		{"a", "b", "a"},
		{"a", "bx", ""},
		{"a\xff", "b", "a"},
	} {
		var to []byte
		if c.to != "" {
			to = []byte(c.to)
		}
		if got := commonPrefix([]byte(c.from), to); string(got) != c.want {
			t.Errorf("%q to %q: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// No key of a range lacks the prefix.
func TestCommonPrefixOfRandomRanges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	some := func() []byte {
		b := make([]byte, random.IntN(4))
		for i := range b {
			b[i] = byte(random.IntN(3))
		}
		return b
	}
	for range 200_000 {
		from, to, key := some(), some(), some()
		if len(to) == 0 {
			to = nil
		}
		within := bytes.Compare(key, from) >= 0 && (to == nil || bytes.Compare(key, to) < 0)
		if within && !bytes.HasPrefix(key, commonPrefix(from, to)) {
			t.Fatalf("%x lies in %x to %x, and lacks the prefix %x", key, from, to,
				commonPrefix(from, to))
		}
	}
}
