package catalog

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
)

// What loses against other processes is done again, after a reload; nothing else is.
func TestRetryConflicts(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s), version{})
	do := func(r *rig, ctx context.Context, errs ...error) (calls int, err error) {
		err = r.RetryConflicts(ctx, func() error {
			if calls++; calls <= len(errs) {
				return errs[calls-1]
			}
			return nil
		})
		return calls, err
	}
	n, err := do(a, t.Context(), brook.ErrConflict, brook.ErrConflict)
	if n != 3 || err != nil || len(a.calls) != 2 {
		t.Errorf("%d calls, %v, and %q", n, err, a.calls)
	}
	n, err = do(a, t.Context(), errStore)
	if n != 1 || err != errStore {
		t.Errorf("another error: %d calls, %v", n, err)
	}
	b := opened(t, s, version{})
	if n, err = do(b, t.Context(), brook.ErrConflict); n != 1 || err != brook.ErrConflict {
		t.Errorf("one's own store: %d calls, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err = do(a, ctx, brook.ErrConflict)
	if n != 1 || !errors.Is(err, context.Canceled) || !errors.Is(err, brook.ErrConflict) {
		t.Errorf("after the end: %d calls, %v", n, err)
	}
	s.Reads = []error{errStore}
	if n, err = do(a, t.Context(), brook.ErrConflict); n != 1 || !errors.Is(err, errStore) {
		t.Errorf("a reload that fails: %d calls, %v", n, err)
	}
}

// A reload whose app can't read the rest leaves the state as it was: the next one reads it anew.
func TestReloadThatFails(t *testing.T) {
	s := fakestore.New()
	a, b := opened(t, fakestore.Shared(s), version{}), opened(t, fakestore.Shared(s), version{})
	must(t, b.row.Update(t.Context(), count(new(int), 4), nil))
	a.reloadErr = errStore
	wantErr(t, a.Reload(t.Context()), errStore)
	want(t, "the serial", a.row.Known().Serial, 0)
	a.reloadErr = nil
	must(t, a.Reload(t.Context()))
	want(t, "the serial", a.row.Known().Serial, 4)
	s.Reads = []error{errStore}
	_, err := a.Moved(t.Context())
	wantErr(t, err, errStore)
}
