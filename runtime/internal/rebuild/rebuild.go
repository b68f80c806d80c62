// Package rebuild makes the views of an app anew from the log, beside the live ones, and promotes them
// at once. It is a target of a task that follows the live views.
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
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Rebuild is a rebuild that is under way. One goroutine runs it.
type Rebuild struct {
	set        *task.Set
	promoted   func() // is called when the views are live
	options    brook.RebuildOptions
	started    time.Time
	task       *task.Task
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

// New returns a rebuild that is yet to run. promoted is called when the views that it made are live.
func New(set *task.Set, promoted func(), options ...brook.RebuildOption) *Rebuild {
	r := &Rebuild{set: set, promoted: promoted, started: time.Now(), tried: map[string]bool{}, gaps: map[partition.ID][]input.Gap{}}
	for _, o := range options {
		o.Rebuild(&r.options)
	}
	return r
}

// Report returns what the rebuild came to, how the code differs from what made the views before, and the
// dead letters that the views before did not have.
func (r *Rebuild) Report() (report brook.RebuildReport, changes string, strangers []deadletter.Letter) {
	return r.report, r.changes, r.strangers
}

// Run makes the views anew, and promotes them.
func (r *Rebuild) Run(ctx context.Context) (err error) {
	s := r.set
	if r.partitions, err = s.Partitions(ctx); err != nil {
		return err
	}
	var g *catalog.Generation
	err = s.Retry.Do(ctx, "rebuild", func() (err error) {
		g, err = s.Catalog.Build(ctx)
		return err
	})
	if err != nil {
		if g != nil {
			s.Catalog.Discard(g)
		}
		return err
	}
	done := false
	defer func() {
		if !done {
			s.Catalog.Discard(g)
		}
	}()
	r.task = s.NewTask(g, r)
	r.beyond = s.Catalog.Displaced(ctx)
	v, err := s.Lock.RLock(ctx)
	if err != nil {
		return err
	}
	r.madeFrom, r.changes = s.Catalog.MadeFrom(), s.Catalog.Changes()
	s.Lock.Leave(v)
	r.passed = map[string]int{}
	reading, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	reader := s.Input(r.overtaken)
	read := func(f *task.Partition) {
		at := f.Bookmark()
		readers.Go(func() { reader.Read(reading, f.Queue, at, r.task.Chunks) })
	}
	var last error
	for attempts := 1; ; attempts++ {
		err := r.round(ctx, read)
		switch {
		case err == nil:
			done = true
			r.report.Promoted, r.report.Took = true, time.Since(r.started)
			s.Hub.Gap()
			s.WakeTasks()
			r.promoted()
			s.Catalog.SweepSoon()
			return nil
		case ctx.Err() != nil:
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, err, last)
		case errors.Is(err, task.ErrOthers): // a partition that this process has yet to hear of, or topics grew
			if r.partitions, err = s.Partitions(ctx); err != nil {
				return err
			}
		case errors.Is(err, errContended):
			attempts = 0 // it is its turn now
			continue
		case !Transient(err):
			return err
		default:
			s.Report.Failure(brook.Failure{What: "rebuild", Attempts: attempts, Err: err})
		}
		if last = err; retry.Sleep(ctx, retry.Wait(s.Config.Retry, attempts)) != nil {
			return retry.GaveUp(retry.Ending(ctx), "round", attempts, last, nil)
		}
	}
}

// Transient reports whether a rebuild waits and goes on after an error of a store or driver.
func Transient(err error) bool {
	for _, final := range []error{brook.ErrPermanent, brook.ErrConflict, brook.ErrRebuildRefused, brook.ErrRetention, brook.ErrLogChanged, brook.ErrOutOfRange, brook.ErrTooLarge, brook.ErrClosed} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// round folds what is behind the live views, and promotes. What it did before an error stays done.
func (r *Rebuild) round(ctx context.Context, read func(*task.Partition)) error {
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
		if err := r.set.Catalog.RequestPromotion(ctx, r.task.Gen); err != nil {
			return err
		}
	}
	return r.promote(ctx)
}

// fold runs the lane until its feeds end.
func (r *Rebuild) fold(ctx context.Context) error {
	err := r.task.Run(ctx, ctx)
	if full := (*brook.RebuildRefusedError)(nil); errors.As(err, &full) {
		if rerr := r.count(ctx); rerr != nil {
			return rerr
		}
		full.Report = r.report
	}
	return cmp.Or(err, r.task.Ended(ctx))
}

// feed gives the lane feeds of the partitions that it has none of, from the log's start.
func (r *Rebuild) feed(ctx context.Context) (fresh []*task.Partition, err error) {
	s, l := r.set, r.task
	standings, err := s.Catalog.Standings(ctx, s.Reader, s.Catalog.Live())
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(r.partitions, func(p brook.Partition) bool {
		return standings[partition.ID{Topic: p.Topic, Number: p.Number}].Next > p.End
	}) {
		if r.partitions, err = s.Partitions(ctx); err != nil { // other processes moved on since these were read
			return nil, err
		}
	}
	var errs []error
	for _, p := range r.partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if l.Partition(id) != nil {
			continue
		}
		if stored, ok := standings[id]; ok {
			if err := stored.Check(p); err != nil {
				errs = append(errs, err)
			} else if stored.First < p.Start && s.Config.OnRetention != brook.GoOn {
				errs = append(errs, fmt.Errorf("%w: %s/%d starts at %d now, and the views were made from %d on; with Config.OnRetention GoOn it is rebuilt without them",
					brook.ErrRetention, p.Topic, p.Number, p.Start, stored.First))
			}
		}
		f := task.NewPartition(p, &deadletter.Blocked{}, s.Config.DropRepeats)
		f.Silent, f.New = standings[id].Silent, true
		f.Meet(standings[id])
		fresh = append(fresh, f)
	}
	if err := errors.Join(errs...); err != nil || len(fresh) == 0 {
		return nil, err
	}
	// What the log no longer has can't fail again: its letters are carried over, and hold up their keys from the start.
	_, err = s.Letters.SetAside(ctx, s.Catalog.Live(), func(letter *deadletter.Letter) error {
		for _, f := range fresh {
			if f.ID == partition.Of(letter.Position) && letter.Position.Offset < f.Base() {
				f.Blocked.Add(letter, s.Config.OnFailure != brook.GoOn)
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
func (r *Rebuild) aim(ctx context.Context) (behind int64, err error) {
	for _, f := range r.task.Partitions {
		until := r.set.Progress.At(f.ID)
		if r.beyond && until == 0 {
			until = f.End()
		}
		behind += f.EndAt(until)
	}
	if behind > 0 { // what is below these ends and was put aside is there, or was
		r.asides, err = r.set.Letters.SetAside(ctx, r.set.Catalog.Live(), nil)
	}
	return behind, err
}
