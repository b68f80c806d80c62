package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/generation"
)

// A generation that is built becomes the live one in one commit, and the one before obsolete.
func TestPromotion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, fakestore.Shared(s), version{indexed: true, unique: true})
		old := a.Live()
		g := a.build(t)
		want(t, "the number", g.Number, 2)
		want(t, "under construction", a.underConstruction(), "2 2")
		want(t, "rows", fmt.Sprint(s.Left("")), "[shop/1/shapes shop/2/shapes shop/state]")
		want(t, "live meanwhile", a.Live(), old)
		a.calls = nil

		was := s.Row("shop/state", "state")
		never := brook.Check{Table: "shop/1/positions", Key: []byte("k"), Value: []byte("v")}
		wantErr(t, a.promote(t, g, never), brook.ErrConflict)
		want(t, "stored though a check failed", s.Row("shop/state", "state"), was)
		want(t, "live though a check failed", a.Live(), old)

		if done, err := a.Construction.Promoted(g); done || err != nil {
			t.Errorf("promoted before: %t, %v", done, err)
		}
		must(t, a.promote(t, g))
		if done, err := a.Construction.Promoted(g); !done || err != nil {
			t.Errorf("promoted after: %t, %v", done, err)
		}
		want(t, "live", a.Live(), g)
		want(t, "claimed", a.Claim.Taken(), true)
		want(t, "calls", fmt.Sprint(a.calls), "[shown true]")
		want(t, "under construction", a.underConstruction(), "0 0")
		want(t, "obsolete", fmt.Sprint(a.row.Known().Dropped), "[1]")
		want(t, "since", a.row.Known().Replaced[1], time.Now().UTC())
		want(t, "indexes", fmt.Sprint(a.row.Known().Kept),
			"map[accounts Email string:{index/accounts/Email true true}]")
		must(t, a.Current.Confirm(t.Context()))
		must(t, a.Reload(t.Context()))
		want(t, "live after a reload", a.Live(), g)

		a.Construction.Discard(g) // as after a promotion that was told as a failure
		want(t, "obsolete after Discard", fmt.Sprint(a.row.Known().Dropped), "[1]")
	})
}

// A promotion that another process's change comes before goes on from there: also if that changed
// the indexes of the live generation.
func TestPromotionAfterAnothersChange(t *testing.T) {
	for name, v := range map[string]version{"the same code": {}, "other indexes": {indexed: true}} {
		t.Run(name, func(t *testing.T) {
			s := fakestore.New()
			a := claimed(t, fakestore.Shared(s), version{})
			g := a.build(t)
			b := opened(t, fakestore.Shared(s), v)
			s.OnCommit = func() {
				must(t, b.Claim.Take(t.Context()))
				must(t, b.row.Update(t.Context(), count(new(int), 5), nil))
			}
			must(t, a.promote(t, g))
			want(t, "live", a.Live(), g)
			want(t, "the state's live one", a.row.Known().Generation, 2)
			want(t, "claimed", a.Claim.Taken(), true)
			want(t, "the other's change", a.row.Known().Serial, 5)
			must(t, b.Reload(t.Context()))
			want(t, "live elsewhere", b.Live().Number, 2)
		})
	}
}

// A promotion whose outcome was unknown is found out by the next one.
func TestPromotionWithLostAnswer(t *testing.T) {
	s := fakestore.New()
	a := claimed(t, fakestore.Shared(s), version{})
	g := a.build(t)
	s.After = []error{errStore}
	must(t, a.promote(t, g))
	want(t, "live", a.Live(), g)

	h := a.build(t)
	s.After, s.Reads = []error{errStore}, []error{errStore}
	wantErr(t, a.promote(t, h), errStore)
	want(t, "live while that is unknown", a.Live(), g)
	must(t, a.promote(t, h))
	want(t, "live", a.Live().Number, h.Number)
	if done, err := a.Construction.Promoted(h); !done || err != nil {
		t.Errorf("promoted: %t, %v", done, err)
	}
	want(t, "under construction", a.Construction.building, 0)
	want(t, "obsolete", fmt.Sprint(a.row.Known().Dropped), "[1 2]")
}

// A promotion that was told as a failure is not discarded, over a store that checks nothing either.
func TestDiscardOfWhatWasPromoted(t *testing.T) {
	s := fakestore.New()
	a := claimed(t, s, version{})
	g := a.build(t)
	s.After, s.Reads = []error{errStore}, []error{errStore}
	wantErr(t, a.promote(t, g), errStore)
	was := s.Row("shop/state", "state")
	a.Construction.Discard(g)
	want(t, "stored", s.Row("shop/state", "state"), was)
	must(t, a.Reload(t.Context()))
	want(t, "live", a.Live().Number, 2)
}

