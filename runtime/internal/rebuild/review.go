package rebuild

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/comparison"
	"github.com/brookgen/brookgen/runtime/internal/generation"
)

// errReview is the error of a promotion that waits for the review. The snapshot is taken.
var errReview = errors.New("brook: the rebuilt views are to be reviewed")

// errShared is the error of a review over a store that others write, whose views never stand still.
var errShared = fmt.Errorf("brook: a review or preview needs a store that this process alone "+
	"writes: %w", errors.ErrUnsupported)

// review shows how the rebuilt views differ from the live ones, once.
type review struct {
	do       func(brook.Diff) error // nil: there is nobody to ask, or it is done
	snapshot brook.Snapshot         // of the instant at which both stood at the same positions
	live     *generation.Generation // at that instant
}

// open takes the snapshot. The caller has all tasks at rest, and both generations at the same
// positions.
func (v *review) open(ctx context.Context, store brook.Store, live *generation.Generation) error {
	snapshot, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	v.snapshot, v.live = snapshot, live
	return errReview
}

// callReview compares the generations in the snapshot and calls the review with what differs. The tasks
// run meanwhile. The error of the review is final.
func (r *Rebuild) callReview(ctx context.Context) (err error) {
	v := &r.review
	defer func() {
		err = errors.Join(err, v.snapshot.Close())
		v.snapshot = nil
	}()
	s, g := r.set, r.task.Gen
	c := comparison.Comparison{Collections: s.Def.Collections, Reader: v.snapshot}
	c.Live.Shapes, c.Rebuilt.Shapes = v.live.Shapes, g.Shapes
	if c.Live.Tables, err = s.Catalog.Construction.Encoded(ctx, v.live.Number); err != nil {
		return err
	}
	if c.Rebuilt.Tables, err = s.Catalog.Construction.Encoded(ctx, g.Number); err != nil {
		return err
	}
	diff := brook.Diff{Report: r.tally.report}
	if diff.Collections, err = c.Run(ctx); err != nil {
		return err
	}
	do := v.do
	v.do = nil
	r.progress.report(s, r.task.Partitions) // a short one has reported nothing yet
	if err := do(diff); err != nil {
		return &reviewError{err}
	}
	return nil
}

// reviewError is the error of a review: it ends the rebuild.
type reviewError struct{ err error }

func (e *reviewError) Error() string { return "the review keeps the live views: " + e.err.Error() }

func (e *reviewError) Unwrap() error { return e.err }
