package retry

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Writes are committed in order, each once, in parts as large as the store takes.
func TestInParts(t *testing.T) {
	for limit := 1; limit <= 9; limit++ {
		for n := range 20 {
			var writes []brook.Write
			for i := range n {
				writes = append(writes, brook.Write{Key: []byte{byte(i)}})
			}
			var done []byte
			err := InParts(writes, func(part []brook.Write) error {
				if len(part) > limit {
					return fmt.Errorf("commit: %w", brook.ErrTooLarge)
				}
				if len(part) == 0 {
					t.Error("an empty commit")
				}
				for _, w := range part {
					done = append(done, w.Key...)
				}
				return nil
			})
			if err != nil || len(done) != n || !slices.IsSorted(done) {
				t.Errorf("limit %d: %v, and %v is committed of %d", limit, err, done, n)
			}
		}
	}
}

// An error ends it: nothing is committed after it.
func TestInPartsEnds(t *testing.T) {
	writes := make([]brook.Write, 8)
	for _, end := range []error{errStore, brook.ErrTooLarge} {
		commits := 0
		err := InParts(writes, func(part []brook.Write) error {
			if len(part) > 2 && end == errStore || len(part) > 1 && end != errStore {
				return brook.ErrTooLarge
			}
			if commits++; commits == 2 {
				return end
			}
			return nil
		})
		if !errors.Is(err, end) || commits != 2 {
			t.Errorf("%v after %d commits, want %v after 2", err, commits, end)
		}
	}
}
