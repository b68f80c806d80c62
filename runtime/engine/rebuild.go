package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// readAsides reads what a generation put aside, and calls each with the letters.
func (a *App) readAsides(ctx context.Context, g *catalog.Generation, each func(*deadletter.Letter) error) (deadletter.SetAside, error) {
	all := deadletter.SetAside{}
	// Letters first: one that is dropped meanwhile is among these or among those that were dropped.
	for row, err := range a.reader.Scan(ctx, g.Letters, nil, nil) {
		if err != nil {
			return nil, err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return nil, err
		}
		if each != nil {
			if err := each(&l); err != nil {
				return nil, err
			}
		}
		if l.Stage != brook.StageEmit {
			all.Add(l.Position, deadletter.Event{Set: a.catalog.SetNow(l.Type, l.Set), Key: l.Key, Silent: l.Silent, Owes: l.Owes})
		}
	}
	for row, err := range a.reader.Scan(ctx, g.Dropped, nil, nil) {
		if err != nil {
			return nil, err
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			return nil, err
		}
		all.Add(d.Position, deadletter.Event{Set: a.catalog.SetNow(d.Type, d.Set), Dropped: true})
	}
	return all, nil
}

// Rebuild makes the views anew from the log's start, beside the live ones, and promotes them at once when both stand
// at the same positions. Readers see the old views until then, and what they began to read to its end. Handlers emit nothing and no effect runs, but for what
// never happened yet: what is emitted by events that are dead letters of the live views, and that the rebuilt ones handle well, is published after the promotion. What
// [App.Drop] dropped stays dropped. What Process applied is forgotten. It returns when the promotion is done; ctx's end or the app's leaves
// the old views as they are. A store or driver that fails makes it wait: where ctx or the app ends
// that, the error wraps the one of ctx or [ErrClosed], and what failed last.
//
// It is refused with [ErrRetention] where the log lost events that the views were made from, unless
// Config.OnRetention is [GoOn]; and with [ErrRebuildRefused] where more events fail than Config.MaxDeadLetters, or some fail that did not fail
// in the live views, unless [AcceptLetters] is given. [ErrConflict] says that another process rebuilt meanwhile.
func (a *App) Rebuild(ctx context.Context, options ...brook.RebuildOption) error {
	ctx, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	if a.closed.Load() {
		return brook.ErrClosed
	}
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return catalog.Closing(ctx, a.rebuild(ctx, options...))
}

func (a *App) rebuild(ctx context.Context, options ...brook.RebuildOption) (err error) {
	if !a.rebuildMu.LockContext(ctx) {
		return fmt.Errorf("brook: rebuild %s: waiting for another one: %w", a.config.Name, retry.Ending(ctx))
	}
	defer a.rebuildMu.Unlock()
	if a.closed.Load() {
		return brook.ErrClosed
	}
	if hook := a.config.Hooks.Rebuild; hook != nil {
		hook(false, nil)
		defer func() { hook(true, err) }()
	}
	r := &rebuilding{app: a, started: time.Now(), tried: map[string]bool{}, gaps: map[partition.ID][]input.Gap{}}
	for _, o := range options {
		o.Rebuild(&r.options)
	}
	if err := r.run(ctx); err != nil {
		if refused := (*brook.RebuildRefusedError)(nil); errors.As(err, &refused) {
			a.report.Rebuilt(&refused.Report, a.code.Topics, r.changes)
			a.report.Error("the rebuild is refused", "error", err)
		}
		return fmt.Errorf("brook: rebuild %s: %w", a.config.Name, err)
	}
	r.report.Promoted, r.report.Took = true, time.Since(r.started)
	a.refused.Store(false)
	a.report.Rebuilt(&r.report, a.code.Topics, r.changes)
	a.report.Info("the views are rebuilt", "took", r.report.Took.Round(time.Millisecond))
	if hook := a.config.Hooks.DeadLetter; hook != nil {
		for i := range r.strangers {
			hook(r.strangers[i].DeadLetter)
		}
	}
	return nil
}

// rebuilding is a rebuild that is under way.
type rebuilding struct {
	app        *App
	options    brook.RebuildOptions
	started    time.Time
	lane       *task.Task
	partitions []brook.Partition
	contended  bool // other processes commit all the time: they are asked to rest

	asides    deadletter.SetAside          // of the live views, at least of what is below the feeds' ends
	beyond    bool                         // partitions that the live views don't know are folded to their ends: nobody folds these meanwhile
	madeFrom  map[string]bool              // the types that the live views were made from
	passed    map[string]int               // events of these types that the code does not know
	gaps      map[partition.ID][]input.Gap // what retention took from under the readers
	tried     map[string]bool              // letters that were redriven, by key
	strangers []deadletter.Letter          // that were tried and that the live views don't have; without values
	report    brook.RebuildReport
	changes   string // of the code since the live views were made
}

