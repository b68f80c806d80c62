package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Several versions of the code may run over one store. The version that folds into the live
// generation claims it: it records in the state the contract that it keeps, which is what rows are
// made from and which indexes are kept up. It does so right before its first commit, not at the
// start, so that code that is refused or has nothing to fold leaves no trace. If several processes
// write the store, every commit checks the state: commits under other contracts fail from then on,
// and a process that finds its claim lost folds nothing more. The latest claim counts.

// Claim is an app's claim of the live generation: that its code folds into it. It is safe for
// concurrent use.
type Claim struct {
	config    *brook.Config // with defaults
	code      *plan.Code
	life      *lifetime.App
	lock      *quiesce.Lock
	retry     *retry.Loop
	row       *staterow.Row
	current   *generation.Current
	structure *Structure
	sets      *SetNames
	indexes   *Indexes

	had   bool        // it was taken since the last Reset; guarded by lock
	taken atomic.Bool // the state has the code's contract, and the live generation its shapes
	lost  atomic.Bool // it was taken, and another contract has replaced it
	named atomic.Bool // the state has the names of the code's sets
}

// errMoved means that the live generation is another one than a moment ago.
var errMoved = errors.New("brook: the live views are others now")

// Taken reports whether the state has the code's contract, and the live generation the shapes of
// its values.
func (c *Claim) Taken() bool { return c.taken.Load() }

// Lost reports whether the app had claimed the live generation, and code with another contract has
// claimed it since.
func (c *Claim) Lost() bool { return c.lost.Load() }

// note notes whether the app has the claim. The caller holds the quiesce lock, or opens the app.
func (c *Claim) note() {
	s, g := c.row.Known(), c.current.Load()
	c.sets.note(s)
	c.structure.note(s)
	claimed := s.Folds == c.code.Contract && s.Generation == g.Number
	c.had = c.had || claimed
	c.lost.Store(c.had && s.Folds != c.code.Contract)
	if claimed {
		writes, _ := g.Shapes.Missing()
		claimed = len(writes) == 0 && c.structure.codeRecorded(s)
	}
	c.taken.Store(claimed)
	if len(c.indexes.Unfilled()) > 0 {
		c.indexes.toFill.Set()
	}
}

// Take makes sure that the app may fold into the live generation: it records the code's contract,
// hashes, shapes and set names, unless the state has them. The caller does not hold the quiesce
// lock.
func (c *Claim) Take(ctx context.Context) error {
	if c.taken.Load() && c.named.Load() {
		return nil
	}
	ctx, cancel := c.life.WhileOpen(ctx)
	defer cancel()
	return lifetime.Closing(ctx, c.row.RetryLocked(ctx, func() error {
		if c.life.Err() != nil {
			return brook.ErrClosed
		}
		return c.TakeLocked(ctx)
	}))
}

// TakeLocked is Take for a caller who holds the quiesce lock.
func (c *Claim) TakeLocked(ctx context.Context) error {
	for !c.taken.Load() {
		g := c.current.Load()
		// Another app of the name may have numbered shapes since they were read.
		readShapes := func() error { return g.Shapes.Read(ctx) }
		if err := c.retry.Do(ctx, "read", readShapes); err != nil {
			return err
		}
		writes, checks := g.Shapes.Missing()
		err := c.row.UpdateLocked(ctx, func(next *staterow.State) error {
			if c.current.Load() != g {
				return errMoved
			}
			return c.takeOver(next)
		}, &brook.Batch{Writes: writes, Checks: checks})
		if errors.Is(err, errMoved) {
			continue
		}
		// After a conflict, another process has numbered a shape of this code: read the numbers.
		if err != nil && !errors.Is(err, brook.ErrConflict) {
			return err
		}
		err = c.retry.Do(ctx, "read", readShapes)
		if err == nil {
			err = c.indexes.install(ctx)
		}
		if err != nil { // the state has the claim, but tasks still keep up other indexes
			c.taken.Store(false)
			return err
		}
	}
	return c.nameSets(ctx)
}

