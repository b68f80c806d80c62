package wire

import "sync"

// scratch is memory that encoders use in turn.
type scratch struct {
	encoder Encoder
	buf     []byte  // of a value that is written into a new buffer
	members []entry // of the maps that are being written, the innermost last
	text    []byte  // the members of a map, before they are sorted
}

// maxScratch bounds what a large value leaves behind for those that come after it.
const maxScratch = 64 << 10

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func borrow() *scratch { return scratches.Get().(*scratch) }

// giveBack ends the use of s, and of its encoder. What an encoder that panicked has borrowed is
// left to the collector.
func (s *scratch) giveBack() {
	if cap(s.buf) > maxScratch {
		s.buf = nil
	}
	if s.members != nil {
		s.clean()
	}
	scratches.Put(s)
}

// clean forgets what maps and a mistake in one have left.
func (s *scratch) clean() {
	clear(s.members)
	s.members = s.members[:0]
	if cap(s.text) > maxScratch || cap(s.members) > maxScratch/16 {
		s.members, s.text = nil, nil
	}
}
