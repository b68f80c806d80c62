// Package spare decides which buffers are kept for the next user: such as are small, and large ones
// as long as there is something large to put into them. So values of 64 KB to some MB do not make
// each buffer grow anew, and one that was huge does not stay for values that are small.
package spare

// Small is the capacity up to which buffers are always kept.
const Small = 64 << 10

// patience is after how many uses, each of less than a quarter, a large buffer is let go of.
const patience = 16

// Idle counts the uses of a buffer that needed little of it. Its zero value is ready to use; it is
// not safe for concurrent use.
type Idle uint8

// Keep returns b, emptied, if it is worth keeping for the next use, and nil if it is left to the
// collector. Its length is what this use needed; above the capacity most it is never kept.
func (i *Idle) Keep(b []byte, most int) []byte {
	if cap(b) <= Small {
		return b[:0]
	}
	return i.large(b, most)
}

func (i *Idle) large(b []byte, most int) []byte {
	switch {
	case cap(b) > most || len(b) < cap(b)/4 && *i >= patience-1:
		*i = 0
		return nil
	case len(b) < cap(b)/4:
		*i++
	default:
		*i = 0
	}
	return b[:0]
}
