package brook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Rebuild makes the views anew from the log's start, beside the live ones, and switches at once when they stand
// at the same positions. Nothing is emitted and no effect runs. Readers see the old views until then. What Process
// applied is forgotten. It returns when the switch is done; ctx's end or the app's leaves the old views as they are.
//
// It is refused with [ErrRetention] where the log lost events that the views were made from, unless
// Config.OnRetention is [GoOn].
func (a *App) Rebuild(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	if a.closed.Load() {
		return ErrClosed
	}
	err := a.rebuild(ctx)
	if a.closed.Load() && err != nil {
		return ErrClosed
	}
	return err
}

func (a *App) rebuild(ctx context.Context) (err error) {
	a.rebuildMu.Lock()
	defer a.rebuildMu.Unlock()
	if hook := a.config.Hooks.Rebuild; hook != nil {
		hook(false, nil)
		defer func() { hook(true, err) }()
	}
	started := time.Now()
	if err := a.rebuildInto(ctx); err != nil {
		return fmt.Errorf("brook: rebuild %s: %w", a.config.Name, err)
	}
	a.config.Log.Info("brook: the views are rebuilt", "app", a.config.Name, "took", time.Since(started).Round(time.Millisecond))
	return nil
}

func (a *App) rebuildInto(ctx context.Context) error {
	partitions, err := a.partitions(ctx)
	if err != nil {
		return err
	}
	g, err := a.startBuilding(ctx)
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished {
			a.abandon(g)
		}
	}()
	l := a.newLane(g, false)
	reading, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	for attempts := 1; ; attempts++ {
		fresh, err := a.feedRebuild(ctx, l, partitions, a.config.OnRetention == GoOn)
		if err != nil {
			return err
		}
		for _, f := range fresh {
			next := f.next // the lane's from now on
			readers.Go(func() { a.read(reading, f, next, l.chunks) })
		}
		// Most of the way beside the live lanes, the last steps with them at rest.
		for range 5 {
			if a.target(l) == 0 {
				break
			}
			if err := l.run(ctx, ctx); err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
		}
		if err = a.switchTo(ctx, l, partitions); err == nil {
			break
		}
		if !errors.Is(err, errOthers) {
			return err
		}
		if len(fresh) == 0 { // another process knows of a partition that this one has yet to hear of
			if err := sleep(ctx, a.config.Retry.wait(attempts)); err != nil {
				return err
			}
		}
		if partitions, err = a.partitions(ctx); err != nil { // topics grew meanwhile
			return err
		}
	}
	finished = true
	a.hub.gap()
	a.wakeLanes()
	a.leftovers.rouse()
	return nil
}

