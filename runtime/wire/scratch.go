package wire

import "sync"

// scratch is an encoder, and memory, that are used in turn. The encoder is ready to write into its
// own buffer.
type scratch struct {
	encoder Encoder
	buf     []byte  // the encoder's own while it writes elsewhere
	members []entry // of the maps that are being written, the innermost last
	text    []byte  // the members of a map, before they are sorted
}

// maxScratch bounds what a large value leaves behind for those that come after it.
const maxScratch = 64 << 10

var scratches = sync.Pool{New: func() any {
	s := new(scratch)
	s.encoder.scratch, s.encoder.away = s, true
	return s
}}

func borrow() *scratch { return scratches.Get().(*scratch) }

// giveBack ends the use of s by an encoder, which may be its own. What an encoder that panicked has
// borrowed is left to the collector.
func (s *scratch) giveBack(e *Encoder) {
	if own := &s.encoder; e == own {
		if own.away {
			own.buf = own.buf[:0]
		} else {
			own.buf, s.buf = s.buf, nil
			own.start, own.away = 0, true
		}
		own.depth = 0
		if own.err != nil || own.dst != nil {
			own.err, own.dst = nil, nil
		}
		if cap(own.buf) > maxScratch {
			own.buf = nil
		}
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
