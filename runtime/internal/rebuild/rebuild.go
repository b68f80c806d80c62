// Package rebuild makes the views of an app anew from the log, as another generation beside the
// live one, and promotes it in one commit. A Rebuild folds by a task of its own, with a target
// of its own:
//
//	Run ─► round ─► begin    partitions that it does not read yet, from the log's start
//	  ▲      │     aim, fold  to where the live views stand, a few times
//	  │      │     redrive    what failed, once more
//	  │      └───► promote ─► catchUp ─► settle ─► Construction.Promote ─► install
//	  └── again after a failure that may pass; what is folded stays
//
// Package engine makes one for each rebuild and calls Run from one goroutine, which does all of it;
// readers of the log run beside it. The live tasks go on meanwhile. The promotion has them at rest:
// it holds the quiesce lock, and takes Set.TasksMu under it.
package rebuild

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Rebuild is a rebuild that is under way. One goroutine runs it.
type Rebuild struct {
	target            // of task
	promoted   func() // called when the views are live
	options    brook.RebuildOptions
	valve      *quiesce.Valve // is passed by all that it does; nil: none
	task       *task.Task
	partitions []brook.Partition // of the log, as the driver said last
	contended  bool              // others commit all the time: they are asked to wait
	// beyond says that partitions that the live views don't know are folded to their ends: nobody
	// else folds them meanwhile.
	beyond bool
	tried  map[string]bool // keys of letters that were redriven
	// lostParked are keys of parked events that were carried over, as the log has lost them.
	lostParked map[string]bool
	changes    string // of the code since the live views were made
	review     review
	back       *wayBack // nil: the views are made from the log's start
}

// New returns a rebuild that is yet to run. promoted is called when the views that it made are
// live.
func New(set *task.Set, promoted func(), options ...brook.RebuildOption) *Rebuild {
	r := &Rebuild{promoted: promoted, tried: map[string]bool{}, target: target{
		set: set, gaps: gaps{}, tally: tally{started: time.Now(), passed: map[string]int{}},
		progress: newProgress(),
	}}
	for _, o := range options {
		o.Rebuild(&r.options)
	}
	r.review.do = r.options.Review
	return r
}

// Passing makes the rebuild pass a valve, as all does that the app does by itself, and returns it.
func (r *Rebuild) Passing(v *quiesce.Valve) *Rebuild {
	r.valve = v
	return r
}

// Report returns what the rebuild came to, how the code differs from what made the views before,
// and the dead letters that the views before did not have.
func (r *Rebuild) Report() (
	report brook.RebuildReport, changes string, strangers []deadletter.Letter,
) {
	return r.tally.report, r.changes, r.tally.strangers
}

// Run makes the views anew and promotes them. It tries again what fails until ctx ends, except what
// trying again won't repair; see Transient. If it returns an error, the live views are as they
// were, unless the error is of a promotion whose outcome is not known.
func (r *Rebuild) Run(ctx context.Context) (err error) {
	s := r.set
	if r.review.do != nil && s.Catalog.Fenced() {
		return errShared
	}
	if r.partitions, err = s.Partitions(ctx); err != nil {
		return err
	}
	var g *generation.Generation
	err = s.Retry.Do(ctx, "rebuild", func() (err error) {
		if r.back != nil {
			g, r.back.stood, err = s.Catalog.Construction.Revive(ctx)
		} else {
			g, err = s.Catalog.Construction.Build(ctx)
		}
		return err
	})
	if err == nil && g == nil {
		return ErrNotKept
	}
	if err != nil {
		if g != nil {
			s.Catalog.Construction.Discard(g)
		}
		return err
	}
	done := false
	defer func() {
		if !done {
			s.Catalog.Construction.Discard(g)
		}
	}()
	r.task = s.NewTask(g, &r.target)
	r.task.Valve = r.valve
	err = s.Retry.Do(ctx, "rebuild", func() error { return r.parks(ctx, g) })
	if err != nil {
		return err
	}
	if r.back != nil {
		if err := s.Retry.Do(ctx, "rebuild", func() error { return r.back.read(ctx, s, g) }); err != nil {
			return err
		}
	}
	r.beyond = s.Catalog.Structure.Displaced(ctx)
	v, err := s.Lock.RLock(ctx)
	if err != nil {
		return err
	}
	r.tally.madeFrom, r.changes = s.Catalog.Structure.MadeFrom(), s.Catalog.Structure.Changes()
	s.Lock.Leave(v)
	reading, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	reader := s.Input(r.overtaken)
	read := func(f *task.Partition) {
		at := f.Bookmark()
		readers.Go(func() { reader.Read(reading, f.Queue, at, r.task.Chunks) })
	}
	if err := r.rounds(ctx, read); err != nil {
		return err
	}
	done = true
	r.tally.report.Promoted, r.tally.report.Took = true, time.Since(r.tally.started)
	s.Hub.Gap()
	s.WakeTasks()
	r.promoted()
	s.Catalog.Obsolete.Wake()
	return nil
}

