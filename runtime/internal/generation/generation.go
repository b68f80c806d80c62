// Package generation is a numbered set of views with all that stands or falls with them: how its
// tables are opened and emptied, who reads it, and which one is live as far as memory knows.
//
// Package catalog decides which generation is live, and makes one Opener and one Current per app.
// Whoever reads or writes views does so in a Generation. Any goroutine may call any method, except
// that some ask for the quiesce lock. A Generation does not change once it is open.
//
// The generation that memory knows as the live one is an atomic pointer: it is read without a lock,
// and changes while Current.renewMu or the quiesce lock is held. renewMu is held while the store is
// asked which one is live; it comes after the quiesce lock.
package generation

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Generation is one set of views, with all that stands or falls with them. A rebuild makes the next
// one. It does not change once it is open.
type Generation struct {
	Number    int
	Tables    []brook.Table // of rows and indexes, by slot
	Positions brook.Table
	Letters   brook.Table
	Parked    brook.Table // events that came too early
	Folded    brook.Table // highest emissions folded
	Window    brook.Table // IDs that DropRepeats remembers
	Dropped   brook.Table // events whose letters were dropped
	Owed      brook.Table // emissions owed for letters of the generation before
	OwedJobs  brook.Table // jobs owed for these; nil if the code has no jobs
	Unready   []bool      // by slot: an index that lacks entries of rows
	Shapes    *shapes.Shapes

	pins *holds.Pins                   // reads under way, of all apps of the name in this process
	kept map[string]staterow.KeptIndex // indexes that Tables and Unready have
}

// Release keeps reads from beginning if nobody reads the generation, and reports whether that is
// so.
func (g *Generation) Release() bool { return g.pins.Release() }

// Standings reads the stored positions.
func (g *Generation) Standings(ctx context.Context,
	r brook.Reader) (map[partition.ID]partition.Stored, error) {
	all := map[partition.ID]partition.Stored{}
	for row, err := range r.Scan(ctx, g.Positions, nil, nil) {
		if err != nil {
			return nil, err
		}
		id, s, err := partition.Decode(row.Key, row.Value.Data.([]byte))
		if err != nil {
			return nil, err
		}
		all[id] = s
	}
	return all, nil
}

// Standing reads the stored position of one partition. It returns nil if there is none.
func (g *Generation) Standing(
	ctx context.Context, r brook.Reader, id partition.ID,
) (*partition.Stored, error) {
	k := id.AppendKey(nil)
	v, err := r.Get(ctx, g.Positions, k)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, s, err := partition.Decode(k, v.Data.([]byte))
	return &s, err
}
