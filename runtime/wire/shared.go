package wire

import (
	"strings"
	"sync"

	"github.com/brookgen/brookgen/runtime/internal/spare"
)

// shared is what decoders use in turn.
type shared struct {
	decoder Decoder
	buf     []byte          // of strings that have escapes
	idle    spare.Idle      // of buf
	strings strings.Builder // of which short strings are parts
}

// Short strings share blocks: one allocation for many of them, where each cost 15 ns. What is kept
// of an event, in a view or elsewhere, keeps with each short string the block that it is in, and
// no more: the price is at most 127 bytes.
const (
	blockSize = 128
	maxShort  = 32
)

var pool = sync.Pool{New: func() any {
	s := new(shared)
	s.decoder.shared = s
	return s
}}

// giveBack ends the use of s and of its decoder.
func (s *shared) giveBack() {
	s.decoder = Decoder{shared: s}
	s.buf = s.idle.Keep(s.buf, maxScratch)
	pool.Put(s)
}

// text returns a string of b.
func (d *Decoder) text(b []byte) string {
	s := d.shared
	if s == nil || len(b) > maxShort || len(b) <= 1 {
		return string(b)
	}
	if s.strings.Cap()-s.strings.Len() < len(b) {
		s.strings.Reset()
		s.strings.Grow(blockSize)
	}
	start := s.strings.Len()
	s.strings.Write(b)
	return s.strings.String()[start:]
}
