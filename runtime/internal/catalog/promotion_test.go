package catalog

import (
	"context"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
)

// took returns how long a catalog waits.
func (r *rig) took(ctx context.Context) time.Duration {
	began := time.Now()
	r.Construction.AwaitPromotion(ctx)
	return time.Since(began)
}

// Nobody waits who is not asked; who is asked waits once per request, no longer than promotionWait.
func TestAwaitPromotion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		store := fakestore.Shared(s)
		a, b := claimed(t, store, version{}), claimed(t, store, version{})
		want(t, "without a request", a.took(t.Context()), 0)
		g := b.build(t)
		must(t, b.Construction.RequestPromotion(t.Context(), g))
		want(t, "the asking process", b.took(t.Context()), 0)
		want(t, "before it is read", a.took(t.Context()), 0)
		must(t, a.Reload(t.Context()))
		want(t, "the first time", a.took(t.Context()), promotionWait)
		want(t, "the second time", a.took(t.Context()), 0)

		must(t, b.Construction.RequestPromotion(t.Context(), g))
		must(t, a.Reload(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		want(t, "until the context ends", a.took(ctx), time.Second)

		must(t, b.Construction.RequestPromotion(t.Context(), g))
		must(t, a.Reload(t.Context()))
		time.AfterFunc(time.Second, func() {
			if err := b.promote(t, g); err != nil {
				t.Error(err)
			}
		})
		if took := a.took(t.Context()); took < time.Second || took > time.Second+promotionWait/50 {
			t.Errorf("it waits for %s for a promotion that takes a second", took)
		}
		want(t, "live", a.Live().Number, 2)
		want(t, "after the promotion", a.took(t.Context()), 0)
	})
}

// Who lost against a process that asks for its promotion waits before the next try.
func TestConflictsAwaitPromotion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		store := fakestore.Shared(s)
		a, b := claimed(t, store, version{}), claimed(t, store, version{})
		must(t, b.Construction.RequestPromotion(t.Context(), b.build(t)))
		began, tries := time.Now(), 0
		must(t, a.RetryConflicts(t.Context(), func() error {
			if tries++; tries == 1 {
				return brook.ErrConflict
			}
			return nil
		}))
		want(t, "the wait", time.Since(began), promotionWait)
	})
}