// The last process to build wins: the others find out when they are to promote, and what they
// built is obsolete.
func TestOvertakenConstruction(t *testing.T) {
	s := fakestore.New()
	a, b := claimed(t, fakestore.Shared(s), version{}), claimed(t, fakestore.Shared(s), version{})
	mine := a.build(t)
	must(t, a.Construction.Overtaken(t.Context(), mine))
	theirs := b.build(t)
	want(t, "their number", theirs.Number, 3)
	wantErr(t, a.Construction.Overtaken(t.Context(), mine), ErrOvertaken)
	must(t, b.Construction.Overtaken(t.Context(), theirs))
	want(t, "obsolete", fmt.Sprint(b.row.Known().Dropped), "[2]")
	wantErr(t, a.promote(t, mine), ErrOvertaken)
	wantErr(t, a.Construction.RequestPromotion(t.Context(), mine), ErrOvertaken)
	_, err := a.Construction.Promoted(mine)
	wantErr(t, err, ErrOvertaken)
	want(t, "live", a.Live().Number, 1)
	a.Construction.Discard(mine)
	must(t, b.promote(t, theirs))
	must(t, b.Construction.Overtaken(t.Context(), theirs))
	want(t, "obsolete", fmt.Sprint(b.row.Known().Dropped), "[2 1]")
	wantErr(t, ErrOvertaken, brook.ErrConflict)
}

// No number comes twice, whatever became of the generation that had it.
func TestNumbersComeOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{})
		seen := map[int]bool{1: true}
		fresh := func(r *rig, what string) *generation.Generation {
			t.Helper()
			g := r.build(t)
			if seen[g.Number] {
				t.Errorf("%s: number %d comes again", what, g.Number)
			}
			seen[g.Number] = true
			return g
		}
		sweep := func(r *rig) {
			t.Helper()
			_, err := r.Obsolete.Sweep(t.Context())
			must(t, err)
			if len(r.row.Known().Dropped) > 0 {
				t.Errorf("left behind: %d", r.row.Known().Dropped)
			}
		}
		a.Construction.Discard(fresh(a, "the first"))
		a.Construction.Discard(fresh(a, "after one that is still to be removed"))
		sweep(a)
		g := fresh(a, "after removal")
		must(t, a.promote(t, g))
		sweep(a)
		fresh(a, "after a promotion")
		b := claimed(t, s, version{}) // the process was ended meanwhile
		sweep(b)
		want(t, "under construction after a restart", b.row.Known().Building, 0)
		g = fresh(b, "after a restart")
		must(t, b.promote(t, g))
		sweep(b)
		s.After, s.Reads = []error{errStore}, []error{errStore}
		fresh(b, "after a lost answer")
	})
}

// If the store fails, Build returns what is to be discarded, and Discard reports what it could not
// note.
func TestBuildOverABrokenStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Before = slices.Repeat([]error{errStore}, 1000)
		g, err := a.Construction.Build(ctx)
		wantErr(t, err, errStore)
		if g == nil || g.Number != 2 {
			t.Fatalf("%+v is to be discarded", g)
		}
		failed := len(a.failures())
		a.Construction.Discard(g)
		last := a.failures()[failed:]
		if len(last) != 1 || !errors.Is(last[0].Err, errStore) || !last[0].Final {
			t.Errorf("failures: %+v", last)
		}
		s.Before = nil
		a.Construction.Discard(g)
		want(t, "obsolete", fmt.Sprint(a.row.Known().Dropped), "[2]")
		want(t, "under construction", a.underConstruction(), "0 0")
		a.Construction.Discard(g)
		want(t, "obsolete once more", fmt.Sprint(a.row.Known().Dropped), "[2]")

		s.Opens = []error{errStore}
		g, err = a.Construction.Build(t.Context())
		wantErr(t, err, errStore)
		a.Construction.Discard(g)
		want(t, "obsolete", fmt.Sprint(a.row.Known().Dropped), "[2 3]")
		if g, err := a.Construction.Build(ctx); g != nil || err == nil {
			t.Errorf("after the context ended: %+v, %v", g, err)
		}
	})
}

// What a number may have left behind is gone before it is built.
func TestBuildBeginsEmpty(t *testing.T) {
	s := fakestore.New()
	a := claimed(t, s, version{})
	s.Put("shop/2/rows/accounts", "k", "v")
	s.Put("shop/2/letters", "k", "v")
	a.build(t)
	want(t, "rows", fmt.Sprint(s.Left("")), "[shop/1/shapes shop/2/shapes shop/state]")
}
