package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A rebuild that waits for its review shows that it has read all, also if it is so short that it
// reported nothing before.
func TestStatusOfAReviewThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serve(t, config(memdriver.New(), newStore()), &ledger.Audit{})
		moves(t, h, "a", true, 9)
		synctest.Wait()
		keep := errors.New("keep")
		err := h.Rebuild(t.Context(), brook.Review(func(brook.Diff) error {
			r := h.Status().Rebuild
			if r == nil || !r.Running || r.Progress.Read != 10 || r.Progress.Total != 10 ||
				r.Progress.Left != 0 {
				t.Errorf("%+v", r)
			}
			return keep
		}))
		if !errors.Is(err, keep) {
			t.Error(err)
		}
	})
}
