package rebuild

import (
	"errors"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A rebuild waits for what may pass, and ends at what won't.
func TestTransient(t *testing.T) {
	for err, want := range map[error]bool{
		errors.New("away"): true, brook.ErrNotFound: true, brook.ErrUnreadable: true,
		brook.ErrPermanent: false, brook.ErrConflict: false, brook.ErrRebuildRefused: false,
		brook.ErrRetention: false, brook.ErrLogChanged: false, brook.ErrOutOfRange: false,
		brook.ErrTooLarge: false, brook.ErrClosed: false,
	} {
		if got := Transient(fmt.Errorf("store: %w", err)); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
