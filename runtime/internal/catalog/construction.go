package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/obsolete"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// ErrOvertaken ends a rebuild if the state names another generation, or none, as the one under
// construction.
var ErrOvertaken = fmt.Errorf("%w: another process rebuilt, or does", brook.ErrConflict)

// Construction is how a generation is built beside the live one, and becomes the live one. It is
// safe for concurrent use.
type Construction struct {
	config   *brook.Config // with defaults
	code     *plan.Code
	ids      *ids.Source
	lock     *quiesce.Lock
	retry    *retry.Loop
	row      *staterow.Row
	hold     *tenancy.Hold
	opener   *generation.Opener
	current  *generation.Current
	obsolete *obsolete.Remover
	claim    *Claim
	indexes  *Indexes
	reload   func(context.Context) error

	building int                    // the number of what this process builds, or 0; guarded by lock
	revived  *staterow.Retained     // what building was retained as; nil: it is new; guarded by lock
	awaited  atomic.Pointer[string] // ID of the promotion request that this process waited for last
}

// Build begins the construction of a generation. It notes that in the state, so that what is left
// of it can be found. With an error it returns the generation that is to be given to Discard, or
// nil if there is none. The caller does not hold the quiesce lock.
func (c *Construction) Build(ctx context.Context) (g *generation.Generation, err error) {
	number := 0
	err = c.row.Update(ctx, func(next *staterow.State) error {
		// Another process finds out that it was overtaken when it is to promote what it builds.
		if next.Building != 0 {
			next.Dropped = append(next.Dropped, next.Building)
		}
		// No number comes twice: a process that does not know yet that its views are given up still
		// writes them, or removes them.
		highest := slices.Max(append(slices.Clone(next.Dropped), next.Highest))
		number = max(next.Generation, highest) + 1
		next.Building, next.Highest = number, number
		next.Tables[number] = c.code.TableNames()
		c.building, c.revived = number, nil
		return nil
	}, nil)
	if err != nil {
		if number == 0 {
			return nil, err
		}
		return &generation.Generation{Number: number}, err // it may be stored all the same
	}
	if g, err = c.opener.Open(ctx, number); err != nil {
		return g, err
	}
	if err := c.opener.Empty(ctx, g, nil); err != nil {
		return g, err
	}
	return g, c.recordShapes(ctx, g)
}

// recordShapes numbers the shapes of a generation under construction.
func (c *Construction) recordShapes(ctx context.Context, g *generation.Generation) error {
	return g.Shapes.Record(ctx, func(writes []brook.Write, checks []brook.Check) error {
		return c.config.Store.Commit(ctx, &brook.Batch{
			ID: c.ids.Batch(), Writes: writes, Checks: checks,
		})
	})
}

// Promoted reports whether the store has g, which this process built, as the live generation, after
// a Promote whose answer was lost. The error is ErrOvertaken if g can't be promoted any more. The
// caller holds the quiesce lock.
func (c *Construction) Promoted(g *generation.Generation) (bool, error) {
	if c.current.Load().Number == g.Number {
		c.building = 0
		return true, nil
	}
	if c.row.Known().Building != g.Number {
		return false, ErrOvertaken
	}
	return false, nil
}

// Overtaken returns ErrOvertaken if the state in the store no longer names g as the generation under
// construction, nor as the live one. What was built of it is removed from then on, so that nothing
// that was read of it counts. Other errors are the store's.
func (c *Construction) Overtaken(ctx context.Context, g *generation.Generation) error {
	var s staterow.State
	err := c.retry.Do(ctx, "rebuild", func() (err error) {
		s, err = c.row.Read(ctx)
		return err
	})
	if err == nil && s.Building != g.Number && s.Generation != g.Number {
		return ErrOvertaken
	}
	return err
}

// Promote makes g, which this process built, the live generation, in one commit and if the checks
// hold. The generation before becomes obsolete, and may be retained. The error is ErrOvertaken if
// the state no longer names g as the one under construction, and another ErrConflict if a check
// does not hold. If another process changed the state, memory is reloaded and the promotion goes
// on.
//
// If there is no error, Live has the number of g. It is not g itself if a Promote before has
// happened and the reload found that out. The caller holds the quiesce lock.
func (c *Construction) Promote(ctx context.Context, g *generation.Generation,
	checks []brook.Check) error {
	err := c.row.UpdateLocked(ctx, func(next *staterow.State) error {
		if next.Generation == g.Number {
			return staterow.ErrUnchanged // a try before did it
		}
		if next.Building != g.Number {
			return ErrOvertaken
		}
		c.retain(next)
		next.Dropped = append(next.Dropped, next.Generation)
		next.Replaced[next.Generation] = time.Now().UTC()
		next.Generation, next.Building, next.Promoting = g.Number, 0, nil
		next.Folds, next.Mixed, next.Fingerprint = c.code.Contract, false, nil
		next.Kept = c.indexes.built()
		if c.revived != nil {
			c.restore(next)
		}
		rename(next, c.code, c.code.Made)
		return nil
	}, &brook.Batch{Checks: checks})
	if err != nil {
		return err
	}
	c.building = 0
	if c.current.Load().Number == g.Number {
		return nil
	}
	c.current.Show(g, c.row.Known().Kept)
	c.hold.Publish()
	c.claim.note()
	return nil
}

// Encoded opens the rows of a generation as a store of bytes has them, by ordinal of the
// collection.
func (c *Construction) Encoded(ctx context.Context, number int) ([]brook.Table, error) {
	return c.opener.Encoded(ctx, number)
}

// Discard gives up the construction of g: it notes that what was built is to be removed. If that
// fails, the next rebuild or start finds it. The caller does not hold the quiesce lock.
func (c *Construction) Discard(g *generation.Generation) {
	ctx, cancel := context.WithTimeout(context.Background(), c.config.ShutdownTimeout)
	defer cancel()
	// The promotion may have happened although its commit returned an error.
	s, err := c.row.Read(ctx)
	if err == nil && s.Generation != g.Number {
		err = c.noteDiscarded(ctx, g.Number)
	}
	if err != nil {
		c.retry.Report.Failure(brook.Failure{
			What: "removal of an unfinished rebuild", Attempts: 1, Err: err, Final: true,
		})
	}
	c.obsolete.Wake()
}

// noteDiscarded makes a number under construction an obsolete one.
func (c *Construction) noteDiscarded(ctx context.Context, number int) error {
	return c.row.UpdateOnce(ctx, func(next *staterow.State) error {
		c.building = 0
		if next.Generation == number || slices.Contains(next.Dropped, number) {
			return staterow.ErrUnchanged
		}
		if next.Building == number { // else another process builds by now
			next.Building = 0
		}
		next.Dropped = append(next.Dropped, number)
		return nil
	}, nil)
}
