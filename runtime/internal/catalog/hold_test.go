package catalog

import (
	"fmt"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
)

// One app of a name folds at a time, and one that follows another reads the store anew.
func TestHold(t *testing.T) {
	s := fakestore.New()
	store := fakestore.Held(s)
	a, b := opened(t, store, version{}), opened(t, store, version{})
	first, err := a.Hold.Take(t.Context())
	must(t, err)
	second, err := a.Hold.Take(t.Context())
	must(t, err)
	_, err = b.Hold.Take(t.Context())
	wantErr(t, err, brook.ErrRunning)
	first()
	_, err = b.Hold.Take(t.Context())
	wantErr(t, err, brook.ErrRunning)
	second()
	want(t, "calls of a", len(a.calls), 0)

	release, err := b.Hold.Take(t.Context())
	must(t, err)
	want(t, "calls of b", fmt.Sprint(b.calls), "[taken reloaded 1]")
	release()
	release, err = b.Hold.Take(t.Context())
	must(t, err)
	want(t, "calls of b, the second time", fmt.Sprint(b.calls), "[taken reloaded 1]")
	release()

	a.reloadErr = errStore
	_, err = a.Hold.Take(t.Context())
	wantErr(t, err, errStore)
	a.reloadErr = nil
	release, err = b.Hold.Take(t.Context()) // a let go of it
	must(t, err)
	release()
}

// An app that does not fold sees what the one that does promotes, and the last of its reads makes
// that one remove what was replaced.
func TestHeldByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fakestore.New()
		store := fakestore.Held(s)
		a, b := claimed(t, store, version{}), opened(t, store, version{})
		release, err := a.Hold.Take(t.Context())
		must(t, err)
		guard, err := b.Current.Guarded(t.Context())
		must(t, err)
		must(t, a.promote(t, a.build(t)))
		go a.Obsolete.Run()
		synctest.Wait()
		want(t, "live before b asks", b.Live().Number, 1)
		must(t, b.Current.Confirm(t.Context()))
		want(t, "live", b.Live().Number, 2)
		want(t, "tables while b reads", fmt.Sprint(s.Left("shop/1/")), "[shop/1/shapes]")

		// b knows less than the store: it removes nothing.
		_, err = b.Obsolete.Sweep(t.Context())
		must(t, err)
		guard.End()
		synctest.Wait()
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
		release()

		release, err = b.Hold.Take(t.Context())
		must(t, err)
		release()
		a.close()
		synctest.Wait()
	})
}
