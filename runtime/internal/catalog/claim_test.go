package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// An app that has folded nothing leaves no trace; the claim records what the code makes.
func TestClaim(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s), version{indexed: true})
	must(t, a.Claim.TakeEarly(t.Context(), false))
	want(t, "claimed", a.Claim.Taken(), false)
	want(t, "the contract", a.row.Known().Folds, "")
	want(t, "rows before the claim", fmt.Sprint(s.Left("")), "[shop/state]")

	must(t, a.Claim.Take(t.Context()))
	want(t, "claimed", a.Claim.Taken(), true)
	want(t, "rows", fmt.Sprint(s.Left("")), "[shop/1/shapes shop/state]")
	after, err := a.row.Read(t.Context())
	must(t, err)
	want(t, "stored", fmt.Sprint(after.Folds == a.Claim.code.Contract, after.Made, after.Kept,
		after.Tables),
		"true map[accounts:{string [{account.opened ledger [Books.Opened] []}]}] "+
			"map[accounts Email string:{index/accounts/Email true false}] "+
			"map[1:[index/accounts/Email rows/accounts]]")
	want(t, "the index is ready", a.Live().Unready[1], false)

	// The same code needs no commit, in this process or another.
	commits := len(s.Batches)
	must(t, a.Claim.Take(t.Context()))
	b := claimed(t, fakestore.Shared(s), version{indexed: true})
	must(t, b.Claim.TakeEarly(t.Context(), false))
	want(t, "commits", len(s.Batches), commits)
}

// Two processes that claim at once number a shape once, and shapes that differ differently.
func TestShapesAreNumberedOnce(t *testing.T) {
	for name, test := range map[string]struct{ schema, shapes string }{
		"one shape":  {"{id string}", "1={id string}"},
		"two shapes": {"{id string,at time}", "1={id string,at time} 2={id string}"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := fakestore.New()
				a := opened(t, fakestore.Shared(s), version{})
				b := opened(t, fakestore.Shared(s), version{schema: test.schema})
				s.OnCommit = func() { must(t, b.Claim.Take(t.Context())) }
				must(t, a.Claim.Take(t.Context()))
				want(t, "claimed", fmt.Sprint(a.Claim.Taken(), b.Claim.Taken()), "true true")
				var got []string
				for row, err := range s.Latest().Scan(t.Context(), "shop/1/shapes", nil, nil) {
					must(t, err)
					n := row.Key[len(row.Key)-1]
					got = append(got, fmt.Sprintf("%d=%s", n, row.Value.Data))
				}
				want(t, "shapes", strings.Join(got, " "), test.shapes)
				n, err := a.Live().Shapes.Of(a.Claim.code.Layout.Collections[0]).Number()
				must(t, err)
				want(t, "the number of a", n, uint64(len(got)))
			})
		})
	}
}

// The latest claim counts: code with another contract that finds itself overtaken folds no more,
// until it starts anew.
func TestLostClaim(t *testing.T) {
	s := fakestore.New()
	a := claimed(t, fakestore.Shared(s), version{})
	b := claimed(t, fakestore.Shared(s), version{indexed: true})
	want(t, "lost before it is read", a.Claim.Lost(), false)
	moved, err := a.Moved(t.Context())
	must(t, err)
	want(t, "moved", moved, true)
	must(t, a.Reload(t.Context()))
	want(t, "a is claimed, or lost", fmt.Sprint(a.Claim.Taken(), a.Claim.Lost()), "false true")
	wantErr(t, a.Claim.Superseded(t.Context()), brook.ErrStale)
	was := s.Row("shop/state", "state")
	wantErr(t, a.Claim.Take(t.Context()), brook.ErrStale)
	want(t, "stored", s.Row("shop/state", "state"), was)

	a.Claim.Reset(t.Context())
	want(t, "lost", a.Claim.Lost(), false)
	must(t, a.Claim.Superseded(t.Context()))
	must(t, a.Claim.Take(t.Context()))
	must(t, b.Reload(t.Context()))
	want(t, "b lost it", b.Claim.Lost(), true)
	if moved, err = b.Moved(t.Context()); err != nil || moved {
		t.Errorf("moved after a reload: %t, %v", moved, err)
	}
}

