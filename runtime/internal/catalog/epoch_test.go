package catalog

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// The epoch of a partition rises in a commit that checks state and position; one that has no
// position must have none still.
func TestBumpEpoch(t *testing.T) {
	s := fakestore.New()
	shared := fakestore.Shared(s)
	a := opened(t, shared, version{})
	id := partition.ID{Topic: "ledger", Number: 3}
	key := id.AppendKey(nil)
	bump := func() error {
		writes, checks, err := a.BumpEpoch(t.Context(), id)
		if err != nil {
			return err
		}
		return shared.Commit(t.Context(), &brook.Batch{Writes: writes, Checks: checks})
	}
	must(t, bump())
	want(t, "positions", s.Size("shop/1/positions"), 0)
	_, absent, err := a.BumpEpoch(t.Context(), id)
	must(t, err)
	s.Put("shop/1/positions", string(key), `{"Log":"x","First":1,"Next":9,"Epoch":4}`)
	wantErr(t, shared.Commit(t.Context(), &brook.Batch{Checks: absent}), brook.ErrConflict)

	must(t, bump())
	v, err := s.Latest().Get(t.Context(), a.Live().Positions, key)
	must(t, err)
	want(t, "the position", string(v.Data.([]byte)), `{"Log":"x","First":1,"Next":9,"Epoch":5}`)
	_, checks, err := a.BumpEpoch(t.Context(), id)
	must(t, err)
	must(t, opened(t, shared, version{}).row.Update(t.Context(), count(new(int), 1), nil))
	wantErr(t, shared.Commit(t.Context(), &brook.Batch{Checks: checks}), brook.ErrConflict)

	s.Put("shop/1/positions", string(key), "{")
	wantErr(t, bump(), brook.ErrPermanent)
	_, err = a.Live().Standings(t.Context(), s.Latest())
	wantErr(t, err, brook.ErrPermanent)
	s.Reads = []error{errStore}
	wantErr(t, bump(), errStore)
	own := opened(t, s, version{})
	if w, c, err := own.BumpEpoch(t.Context(), id); len(w)+len(c) > 0 || err != nil {
		t.Errorf("one's own store: %v %v %v", w, c, err)
	}
}