// startBuilding notes in the store that a generation is being made, so that what is left of it can be found.
func (a *App) startBuilding(ctx context.Context) (*generation, error) {
	number := 0
	err := a.updateState(ctx, func(next *state) error {
		if next.Building != 0 { // of another process, which finds that out when it is to switch
			next.Dropped = append(next.Dropped, next.Building)
		}
		// A number comes once: a process that does not know yet that its views are given up still writes them, or removes others.
		number = max(next.Generation, slices.Max(append(slices.Clone(next.Dropped), next.Highest))) + 1
		next.Building, next.Highest = number, number
		next.Tables[number] = a.tableNames()
		a.building = number
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	g, err := a.open(ctx, number)
	if err != nil {
		return nil, err
	}
	if err := a.drop(ctx, g); err != nil {
		return nil, err
	}
	return g, a.recordShapes(ctx, g.shapes)
}

// feedRebuild gives the lane feeds of the partitions that it has none of, from the log's start.
func (a *App) feedRebuild(ctx context.Context, l *lane, partitions []Partition, acceptLoss bool) (fresh []*feed, err error) {
	standings, err := a.standings(ctx, a.reader, a.live.Load())
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, p := range partitions {
		id := partitionID{p.Topic, p.Number}
		if l.feed(id) != nil {
			continue
		}
		if s, ok := standings[id]; ok {
			if s.Log != p.Log {
				errs = append(errs, fmt.Errorf("%w: %s/%d", ErrLogChanged, p.Topic, p.Number))
			} else if s.First < p.Start && !acceptLoss {
				errs = append(errs, fmt.Errorf("%w: %s/%d starts at %d now, and the views were made from %d on; with Config.OnRetention GoOn it is rebuilt without them",
					ErrRetention, p.Topic, p.Number, p.Start, s.First))
			}
		}
		fresh = append(fresh, newFeed(id, p, &waits{}))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	// What the log no longer has can't fail again: its letters are carried over, and hold up their keys from the start.
	for row, err := range a.reader.Scan(ctx, a.live.Load().letters, nil, nil) {
		if err != nil {
			return nil, err
		}
		letter, err := decodeLetter(row.Value)
		if err != nil {
			return nil, err
		}
		for _, f := range fresh {
			if f.id == letter.Position.partition() && letter.Position.Offset < f.base {
				f.waits.add(&letter, a.config.OnFailure != GoOn)
			}
		}
	}
	l.feeds = append(l.feeds, fresh...)
	slices.SortFunc(l.feeds, func(f, g *feed) int { return f.id.at(0).Compare(g.id.at(0)) })
	return fresh, nil
}

// feed gives the lane's feed of a partition, or nil.
func (l *lane) feed(id partitionID) *feed {
	for _, f := range l.feeds {
		if f.id == id {
			return f
		}
	}
	return nil
}

// target makes the lane's feeds end where the live views stand, and gives how many offsets they are behind.
func (a *App) target(l *lane) (behind int64) {
	for _, f := range l.feeds {
		f.until = max(f.base, a.progress.at(f.id))
		if f.read.dry() {
			f.next = f.limit(f.ahead) // offsets without records that are known already
		}
		f.end = max(f.end, f.until)
		behind += f.until - f.base
	}
	return behind
}

// errOvertaken ends a rebuild whose number the state no longer has as the one that is built.
var errOvertaken = fmt.Errorf("%w: another process rebuilt, or does", ErrConflict)

// switchTo makes the generation of l the live one, in one commit, with all lanes at rest.
func (a *App) switchTo(ctx context.Context, l *lane, partitions []Partition) (err error) {
	a.rest()
	defer a.gate.Unlock()
	old := a.live.Load()
	var held map[partitionID]*waits
	for {
		if a.state.Building != l.gen.number { // it may have been read anew since
			return errOvertaken
		}
		checks, err := a.meet(ctx, l, old)
		if err != nil {
			return err
		}
		if err := a.carryLetters(ctx, old, l.gen, partitions); err != nil {
			return err
		}
		if held, err = a.loadWaits(ctx, l.gen); err != nil {
			return err
		}
		err = a.updateStateResting(ctx, func(next *state) error {
			if next.Building != l.gen.number {
				return errOvertaken
			}
			next.Generation, next.Building = l.gen.number, 0
			next.Dropped = append(next.Dropped, old.number)
			next.Replaced[old.number] = now()
			next.Fingerprint, next.Indexes = a.fingerprint(), a.indexNames()
			return nil
		}, &Batch{Checks: checks})
		if err == nil {
			break
		}
		if !errors.Is(err, ErrConflict) || errors.Is(err, errOvertaken) {
			return err
		} // else another process folded on meanwhile
	}
	a.building = 0
	a.show(l.gen)
	// From here on nothing may fail: memory follows what is stored.
	a.waits = held
	first := map[partitionID]int64{}
	for _, f := range l.feeds {
		first[f.id] = f.first
	}
	a.lanesMu.Lock()
	defer a.lanesMu.Unlock()
	for _, live := range append([]*lane{a.solo}, a.lanes...) {
		live.gen, live.tx.tables = l.gen, l.gen.tables
		for _, f := range live.feeds {
			f.waits, f.folded = a.waitsOf(f.id), nil
			if at, ok := first[f.id]; ok {
				f.first = at
			}
		}
	}
	return nil
}

// switched reports whether the store has g as the live generation.
func (a *App) switched(ctx context.Context, g *generation) (bool, error) {
	s, err := a.readState(ctx)
	return err == nil && s.Generation == g.number, err
}

// actedOn reports whether the event of a letter that a rebuild makes was acted on: the live views have no such letter, or a silent one.
func (l *lane) actedOn(letter *DeadLetter) bool {
	v, err := l.app.reader.Get(l.tx.ctx, l.app.live.Load().letters, letter.appendKey(nil))
	if err != nil {
		return true
	}
	old, err := decodeLetter(v)
	return err != nil || old.Silent
}

// meet folds what the lane is behind the live views, with all lanes at rest, and gives what makes sure that these
// stand there still.
func (a *App) meet(ctx context.Context, l *lane, live *generation) (checks []Check, err error) {
	if a.fenced() {
		standings, err := a.standings(ctx, a.reader, live)
		if err != nil {
			return nil, err
		}
		for id, s := range standings {
			a.progress.advance(id, s.Next)
			checks = append(checks, Check{Table: live.positions, Key: id.appendKey(nil), Value: s.raw})
		}
		for _, f := range l.feeds {
			if _, ok := standings[f.id]; !ok { // nor may anybody begin with it
				checks = append(checks, Check{Table: live.positions, Key: f.id.appendKey(nil)})
			}
		}
	}
	for id := range a.progress.all() {
		if a.reads(id.topic) && l.feed(id) == nil {
			return nil, errOthers // what was folded of it is not in the new views
		}
	}
	if a.target(l) == 0 {
		return checks, nil
	}
	err = l.run(ctx, ctx)
	return checks, errors.Join(err, ctx.Err())
}

// carryLetters gives the new generation the letters of old that it can't have made itself: of emissions, and of records
// that the log no longer has. Nobody reads them before the switch.
func (a *App) carryLetters(ctx context.Context, old, g *generation, partitions []Partition) error {
	start := map[partitionID]int64{}
	for _, p := range partitions {
		start[partitionID{p.Topic, p.Number}] = p.Start
	}
	var writes []Write
	commit := func(part []Write) error {
		return a.insist(ctx, "commit", func() error { return a.store.Commit(ctx, &Batch{Writes: part}) })
	}
	for row, err := range a.reader.Scan(ctx, old.letters, nil, nil) {
		if err != nil {
			return err
		}
		l, err := decodeLetter(row.Value)
		if err != nil {
			return err
		}
		if first, ok := start[l.Position.partition()]; l.Stage != StageEmit && ok && l.Position.Offset >= first {
			continue
		}
		if writes = append(writes, l.write(g.letters)); len(writes) == 16 {
			if err := inParts(writes, commit); err != nil {
				return err
			}
			writes = nil
		}
	}
	return inParts(writes, commit)
}