// takeOver changes next into the state of a generation that this code folds into from now on. It
// returns ErrStale if the code must not.
func (c *Claim) takeOver(next *staterow.State) error {
	untouched := c.structure.untouched(next)
	folded := plan.Folded(c.code.TodayOrigins(next.Made), c.code.Made,
		time.Now().UTC().Truncate(time.Second))
	if next.Folds != c.code.Contract && !untouched {
		if c.had {
			return c.overtaken(next)
		}
		switch changes := c.structure.changes(next); {
		case len(changes) == 0 || c.config.OnStale == brook.GoOn:
			rename(next, c.code, folded)
			next.Mixed, next.Fingerprint = false, nil
		case c.config.OnStale == brook.Fail:
			return fmt.Errorf("%w: %s; Rebuild makes them anew",
				brook.ErrStale, strings.Join(changes, "; "))
		default: // beside the rebuild
			next.Mixed = true
		}
	}
	switch {
	case untouched:
		rename(next, c.code, c.code.Made)
		next.Mixed, next.Fingerprint = false, nil
	case !c.structure.codeRecorded(next):
		next.Made = folded
	}
	fresh := next.Folds == ""
	next.Folds = c.code.Contract
	tables := append(c.code.TableNames(), next.Tables[next.Generation]...)
	kept := map[string]staterow.KeptIndex{}
	for _, info := range c.code.Layout.Collections {
		for _, index := range info.Indexes {
			name, table := info.EntriesName(index), plan.IndexTable(info.Name, index.Field)
			k, ok := next.Kept[name]
			switch {
			case fresh:
				k = staterow.KeptIndex{Table: table, Whole: true, Once: true}
			case !ok: // the table may have entries of an earlier index of that name
				next.Serial++
				k = staterow.KeptIndex{Table: fmt.Sprintf("%s/%d", table, next.Serial)}
			}
			k.Once = k.Once && index.Unique
			kept[name] = k
			tables = append(tables, k.Table)
		}
	}
	next.Kept = kept
	next.Tables[next.Generation] = plan.Sorted(tables)
	return nil
}

// overtaken returns the error that another version of the code has claimed the live generation.
func (c *Claim) overtaken(s *staterow.State) error {
	changes := strings.Join(c.structure.changes(s), "; ")
	if changes == "" {
		changes = "other indexes are kept up"
	}
	return fmt.Errorf("%w: another version of the code folds into them now: %s",
		brook.ErrStale, changes)
}

// Superseded returns why the app may fold no longer, or nil if it may or if ctx ended. The caller
// does not hold the quiesce lock.
func (c *Claim) Superseded(ctx context.Context) error {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return nil
	}
	defer c.lock.Leave(v)
	if !c.had || c.row.Known().Folds == c.code.Contract {
		return nil
	}
	return c.overtaken(c.row.Known())
}

// Reset forgets that the app had the claim: a call that starts to fold may claim anew what
// other code claimed before. The caller does not hold the quiesce lock.
func (c *Claim) Reset(ctx context.Context) {
	if c.lock.Lock(ctx) != nil {
		return
	}
	defer c.lock.Unlock()
	c.had = false
	c.note()
}

// TakeEarly takes the claim before there is anything to fold, if the code makes its rows from what
// the live ones were made from: nothing refuses that claim, and new indexes begin to be filled. If
// goOn is set, the app folds into the live views although other code made them, and claims them if
// there is an index to fill. The caller does not hold the quiesce lock.
func (c *Claim) TakeEarly(ctx context.Context, goOn bool) error {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return err
	}
	s := c.row.Known()
	unfilled := len(c.indexes.incomplete()) > 0
	// Code that has nothing to fold is not recorded as one that did, unless it is to be told once.
	same := len(c.structure.changes(s)) == 0 &&
		(c.structure.codeRecorded(s) || unfilled || c.config.OnCodeChange == brook.GoOn)
	claim := s.Folds != "" && s.Folds != staterow.Layout2 && (same || goOn && unfilled)
	c.lock.Leave(v)
	if !claim {
		return nil
	}
	return c.Take(ctx)
}

// nameSets records what this code calls the sets, once, before anything is folded. The caller holds
// the quiesce lock.
func (c *Claim) nameSets(ctx context.Context) error {
	if c.named.Load() {
		return nil
	}
	err := c.row.UpdateLocked(ctx, func(next *staterow.State) error {
		made := c.code.TodayOrigins(next.Made)
		if len(c.code.Renames(made)) == 0 || len(c.structure.changes(next)) > 0 {
			return staterow.ErrUnchanged
		}
		rename(next, c.code, plan.Named(made, c.code.Made))
		return nil
	}, nil)
	c.named.Store(err == nil)
	return err
}
