package brook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Run folds events into the views until ctx ends, and then finishes and commits what is in flight, within
// Config.ShutdownTimeout; it returns nil then. A store or driver that fails makes it wait and go on. It
// returns an error where it can't go on: [ErrLogChanged], [ErrRetention], [ErrStale], the failure of an event
// under Config.OnFailure Stop, or one that wraps [ErrPermanent]. One Run of an app at a time: another one
// is [ErrRunning].
func (a *App) Run(ctx context.Context) error {
	if !a.running.TryLock() {
		return ErrRunning
	}
	defer a.running.Unlock()
	if a.closed.Load() {
		return ErrClosed
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()

	// What is in flight may go on for a while after stop.
	finish, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(stop, func() {
		if sleep(finish, a.config.ShutdownTimeout) == nil {
			abort(fmt.Errorf("brook: shutdown took longer than %s", a.config.ShutdownTimeout))
		}
	})()

	err := a.run(stop, finish, cancel)
	if ctx.Err() != nil || a.closed.Load() {
		return nil // what failed meanwhile was told, and the next run tries it again
	}
	return err
}

func (a *App) run(stop, finish context.Context, cancel context.CancelFunc) error {
	stale, err := a.stale()
	if err != nil {
		return err
	}
	published := make(chan struct{})
	drained := make(chan struct{})
	go func() {
		defer close(published)
		a.publishOutbox(finish, drained)
	}()
	defer func() {
		cancel()
		close(drained)
		<-published
	}()

	var rebuilds sync.WaitGroup
	defer rebuilds.Wait()
	if stale {
		rebuild, cancel := context.WithCancel(stop)
		defer cancel()
		rebuilds.Go(func() {
			if err := a.rebuild(rebuild); err != nil && rebuild.Err() == nil {
				a.failure(Failure{What: "rebuild", Attempts: 1, Err: err, Final: true})
			}
		})
	}
	one := ""
	for {
		partitions, feeds, err := a.resume(stop)
		if err != nil {
			return err
		}
		mode := a.mode(partitions)
		if one != "" {
			mode = Mode{1, one}
		}
		a.announce(mode, len(feeds))
		err = a.fold(stop, finish, feeds, mode)
		if errors.Is(err, errReload) {
			if err := a.insist(stop, "reload", func() error { return a.reload(stop) }); err != nil {
				return err
			}
			continue
		}
		if !errors.Is(err, errSettle) {
			return err
		}
		one = "more than a tenth of the events touch keys that don't begin with their own"
	}
}

// partitions asks the driver for what the app reads, for as long as it takes.
func (a *App) partitions(ctx context.Context) (partitions []Partition, err error) {
	err = a.insist(ctx, "read", func() (err error) {
		partitions, err = a.config.Driver.Partitions(ctx, a.topics...)
		return err
	})
	return partitions, err
}

func (a *App) announce(mode Mode, partitions int) {
	if a.config.Hooks.Mode != nil {
		a.config.Hooks.Mode(mode)
	}
	args := []any{"app", a.config.Name, "partitions", partitions, "lanes", mode.Lanes}
	if mode.Reason != "" && partitions > 1 {
		args = append(args, "why", mode.Reason)
	}
	a.config.Log.Info("brook: running", args...)
}

// resume makes the feeds of the live views, each from where they stand.
func (a *App) resume(ctx context.Context) ([]Partition, []*feed, error) {
	var standings map[partitionID]standing
	err := a.insist(ctx, "read", func() (err error) { // first, because other processes may move on
		standings, err = a.standings(ctx, a.reader, a.live.Load())
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for id, s := range standings {
		a.progress.advance(id, s.Next)
	}
	partitions, err := a.partitions(ctx)
	if err != nil {
		return nil, nil, err
	}
	marks := map[partitionID]int64{}
	if m, ok := a.config.Driver.(Marker); ok && a.forgets() {
		var all []Position
		err := a.insist(ctx, "read", func() (err error) {
			all, err = m.Marks(ctx, a.config.Name)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		for _, p := range all {
			marks[p.partition()] = p.Offset
		}
	}
	a.gate.Lock()
	defer a.gate.Unlock()
	if a.fenced() { // after the standings: what is older than they must not go by newer ones
		err := a.insist(ctx, "read", func() (err error) {
			a.waits, err = a.loadWaits(ctx, a.live.Load())
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	var feeds []*feed
	var errs []error
	for _, p := range partitions {
		id := partitionID{p.Topic, p.Number}
		f := newFeed(id, p, a.waitsOf(id))
		f.silent = marks[id]
		if s, ok := standings[id]; ok {
			errs = append(errs, f.follow(s, p, a.config.OnRetention == GoOn, a.config.Log))
		}
		feeds = append(feeds, f)
	}
	return partitions, feeds, errors.Join(errs...)
}

// fold runs lanes over the feeds until stop ends or one of them can't go on.
func (a *App) fold(stop, finish context.Context, feeds []*feed, mode Mode) error {
	ctx, cancel := context.WithCancelCause(stop)
	defer cancel(nil)
	lanes := a.split(feeds, mode)
	a.lanesMu.Lock()
	a.lanes = lanes
	a.lanesMu.Unlock()
	var work, readers sync.WaitGroup
	for _, l := range lanes {
		for _, f := range l.feeds {
			readers.Go(func() { a.read(ctx, f, l.chunks) })
		}
		work.Go(func() {
			effects := make(chan effectRun, effectBuffer)
			l.effects = effects
			var running sync.WaitGroup
			running.Go(func() { a.runEffects(finish, effects) })
			err := l.run(ctx, finish)
			close(effects)
			running.Wait()
			if err != nil {
				cancel(err)
			}
		})
	}
	work.Wait()
	cancel(nil)
	readers.Wait()
	if err := context.Cause(ctx); stop.Err() == nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// split gives each lane its feeds: all to one, or those of a partition number to one each.
func (a *App) split(feeds []*feed, mode Mode) []*lane {
	lanes := make([]*lane, 0, mode.Lanes)
	for n := range mode.Lanes {
		l := a.newLane(a.live.Load(), fmt.Sprint(n), true)
		l.parallel = mode.Lanes > 1
		for _, f := range feeds {
			if mode.Lanes == 1 || f.id.number == int32(n) {
				l.feeds = append(l.feeds, f)
			}
		}
		slices.SortFunc(l.feeds, func(f, g *feed) int { return f.id.at(0).Compare(g.id.at(0)) })
		lanes = append(lanes, l)
	}
	return lanes
}

// wakeLanes makes lanes look whether what they stood still for is over.
func (a *App) wakeLanes() {
	a.lanesMu.Lock()
	defer a.lanesMu.Unlock()
	for _, l := range a.lanes {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}
