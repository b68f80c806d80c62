package catalog

import (
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// disk is a store that outlives the process.
type disk struct{ *fakestore.Store }

func (disk) Durable() bool { return true }

// keeping returns a catalog that keeps replaced generations for an hour, and has claimed the store.
func keeping(t *testing.T, s brook.Store, v version) *rig {
	t.Helper()
	r := newRig(t, s, v)
	r.Construction.config.KeepReplaced = time.Hour
	r.positions[partition.ID{Topic: "ledger"}] = 7
	must(t, r.Open(t.Context()))
	return r
}

// rebuilt makes the next generation the live one.
func (r *rig) rebuilt(t *testing.T) {
	t.Helper()
	must(t, r.promote(t, r.build(t)))
}

// revive returns the number of the generation that comes back, 0 if none does.
func (r *rig) revive(t *testing.T) (*generation.Generation, int) {
	t.Helper()
	g, _, err := r.Construction.Revive(t.Context())
	must(t, err)
	if g == nil {
		return nil, 0
	}
	return g, g.Number
}

// The generation that was replaced last is kept for the code that made it, which gets it back with
// what the state had of it.
func TestRevival(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := disk{fakestore.New()}
		one := keeping(t, s, version{indexed: true})
		must(t, one.Claim.Take(t.Context()))
		one.close()
		two := keeping(t, s, version{audited: true})
		want(t, "kept before", two.Construction.Revivable(t.Context()), false)
		two.rebuilt(t)
		kept := two.row.Known().Retained
		want(t, "kept", kept.Generation, 1)
		want(t, "where it stood", fmt.Sprint(kept.Stood), "[ledger/0/7]")
		want(t, "kept for this code", two.Construction.Revivable(t.Context()), false)
		_, n := two.revive(t)
		want(t, "revived by other code", n, 0)
		two.close()

		one = keeping(t, s, version{indexed: true})
		for range 2 { // a process that ends meanwhile leaves it kept
			g, n := one.revive(t)
			want(t, "revived", n, 1)
			want(t, "under construction", one.underConstruction(), "1 1")
			one.Construction.Discard(g)
			want(t, "obsolete after Discard", fmt.Sprint(one.row.Known().Dropped), "[1]")
		}
		g, _ := one.revive(t)
		must(t, one.promote(t, g))
		after := one.row.Known()
		want(t, "live", after.Generation, 1)
		want(t, "obsolete", fmt.Sprint(after.Dropped), "[2]")
		want(t, "kept now", after.Retained.Generation, 2)
		want(t, "indexes", fmt.Sprint(after.Kept), fmt.Sprint(kept.Kept))
		want(t, "replaced", len(after.Replaced), 1)
		want(t, "changes", one.Structure.Changes(), "")
	})
}

// Code that calls an event otherwise by now gets back what was made before the rename, unless
// events of the new name were passed over then, or its indexes are others.
func TestRevivalAcrossRename(t *testing.T) {
	for name, c := range map[string]struct {
		back    version
		foreign []string
		want    int
		earlier bool // an earlier brook kept it
	}{
		"renamed":          {back: version{indexed: true, renamed: true}, want: 1},
		"passed over":      {back: version{indexed: true, renamed: true}, foreign: []string{"account.made"}},
		"not noted":        {back: version{indexed: true, renamed: true}, earlier: true},
		"without an index": {back: version{renamed: true}},
		"more handlers":    {back: version{indexed: true, renamed: true, audited: true}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := disk{fakestore.New()}
				one := keeping(t, s, version{indexed: true})
				must(t, one.Claim.Take(t.Context()))
				must(t, one.row.Update(t.Context(), func(next *staterow.State) error {
					next.Foreign = c.foreign
					return nil
				}, nil))
				one.close()
				two := keeping(t, s, version{indexed: true, set: "Ledger", schema: "{id int}", audited: true})
				two.rebuilt(t)
				must(t, two.row.Update(t.Context(), func(next *staterow.State) error {
					if c.earlier {
						next.Retained.Foreign = nil
					}
					return nil
				}, nil))
				two.close()
				back := keeping(t, s, c.back)
				g, n := back.revive(t)
				want(t, "revived", n, c.want)
				if n == 0 {
					return
				}
				must(t, back.promote(t, g))
				want(t, "changes", back.Structure.Changes(), "")
				want(t, "contract", back.row.Known().Folds, c.back.code().Contract)
			})
		})
	}
}

// Nothing is kept that the code before did not make alone, that is too old, or that another process
// may remove.
func TestNothingToRevive(t *testing.T) {
	for name, c := range map[string]struct {
		store func(*fakestore.Store) brook.Store
		state func(*staterow.State)
		age   time.Duration
	}{
		"forgets":   {store: func(s *fakestore.Store) brook.Store { return s }},
		"is shared": {store: func(s *fakestore.Store) brook.Store { return fakestore.Shared(s) }},
		"mixed":     {state: func(s *staterow.State) { s.Mixed = true }},
		"too old":   {age: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				fake := fakestore.New()
				s := brook.Store(disk{fake})
				if c.store != nil {
					s = c.store(fake)
				}
				one := keeping(t, s, version{})
				must(t, one.Claim.Take(t.Context()))
				if c.state != nil {
					must(t, one.row.Update(t.Context(), func(next *staterow.State) error {
						c.state(next)
						return nil
					}, nil))
				}
				one.close()
				two := keeping(t, s, version{audited: true})
				two.rebuilt(t)
				two.close()
				time.Sleep(c.age)
				one = keeping(t, s, version{})
				want(t, "revivable", one.Construction.Revivable(t.Context()), false)
				_, n := one.revive(t)
				want(t, "revived", n, 0)
			})
		})
	}
}
