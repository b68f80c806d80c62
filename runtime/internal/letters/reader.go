// Package letters reads what the views of a generation put aside: dead letters and what was dropped
// of them, from the store, and from the log what a letter does not hold itself.
//
// Rebuilds, resumptions, reloads and calls from outside use it, from any goroutine: it has no state
// and takes no lock. A caller that must not miss a letter holds the quiesce lock.
package letters

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Reader reads the dead letters of an app.
type Reader struct {
	Config  *brook.Config // with defaults
	Sets    []string      // names of the handler sets, in order
	Catalog *catalog.Catalog
	Reader  brook.Reader // of what was committed last
	Retry   *retry.Loop
}

// Blocked returns which keys the dead letters of a generation block, by partition.
func (r *Reader) Blocked(
	ctx context.Context, g *generation.Generation,
) (map[partition.ID]*deadletter.Blocked, error) {
	all := map[partition.ID]*deadletter.Blocked{}
	err := r.each(ctx, g, func(letter *deadletter.Letter) error {
		id := partition.Of(letter.Position)
		if all[id] == nil {
			all[id] = &deadletter.Blocked{}
		}
		letter.Set = r.Catalog.Sets.Now(letter.Type, letter.Set)
		all[id].Add(letter, r.Config.OnFailure != brook.GoOn)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Parked returns the events that a generation has parked, without their records: of these there may
// be more than memory takes.
func (r *Reader) Parked(
	ctx context.Context, g *generation.Generation,
) ([]*parked.Event, error) {
	standings, err := g.Standings(ctx, r.Reader)
	if err != nil {
		return nil, err
	}
	return r.ParkedIn(ctx, g, standings)
}

// ParkedIn is Parked for a caller who has read the positions before.
func (r *Reader) ParkedIn(
	ctx context.Context, g *generation.Generation, standings map[partition.ID]partition.Stored,
) (events []*parked.Event, err error) {
	if !partition.AnyParks(standings) {
		return nil, nil
	}
	for row, err := range r.Reader.Scan(ctx, g.Parked, nil, nil) {
		if err != nil {
			return nil, err
		}
		e, err := parked.Decode(row)
		if err != nil {
			return nil, err
		}
		e.Set = r.Catalog.Sets.Now(e.Type, e.Set)
		events = append(events, e.Light())
	}
	return events, nil
}

// Failed returns an error that wraps ErrDeadLetter if the event at pos is a letter of a handler set
// in the live views.
func (r *Reader) Failed(ctx context.Context, pos brook.Position) error {
	from, to := span(pos)
	for {
		g := r.Catalog.Live()
		for row, err := range r.Reader.Scan(ctx, g.Letters, from, to) {
			if err != nil {
				return err
			}
			l, err := deadletter.Decode(row.Value)
			if err != nil {
				return err
			}
			if !l.AfterCommit() {
				return fmt.Errorf("%w: %s", brook.ErrDeadLetter, l)
			}
		}
		if err := r.Catalog.Current.Confirm(ctx); err != nil {
			return err
		}
		if r.Catalog.Live() == g { // else a rebuild may have dropped what was read
			return nil
		}
	}
}

// IsParked reports whether the live views have parked the event at pos for a handler set.
func (r *Reader) IsParked(ctx context.Context, pos brook.Position) (bool, error) {
	from, to := span(pos)
	for {
		g := r.Catalog.Live()
		for _, err := range r.Reader.Scan(ctx, g.Parked, from, to) {
			return err == nil, err
		}
		if err := r.Catalog.Current.Confirm(ctx); err != nil {
			return false, err
		}
		if r.Catalog.Live() == g { // else a rebuild may have dropped what was read
			return false, nil
		}
	}
}

// span is the keys of the letters of an event.
func span(pos brook.Position) (from, to []byte) {
	from = (&deadletter.Letter{DeadLetter: brook.DeadLetter{Position: pos}}).AppendKey(nil)
	pos.Offset++
	return from, (&deadletter.Letter{DeadLetter: brook.DeadLetter{Position: pos}}).AppendKey(nil)
}

// SetAside returns what a generation set aside, and calls each, unless it is nil, with its letters.
func (r *Reader) SetAside(
	ctx context.Context, g *generation.Generation, each func(*deadletter.Letter) error,
) (deadletter.SetAside, error) {
	all := deadletter.SetAside{}
	// Letters first: one that is dropped meanwhile is among these or among those that were dropped.
	err := r.each(ctx, g, func(letter *deadletter.Letter) error {
		if each != nil {
			if err := each(letter); err != nil {
				return err
			}
		}
		if !letter.AfterCommit() && letter.Stage != brook.StageEarly {
			all.Add(letter.Position, deadletter.Event{
				Set: r.Catalog.Sets.Now(letter.Type, letter.Set), Key: letter.Key,
				Silent: letter.Silent, Owes: letter.Owes,
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	events, err := r.Parked(ctx, g)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		all.Add(e.Position, deadletter.Event{
			Set: e.Set, Key: e.Letter.Key, Silent: e.Silent, Owes: e.Owes, Parked: true,
		})
	}
	for row, err := range r.Reader.Scan(ctx, g.Dropped, nil, nil) {
		if err != nil {
			return nil, err
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			return nil, err
		}
		set := r.Catalog.Sets.Now(d.Type, d.Set)
		all.Add(d.Position, deadletter.Event{Set: set, Dropped: true})
	}
	return all, nil
}

// each calls do with the letters of a generation.
func (r *Reader) each(
	ctx context.Context, g *generation.Generation, do func(*deadletter.Letter) error,
) error {
	for row, err := range r.Reader.Scan(ctx, g.Letters, nil, nil) {
		if err != nil {
			return err
		}
		letter, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		if err := do(&letter); err != nil {
			return err
		}
	}
	return nil
}

// Sort sorts letters as they are redriven: in log order, and of one event in the order of the sets.
func (r *Reader) Sort(letters []deadletter.Letter) {
	slices.SortStableFunc(letters, func(a, b deadletter.Letter) int {
		return cmp.Or(
			a.Position.Compare(b.Position),
			cmp.Compare(slices.Index(r.Sets, a.Set), slices.Index(r.Sets, b.Set)),
		)
	})
}