func (r *rebuilding) run(ctx context.Context) (err error) {
	a := r.app
	if r.partitions, err = a.partitions(ctx); err != nil {
		return err
	}
	var g *catalog.Generation
	err = a.retry.Do(ctx, "rebuild", func() (err error) {
		g, err = a.catalog.Build(ctx)
		return err
	})
	if err != nil {
		if g != nil {
			a.catalog.Discard(g)
		}
		return err
	}
	promoted := false
	defer func() {
		if !promoted {
			a.catalog.Discard(g)
		}
	}()
	r.lane = a.tasks.NewTask(g, r)
	r.beyond = a.catalog.Displaced(ctx)
	v, err := a.lock.RLock(ctx)
	if err != nil {
		return err
	}
	r.madeFrom, r.changes = a.catalog.MadeFrom(), a.catalog.Changes()
	a.lock.Leave(v)
	r.passed = map[string]int{}
	reading, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	reader := a.input(r.overtaken)
	read := func(f *task.Partition) {
		at := f.Bookmark()
		readers.Go(func() { reader.Read(reading, f.Queue, at, r.lane.Chunks) })
	}
	var last error
	for attempts := 1; ; attempts++ {
		err := r.round(ctx, read)
		switch {
		case err == nil:
			promoted = true
			a.hub.Gap()
			a.tasks.WakeTasks()
			a.noteOwed()
			a.catalog.SweepSoon()
			return nil
		case ctx.Err() != nil:
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, err, last)
		case errors.Is(err, errOthers): // a partition that this process has yet to hear of, or topics grew
			if r.partitions, err = a.partitions(ctx); err != nil {
				return err
			}
		case errors.Is(err, errContended):
			attempts = 0 // it is its turn now
			continue
		case !transient(err):
			return err
		default:
			a.report.Failure(brook.Failure{What: "rebuild", Attempts: attempts, Err: err})
		}
		if last = err; retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) != nil {
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, last, nil)
		}
	}
}

// transient reports whether a rebuild waits and goes on after an error of a store or driver.
func transient(err error) bool {
	for _, final := range []error{brook.ErrPermanent, brook.ErrConflict, brook.ErrRebuildRefused, brook.ErrRetention, brook.ErrLogChanged, brook.ErrOutOfRange, brook.ErrTooLarge, brook.ErrClosed} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// round folds what is behind the live views, and promotes. What it did before an error stays done.
func (r *rebuilding) round(ctx context.Context, read func(*task.Partition)) error {
	fresh, err := r.feed(ctx)
	for _, f := range fresh {
		read(f)
	}
	if err != nil {
		return err
	}
	// Most of the way beside the live lanes, the last steps with them at rest.
	for range 5 {
		behind, err := r.aim(ctx)
		if err != nil {
			return err
		}
		if behind == 0 {
			break
		}
		if err := r.fold(ctx); err != nil {
			return err
		}
	}
	if err := r.redrive(ctx, nil); err != nil {
		return err
	}
	if r.contended {
		if err := r.app.catalog.RequestPromotion(ctx, r.lane.Gen); err != nil {
			return err
		}
	}
	return r.promote(ctx)
}

// fold runs the lane until its feeds end.
func (r *rebuilding) fold(ctx context.Context) error {
	err := r.lane.Run(ctx, ctx)
	if full := (*brook.RebuildRefusedError)(nil); errors.As(err, &full) {
		if rerr := r.count(ctx); rerr != nil {
			return rerr
		}
		full.Report = r.report
	}
	return cmp.Or(err, r.lane.Ended(ctx))
}

// feed gives the lane feeds of the partitions that it has none of, from the log's start.
func (r *rebuilding) feed(ctx context.Context) (fresh []*task.Partition, err error) {
	a, l := r.app, r.lane
	standings, err := a.catalog.Standings(ctx, a.reader, a.catalog.Live())
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(r.partitions, func(p brook.Partition) bool {
		return standings[partition.ID{Topic: p.Topic, Number: p.Number}].Next > p.End
	}) {
		if r.partitions, err = a.partitions(ctx); err != nil { // other processes moved on since these were read
			return nil, err
		}
	}
	var errs []error
	for _, p := range r.partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if l.Partition(id) != nil {
			continue
		}
		if s, ok := standings[id]; ok {
			if err := s.Check(p); err != nil {
				errs = append(errs, err)
			} else if s.First < p.Start && a.config.OnRetention != brook.GoOn {
				errs = append(errs, fmt.Errorf("%w: %s/%d starts at %d now, and the views were made from %d on; with Config.OnRetention GoOn it is rebuilt without them",
					brook.ErrRetention, p.Topic, p.Number, p.Start, s.First))
			}
		}
		f := task.NewPartition(p, &deadletter.Blocked{}, a.config.DropRepeats)
		f.Silent, f.New = standings[id].Silent, true
		f.Meet(standings[id])
		fresh = append(fresh, f)
	}
	if err := errors.Join(errs...); err != nil || len(fresh) == 0 {
		return nil, err
	}
	// What the log no longer has can't fail again: its letters are carried over, and hold up their keys from the start.
	_, err = a.readAsides(ctx, a.catalog.Live(), func(letter *deadletter.Letter) error {
		for _, f := range fresh {
			if f.ID == partition.Of(letter.Position) && letter.Position.Offset < f.Base() {
				f.Blocked.Add(letter, a.config.OnFailure != brook.GoOn)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.SetPartitions(append(l.Partitions, fresh...))
	return fresh, nil
}

// aim makes the lane's feeds end where the live views stand, and returns how many offsets they are behind.
func (r *rebuilding) aim(ctx context.Context) (behind int64, err error) {
	for _, f := range r.lane.Partitions {
		until := r.app.progress.At(f.ID)
		if r.beyond && until == 0 {
			until = f.End()
		}
		behind += f.EndAt(until)
	}
	if behind > 0 { // what is below these ends and was put aside is there, or was
		r.asides, err = r.app.readAsides(ctx, r.app.catalog.Live(), nil)
	}
	return behind, err
}
