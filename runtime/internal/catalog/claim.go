package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Several versions of the code may run over one store. Who folds into the live generation says so in the state, with the contract that
// it keeps: what rows are made from, and which indexes are kept up. It does so right before its first commit, and not at the start:
// what is refused, or has nothing to fold, leaves no trace. All commits check the state where several processes write the
// store; so those of other contracts fail from then on, and who finds that out stands aside (see aside.go). The one that came last folds.

// errMoved says that the live generation is another one than a moment ago.
var errMoved = errors.New("brook: the live views are others now")

// Fit notes whether the app may fold into the live generation. The caller holds the gate for writing, or opens the app.
func (c *Catalog) Fit() {
	c.NoteNames(&c.State)
	g := c.Live.Load()
	if g == nil {
		return
	}
	fits := c.State.Folds == c.code.Contract && c.State.Generation == g.Number
	c.had = c.had || fits
	c.Lost.Store(c.had && c.State.Folds != c.code.Contract)
	if fits {
		writes, _ := c.newShapes(g.Shapes)
		fits = len(writes) == 0
	}
	c.Claimed.Store(fits)
	if len(c.Unfilled()) > 0 {
		c.WantFill()
	}
}

// Claim makes sure that the app may fold into the live generation, before it does for the first time. The caller does not hold the gate.
func (c *Catalog) Claim(ctx context.Context) error {
	if c.Claimed.Load() && c.named.Load() {
		return nil
	}
	ctx, cancel := c.WhileOpen(ctx)
	defer cancel()
	return Closing(ctx, c.insistResting(ctx, func() error {
		if c.ctx.Err() != nil {
			return brook.ErrClosed
		}
		return c.ClaimResting(ctx)
	}))
}

// ClaimResting is claim for who holds the gate for writing.
func (c *Catalog) ClaimResting(ctx context.Context) error {
	for !c.Claimed.Load() {
		g := c.Live.Load()
		// Another app of the name may have given numbers since.
		if err := c.retry.Do(ctx, "read", func() error { return c.ReadShapes(ctx, g.Shapes) }); err != nil {
			return err
		}
		writes, checks := c.newShapes(g.Shapes)
		err := c.UpdateResting(ctx, func(next *State) error {
			if c.Live.Load() != g {
				return errMoved
			}
			return c.takeOver(next)
		}, &brook.Batch{Writes: writes, Checks: checks})
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil && !errors.Is(err, brook.ErrConflict) { // a conflict: another process gave a shape the same number
			return err
		}
		err = c.retry.Do(ctx, "read", func() error { return c.ReadShapes(ctx, g.Shapes) })
		if err == nil {
			err = c.Install(ctx)
		}
		if err != nil { // the state has the claim, but lanes go by other indexes still
			c.Claimed.Store(false)
			return err
		}
	}
	return c.nameSets(ctx)
}

// takeOver makes the state that of a generation that this code folds into from now on.
func (c *Catalog) takeOver(next *State) error {
	untouched := c.untouched(next)
	if next.Folds != c.code.Contract && !untouched {
		if c.had {
			return c.overtaken(next)
		}
		switch changes := c.structureChanges(next); {
		case len(changes) == 0 || c.config.OnStale == brook.GoOn:
			next.rename(c.code)
			next.Mixed, next.Fingerprint = false, nil
		case c.config.OnStale == brook.Fail:
			return fmt.Errorf("%w: %s; Rebuild makes them anew", brook.ErrStale, strings.Join(changes, "; "))
		default: // beside the rebuild
			next.Mixed = true
		}
	}
	if untouched {
		next.rename(c.code)
		next.Mixed, next.Fingerprint = false, nil
	}
	fresh := next.Folds == ""
	next.Folds = c.code.Contract
	tables := append(c.code.TableNames(), next.Tables[next.Generation]...)
	kept := map[string]KeptIndex{}
	for _, info := range c.code.Layout.Collections {
		for _, index := range info.Indexes {
			name := info.EntriesName(index)
			k, ok := next.Kept[name]
			switch {
			case fresh:
				k = KeptIndex{Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: true}
			case !ok: // what an earlier index of that name left behind is none of its entries
				next.Serial++
				k = KeptIndex{Table: fmt.Sprintf("%s/%d", plan.IndexTable(info.Name, index.Field), next.Serial)}
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

// MadeHere makes the state that of a generation that this code has built.
func (c *Catalog) MadeHere(next *State) {
	next.rename(c.code)
	next.Folds, next.Mixed, next.Fingerprint = c.code.Contract, false, nil
	next.Kept = map[string]KeptIndex{}
	for _, info := range c.code.Layout.Collections {
		for _, index := range info.Indexes {
			next.Kept[info.EntriesName(index)] = KeptIndex{Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: index.Unique}
		}
	}
}

// Install has lanes and readers go by the indexes that the state names. The caller holds the gate for writing.
func (c *Catalog) Install(ctx context.Context) error {
	var g *Generation
	err := c.retry.Do(ctx, "open", func() (err error) {
		g, err = c.OpenLive(ctx, &c.State, c.Live.Load())
		return err
	})
	if err != nil {
		return err
	}
	c.settle(g)
	return nil
}

// settle makes g, which is the live generation, that of all lanes. The caller holds the gate for writing.
func (c *Catalog) settle(g *Generation) {
	c.Live.Store(g)
	c.on.Installed(g)
	c.Fit()
}

// overtaken says that another version of the code folds now.
func (c *Catalog) overtaken(s *State) error {
	changes := strings.Join(c.structureChanges(s), "; ")
	if changes == "" {
		changes = "other indexes are kept up"
	}
	return fmt.Errorf("%w: another version of the code folds into them now: %s", brook.ErrStale, changes)
}

// Superseded returns why the app folds no longer: nil where it may, or ctx ended. The caller does not hold the gate.
func (c *Catalog) Superseded(ctx context.Context) error {
	v, err := c.Gate.RLock(ctx)
	if err != nil {
		return nil
	}
	defer c.Gate.Leave(v)
	if !c.had || c.State.Folds == c.code.Contract {
		return nil
	}
	return c.overtaken(&c.State)
}

// Fresh forgets that the app had folded: who starts, folds.
func (c *Catalog) Fresh(ctx context.Context) {
	if c.Gate.Lock(ctx) != nil {
		return
	}
	defer c.Gate.Unlock()
	c.had = false
	c.Fit()
}

// Ready claims what can be claimed at the start: where the code makes its rows from what they were made from, it is refused by nobody, and
// new indexes begin to be filled before there is anything to fold.
func (c *Catalog) Ready(ctx context.Context) error {
	v, err := c.Gate.RLock(ctx)
	if err != nil {
		return err
	}
	same := c.State.Folds != "" && c.State.Folds != layout2 && len(c.structureChanges(&c.State)) == 0
	c.Gate.Leave(v)
	if !same {
		return nil
	}
	return c.Claim(ctx)
}

// Contract returns the hash of what the code makes its rows from and which indexes it has.
func (c *Catalog) Contract() string { return c.code.Contract }
