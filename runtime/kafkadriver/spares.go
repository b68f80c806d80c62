package kafkadriver

import (
	"math/bits"
	"sync"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

// spares are slices that nobody uses any more. The collector takes those that lie there for long.
type spares struct {
	bytes   shelf[byte]
	records shelf[brook.Record]
	headers shelf[brook.Header]
}

// shelf holds spare slices by their size.
type shelf[T any] struct {
	bySize [largestSpareBits + 1]sync.Pool
}

// largestSpareBits bounds the size of a spare: 16 MB.
const largestSpareBits = 24

// poison is called with what is put on a shelf. Tests have it overwritten, so that who still uses
// it is found.
var poison func(slice any)

// take returns an empty slice with room for n elements, and for not much more: what it is for may
// be all that keeps it alive. n is at least 1.
func (s *shelf[T]) take(n int) []T {
	room := roomy(n)
	size := s.size(room)
	for _, size := range [2]int{size, size + 1} {
		if size > largestSpareBits {
			break
		}
		switch spare, _ := s.bySize[size].Get().(*[]T); {
		case spare == nil || cap(*spare) < n: // the collector may have what is too small
		case cap(*spare) <= 2*room:
			return (*spare)[:0]
		default:
			s.bySize[size].Put(spare)
		}
	}
	return make([]T, 0, room)
}

// roomy returns n with up to a quarter more, so that a spare does for slices of about its size.
func roomy(n int) int {
	step := max(1, 1<<bits.Len(uint(n))>>3)
	return (n + step - 1) / step * step
}

// put takes a slice that nobody uses any more.
func (s *shelf[T]) put(spare []T) {
	spare = spare[:cap(spare)]
	if poison != nil {
		poison(spare)
	}
	if len(spare) == 0 {
		return
	}
	if size := s.size(len(spare)); size <= largestSpareBits {
		s.bySize[size].Put(&spare)
	}
}

// size returns the class of slices with n elements: those of one class differ by less than a factor
// of two.
func (s *shelf[T]) size(n int) int {
	var one T
	return bits.Len(uint(n) * uint(unsafe.Sizeof(one)))
}
