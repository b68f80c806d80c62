package engine

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

// fit notes whether the app may fold into the live generation. The caller holds the gate for writing, or opens the app.
func (a *App) fit() {
	a.noteNames(&a.state)
	g := a.live.Load()
	if g == nil {
		return
	}
	fits := a.state.Folds == a.code.Contract && a.state.Generation == g.number
	a.had = a.had || fits
	a.lost.Store(a.had && a.state.Folds != a.code.Contract)
	if fits {
		writes, _ := a.newShapes(g.shapes)
		fits = len(writes) == 0
	}
	a.claimed.Store(fits)
	if len(a.unfilled()) > 0 {
		a.wantFill()
	}
}

// claim makes sure that the app may fold into the live generation, before it does for the first time. The caller does not hold the gate.
func (a *App) claim(ctx context.Context) error {
	if a.claimed.Load() && a.named.Load() {
		return nil
	}
	ctx, cancel := a.whileOpen(ctx)
	defer cancel()
	return closing(ctx, a.insistResting(ctx, func() error {
		if a.ctx.Err() != nil {
			return brook.ErrClosed
		}
		return a.claimResting(ctx)
	}))
}

// claimResting is claim for who holds the gate for writing.
func (a *App) claimResting(ctx context.Context) error {
	for !a.claimed.Load() {
		g := a.live.Load()
		// Another app of the name may have given numbers since.
		if err := a.retry.Do(ctx, "read", func() error { return a.readShapes(ctx, g.shapes) }); err != nil {
			return err
		}
		writes, checks := a.newShapes(g.shapes)
		err := a.updateStateResting(ctx, func(next *state) error {
			if a.live.Load() != g {
				return errMoved
			}
			return a.takeOver(next)
		}, &brook.Batch{Writes: writes, Checks: checks})
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil && !errors.Is(err, brook.ErrConflict) { // a conflict: another process gave a shape the same number
			return err
		}
		err = a.retry.Do(ctx, "read", func() error { return a.readShapes(ctx, g.shapes) })
		if err == nil {
			err = a.install(ctx)
		}
		if err != nil { // the state has the claim, but lanes go by other indexes still
			a.claimed.Store(false)
			return err
		}
	}
	return a.nameSets(ctx)
}

// takeOver makes the state that of a generation that this code folds into from now on.
func (a *App) takeOver(next *state) error {
	untouched := a.untouched(next)
	if next.Folds != a.code.Contract && !untouched {
		if a.had {
			return a.overtaken(next)
		}
		switch changes := a.structureChanges(next); {
		case len(changes) == 0 || a.config.OnStale == brook.GoOn:
			next.rename(a.code)
			next.Mixed, next.Fingerprint = false, nil
		case a.config.OnStale == brook.Fail:
			return fmt.Errorf("%w: %s; Rebuild makes them anew", brook.ErrStale, strings.Join(changes, "; "))
		default: // beside the rebuild
			next.Mixed = true
		}
	}
	if untouched {
		next.rename(a.code)
		next.Mixed, next.Fingerprint = false, nil
	}
	fresh := next.Folds == ""
	next.Folds = a.code.Contract
	tables := append(a.code.TableNames(), next.Tables[next.Generation]...)
	kept := map[string]keptIndex{}
	for _, info := range a.code.Layout.Collections {
		for _, index := range info.Indexes {
			name := info.EntriesName(index)
			k, ok := next.Kept[name]
			switch {
			case fresh:
				k = keptIndex{Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: true}
			case !ok: // what an earlier index of that name left behind is none of its entries
				next.Serial++
				k = keptIndex{Table: fmt.Sprintf("%s/%d", plan.IndexTable(info.Name, index.Field), next.Serial)}
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

// madeHere makes the state that of a generation that this code has built.
func (a *App) madeHere(next *state) {
	next.rename(a.code)
	next.Folds, next.Mixed, next.Fingerprint = a.code.Contract, false, nil
	next.Kept = map[string]keptIndex{}
	for _, info := range a.code.Layout.Collections {
		for _, index := range info.Indexes {
			next.Kept[info.EntriesName(index)] = keptIndex{Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: index.Unique}
		}
	}
}

// install has lanes and readers go by the indexes that the state names. The caller holds the gate for writing.
func (a *App) install(ctx context.Context) error {
	var g *generation
	err := a.retry.Do(ctx, "open", func() (err error) {
		g, err = a.openLive(ctx, &a.state, a.live.Load())
		return err
	})
	if err != nil {
		return err
	}
	a.settle(g)
	return nil
}

// settle makes g, which is the live generation, that of all lanes. The caller holds the gate for writing.
func (a *App) settle(g *generation) {
	a.live.Store(g)
	a.on.installed(g)
	a.fit()
}

// in makes the lane fold into g.
func (l *lane) in(g *generation) {
	l.gen = g
	l.tx.On(g.tables, g.unready)
}

// overtaken says that another version of the code folds now.
func (a *App) overtaken(s *state) error {
	changes := strings.Join(a.structureChanges(s), "; ")
	if changes == "" {
		changes = "other indexes are kept up"
	}
	return fmt.Errorf("%w: another version of the code folds into them now: %s", brook.ErrStale, changes)
}

// superseded returns why the app folds no longer: nil where it may, or ctx ended. The caller does not hold the gate.
func (a *App) superseded(ctx context.Context) error {
	v, err := a.gate.RLock(ctx)
	if err != nil {
		return nil
	}
	defer a.gate.Leave(v)
	if !a.had || a.state.Folds == a.code.Contract {
		return nil
	}
	return a.overtaken(&a.state)
}

// fresh forgets that the app had folded: who starts, folds.
func (a *App) fresh(ctx context.Context) {
	if a.gate.Lock(ctx) != nil {
		return
	}
	defer a.gate.Unlock()
	a.had = false
	a.fit()
}

// ready claims what can be claimed at the start: where the code makes its rows from what they were made from, it is refused by nobody, and
// new indexes begin to be filled before there is anything to fold.
func (a *App) ready(ctx context.Context) error {
	v, err := a.gate.RLock(ctx)
	if err != nil {
		return err
	}
	same := a.state.Folds != "" && a.state.Folds != layout2 && len(a.structureChanges(&a.state)) == 0
	a.gate.Leave(v)
	if !same {
		return nil
	}
	return a.claim(ctx)
}