// rounds runs rounds until one promotes the views, or fails for good, or ctx ends.
func (r *Rebuild) rounds(ctx context.Context, read func(*task.Partition)) (err error) {
	s := r.set
	var last error
	defer func() {
		switch {
		case last == nil:
		case err == nil:
			s.Report.Worked("", "rebuild", brook.Position{})
		default:
			s.Report.Ended("", "rebuild", brook.Position{})
		}
	}()
	for attempts := 1; ; attempts++ {
		err := r.round(ctx, read)
		if errors.Is(err, errReview) {
			if err = r.callReview(ctx); err == nil {
				attempts = 0
				continue
			}
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, err, last)
		case errors.Is(err, task.ErrOthers): // topics grew, or this process has yet to hear of some
			if r.partitions, err = s.Partitions(ctx); err != nil {
				return err
			}
		case errors.Is(err, errContended):
			attempts = 0 // others wait now
			continue
		case !Transient(err):
			// Rows go from under a rebuild that was overtaken: what it saw says nothing.
			return cmp.Or(s.Catalog.Construction.Overtaken(ctx, r.task.Gen), err)
		default:
			s.Report.Failure(brook.Failure{What: "rebuild", Attempts: attempts, Err: err})
		}
		if last = err; retry.Sleep(ctx, retry.Wait(s.Config.Retry, attempts)) != nil {
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, last, nil)
		}
	}
}

// Transient reports whether a rebuild goes on after an error of a store or driver, because the
// cause may pass.
func Transient(err error) bool {
	if errors.As(err, new(*reviewError)) {
		return false
	}
	for _, final := range []error{
		brook.ErrPermanent, brook.ErrConflict, brook.ErrRebuildRefused, brook.ErrRetention,
		brook.ErrLogChanged, brook.ErrOutOfRange, brook.ErrTooLarge, brook.ErrClosed,
	} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// round folds what the live views are ahead, and promotes. What it did before an error stays done.
// read starts the reader of a partition.
func (r *Rebuild) round(ctx context.Context, read func(*task.Partition)) error {
	fresh, err := r.begin(ctx)
	for _, f := range fresh {
		read(f)
	}
	if err != nil {
		return err
	}
	// Most of the way beside the live tasks, the last steps with them at rest.
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
	if err := r.task.Begin(ctx); err != nil {
		return err
	}
	defer r.task.End()
	if err := r.redrive(ctx, nil); err != nil {
		return err
	}
	if r.contended {
		if err := r.set.Catalog.Construction.RequestPromotion(ctx, r.task.Gen); err != nil {
			return err
		}
	}
	return r.promote(ctx)
}

// fold runs the task until its partitions' queues end. If the rebuild ends because of too many dead
// letters, the report says which.
func (r *Rebuild) fold(ctx context.Context) error {
	err := r.task.Run(ctx, ctx)
	if full := (*brook.RebuildRefusedError)(nil); errors.As(err, &full) {
		r.tally.restart()
		err := r.eachLetter(ctx, func(_ []byte, l *deadletter.Letter) error {
			r.tally.count(l, r.asides)
			return nil
		})
		if err != nil {
			return err
		}
		r.tally.finish()
		full.Report = r.tally.report
	}
	return cmp.Or(err, r.task.Ended(ctx))
}

// begin adds the partitions to the task that it does not have yet, and returns them. They are
// folded from the log's start.
func (r *Rebuild) begin(ctx context.Context) (fresh []*task.Partition, err error) {
	s := r.set
	standings, err := s.Catalog.Live().Standings(ctx, s.Reader)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(r.partitions, func(p brook.Partition) bool {
		return standings[partition.ID{Topic: p.Topic, Number: p.Number}].Next > p.End
	}) { // other processes moved on since these were read
		if r.partitions, err = s.Partitions(ctx); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, p := range r.partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if r.task.Partition(id) != nil {
			continue
		}
		f := task.NewPartition(p, r.back.blocked(id), s.Config.DropRepeats)
		f.Silent, f.New = standings[id].Silent, true
		kept := r.back.position(id)
		if kept != nil {
			f.New = false
			r.progress.from[id] = kept.Next
			errs = append(errs, f.Resume(*kept, p, false, s.Report))
		}
		if stored, ok := standings[id]; ok {
			if err := stored.Check(p); err != nil {
				errs = append(errs, err)
			} else if kept == nil && stored.First < p.Start && !s.Spares(p.Topic) {
				errs = append(errs, fmt.Errorf("%w: %s/%d starts at %d now, and the views were "+
					"made from %d on; with Config.OnRetention GoOn it is rebuilt without them",
					brook.ErrRetention, p.Topic, p.Number, p.Start, stored.First))
			}
		}
		if kept == nil || kept.Next <= standings[id].Last {
			f.Meet(standings[id])
		}
		fresh = append(fresh, f)
	}
	if err := errors.Join(errs...); err != nil || len(fresh) == 0 {
		return nil, err
	}
	// What the log no longer has can't fail again: its letters are carried over, and block their
	// keys from the start.
	_, err = s.Letters.SetAside(ctx, s.Catalog.Live(), func(letter *deadletter.Letter) error {
		for _, f := range fresh {
			if f.ID == partition.Of(letter.Position) && letter.Position.Offset < f.First {
				r.block(f, letter)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := r.carryParked(ctx, fresh); err != nil {
		return nil, err
	}
	r.task.SetPartitions(append(r.task.Partitions, fresh...))
	return fresh, nil
}

// aim makes the task end where the live views stand, and returns how many offsets it is behind
// them.
func (r *Rebuild) aim(ctx context.Context) (behind int64, err error) {
	for _, f := range r.task.Partitions {
		until := r.set.Progress.At(f.ID)
		if r.beyond && until == 0 {
			until = f.End()
		}
		behind += f.EndAt(until)
	}
	if behind > 0 { // what was put aside below these ends is there, or was
		r.asides, err = r.set.Letters.SetAside(ctx, r.set.Catalog.Live(), nil)
	}
	return behind, err
}
