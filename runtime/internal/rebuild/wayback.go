package rebuild

import (
	"context"
	"errors"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// ErrNotKept is returned by a rebuild that was to begin with views that were kept if there are none
// that the code would make as they are.
var ErrNotKept = errors.New("brook: no views of this code are kept")

// wayBack is what a rebuild begins with that goes back to views that were live before: where these
// stood, and which keys their letters block.
type wayBack struct {
	positions map[partition.ID]partition.Stored
	blocks    map[partition.ID]*deadletter.Blocked
	stood     []brook.Position // when they were replaced
	inherited map[string]bool  // keys of letters that they had then
}

// Back returns a rebuild, yet to run, that begins with the views that are kept instead of the log's
// start. promoted is called when they are live again.
func Back(set *task.Set, promoted func()) *Rebuild {
	r := New(set, promoted)
	r.tally.inherited = map[string]bool{}
	r.back = &wayBack{inherited: r.tally.inherited}
	return r
}

// read reads where the generation stands, and its letters.
func (b *wayBack) read(ctx context.Context, s *task.Set, g *generation.Generation) (err error) {
	if b.positions, err = g.Standings(ctx, s.Reader); err != nil {
		return err
	}
	if b.blocks, err = s.Letters.Blocked(ctx, g); err != nil {
		return err
	}
	_, err = s.Letters.SetAside(ctx, g, func(l *deadletter.Letter) error {
		if b.had(l.Position) {
			b.inherited[string(l.AppendKey(nil))] = true
		}
		return nil
	})
	return err
}

// had reports whether an event was folded when the views were replaced. One without position was
// not in the log.
func (b *wayBack) had(at brook.Position) bool {
	i := slices.IndexFunc(b.stood, func(p brook.Position) bool {
		return p.Topic == at.Topic && p.Partition == at.Partition
	})
	return at.IsZero() || i >= 0 && at.Offset < b.stood[i].Offset
}

// position returns where a partition stands; nil: the views do not have it. b may be nil.
func (b *wayBack) position(id partition.ID) *partition.Stored {
	if b == nil {
		return nil
	}
	if stored, ok := b.positions[id]; ok {
		return &stored
	}
	return nil
}

// blocked returns the blocked keys of a partition. b may be nil.
func (b *wayBack) blocked(id partition.ID) *deadletter.Blocked {
	if b != nil && b.blocks[id] != nil {
		return b.blocks[id]
	}
	return &deadletter.Blocked{}
}

// dealtWith reports whether a letter of revived views, which failed once more, is one that the live
// views dealt with: their code handled its event, or it was dropped there. Code that does not know
// the event, or knew it by an earlier name, may have passed it over: that is no dealing with it.
func (r *Rebuild) dealtWith(l *deadletter.Letter, key []byte) bool {
	return r.back != nil && r.back.inherited[string(key)] && !l.AfterCommit() &&
		!r.asides.Has(l.Position, l.Set) &&
		(r.tally.madeFrom[l.Type] || !plan.EventsOf(r.set.Code.Made)[l.Type])
}

// forget removes a letter that the live views dealt with. What waits behind it is tried next.
func (r *Rebuild) forget(ctx context.Context, l *deadletter.Letter, key []byte) error {
	s, t := r.set, r.task
	commit := &brook.Batch{ID: s.IDs.Batch(), Writes: []brook.Write{
		{Table: t.Gen.Letters, Key: key, Op: brook.Remove},
	}}
	err := s.RetryCommit(ctx, t.Pause, func() error { return s.Store.Commit(ctx, commit) })
	if err != nil {
		return err
	}
	if f := t.Partition(partition.Of(l.Position)); f != nil {
		gone := *l
		gone.Set = s.Catalog.Sets.Now(l.Type, l.Set)
		f.Blocked.Remove(&gone)
	}
	if l.Attempts > 0 {
		r.tally.dealt++
	}
	return nil
}