// What happens to views that other code made is up to OnStale; nothing of refused code is stored.
func TestClaimOfOtherViews(t *testing.T) {
	for policy, mixed := range map[brook.StalePolicy]bool{
		brook.RebuildStale: true, brook.GoOn: false, brook.Fail: false,
	} {
		t.Run(string(policy), func(t *testing.T) {
			s := fakestore.New()
			claimed(t, fakestore.Shared(s), version{})
			was := s.Row("shop/state", "state")
			other := version{topic: "elsewhere", schema: "{id string,at time}", onStale: policy}
			b := opened(t, fakestore.Shared(s), other)
			want(t, "the difference", b.Structure.Changes(), "accounts is made from "+
				"account.opened of topic elsewhere, and was from that of topic ledger")
			want(t, "displaced", b.Structure.Displaced(t.Context()), true)
			err := b.Claim.Take(t.Context())
			if policy == brook.Fail {
				wantErr(t, err, brook.ErrStale)
				want(t, "stored", s.Row("shop/state", "state"), was)
				want(t, "shapes", s.Size("shop/1/shapes"), 1)
				return
			}
			must(t, err)
			want(t, "mixed", b.row.Known().Mixed, mixed)
			want(t, "Made is the new one", b.Structure.Changes() == "", !mixed)
		})
	}
}

// Views of layout 2 have no topics; the code is told from it by its fingerprint, and by where the
// positions are.
func TestClaimOfLayout2(t *testing.T) {
	s := fakestore.New()
	a := newRig(t, fakestore.Shared(s), version{onStale: brook.Fail})
	lines := slices.Clone(a.Claim.code.Fingerprint())
	lines[0] = "collection gone is keyed by string"
	s.Put("shop/state", "state", fmt.Sprintf(`{"Layout":2,"Generation":1,"Fingerprint":["%s"]}`,
		strings.Join(lines, `","`)))
	must(t, a.Open(t.Context()))
	a.positions[partition.ID{Topic: "old"}] = 5
	wantErr(t, a.Claim.Take(t.Context()), brook.ErrStale)
	want(t, "changes", a.Structure.Changes(), "no longer: collection gone is keyed by string; "+
		"new: collection accounts is keyed by string; "+
		"the events are those of ledger, and were of old")
	want(t, "displaced", a.Structure.Displaced(t.Context()), true)
	a.positions[partition.ID{Topic: "ledger"}] = 1
	want(t, "displaced from one of two", a.Structure.Displaced(t.Context()), false)
}

// An index that is new in a generation that has rows is filled before it is ready, in a table of
// its own.
func TestNewIndex(t *testing.T) {
	s := fakestore.New()
	claimed(t, fakestore.Shared(s), version{})
	b := claimed(t, fakestore.Shared(s), version{indexed: true, unique: true})
	todo := b.Indexes.Unfilled()
	if len(todo) != 1 || todo[0].Kept.Table != "index/accounts/Email/1" || todo[0].Slot != 1 {
		t.Fatalf("unfilled: %+v", todo)
	}
	select {
	case <-b.Indexes.ToFill():
	default:
		t.Error("nobody is told to fill it")
	}
	g := b.Live()
	want(t, "its table", g.Tables[1], brook.Table("shop/1/index/accounts/Email/1"))
	want(t, "unready", g.Unready[1], true)
	must(t, b.Indexes.Filled(t.Context(), g, todo[0]))
	want(t, "unready once it is filled", b.Live().Unready[1], false)
	want(t, "unfilled", len(b.Indexes.Unfilled()), 0)
	want(t, "the old one stays as it was", g.Unready[1], true)
	other := &generation.Generation{Number: 2}
	wantErr(t, b.Indexes.Filled(t.Context(), other, todo[0]), retry.ErrRestart)

	// The claim was lost, and is taken again: the entries in the table before are not all.
	claimed(t, fakestore.Shared(s), version{})
	must(t, b.Reload(t.Context()))
	b.Claim.Reset(t.Context())
	must(t, b.Claim.Take(t.Context()))
	again := b.Indexes.Unfilled()
	want(t, "the table after a lost claim", again[0].Kept.Table, "index/accounts/Email/2")
	wantErr(t, b.Indexes.Filled(t.Context(), b.Live(), todo[0]), retry.ErrRestart)
	want(t, "unready", b.Live().Unready[1], true)
	must(t, b.Indexes.Filled(t.Context(), b.Live(), again[0]))

	// Unique no more, and unique again: two rows may have come under one value meanwhile.
	c := claimed(t, fakestore.Shared(s), version{indexed: true})
	want(t, "unfilled without unique", len(c.Indexes.Unfilled()), 0)
	d := claimed(t, fakestore.Shared(s), version{indexed: true, unique: true})
	want(t, "unfilled with unique again", len(d.Indexes.Unfilled()), 1)
	want(t, "but whole", d.Indexes.Unfilled()[0].Kept.Whole, true)
	want(t, "and ready", d.Live().Unready[1], false)
}

// An app that closes claims nothing.
func TestClaimOfAClosedApp(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s), version{})
	a.close()
	wantErr(t, a.Claim.Take(context.Background()), brook.ErrClosed)
	want(t, "claimed", a.Claim.Taken(), false)
}
