package rebuild

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// A rebuild is guarded: what fails in the rebuilt views and does not in the live ones keeps these.

// reset empties what is counted anew with each look at the letters.
func (r *Rebuild) reset() {
	r.strangers = nil
	r.report = brook.RebuildReport{Took: time.Since(r.started)}
	if len(r.passed) > 0 {
		r.report.Passed = maps.Clone(r.passed)
	}
}

// note takes a letter of the rebuilt views into the report.
func (r *Rebuild) note(l *deadletter.Letter) {
	r.report.Letters++
	if l.Stage == brook.StageEmit || l.Attempts == 0 || r.asides.Has(l.Position, l.Set) {
		return
	}
	stranger := *l
	stranger.Record = brook.Record{}
	r.strangers = append(r.strangers, stranger)
	report.AddFailure(&r.report, &l.DeadLetter)
}

// count makes the report of a rebuild that ends before it is done.
func (r *Rebuild) count(ctx context.Context) error {
	r.reset()
	for row, err := range r.set.Reader.Scan(ctx, r.task.Gen.Letters, nil, nil) {
		if err != nil {
			return err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		r.note(&l)
	}
	report.SortFailures(&r.report)
	return nil
}

// Full reports whether the lane stands still at a feed because its partition has too many dead letters, which ends the rebuild.
func (r *Rebuild) Full(l *task.Task, f *task.Partition) bool {
	letters := f.Blocked.Len()
	if letters < r.set.Config.MaxDeadLetters {
		return false
	}
	l.Over = &brook.RebuildRefusedError{Err: fmt.Errorf("%w: partition %s/%d has %d of them at offset %d",
		brook.ErrDeadLettersFull, f.ID.Topic, f.ID.Number, letters, f.Next())}
	return true
}

// passedOver counts events of types that the code does not know and that the live views were made from.
func (r *Rebuild) passedOver(unknown []task.Unknown) {
	for _, u := range unknown {
		if r.madeFrom[u.Typ] {
			r.passed[u.Typ]++
		}
	}
}

// overtaken says how a reader goes on whose offset the log has no more.
func (r *Rebuild) overtaken(ctx context.Context, id partition.ID, next int64) (c brook.Chunk, lost *input.Gap, err error) {
	partitions, err := r.set.Config.Driver.Partitions(ctx, id.Topic)
	if err != nil {
		return c, nil, err
	}
	i := slices.IndexFunc(partitions, func(p brook.Partition) bool { return p.Topic == id.Topic && p.Number == id.Number })
	switch {
	case i < 0 || partitions[i].End < next:
		return c, nil, fmt.Errorf("%w: %s has no offset %d any more", brook.ErrLogChanged, id.String(), next)
	case partitions[i].Start <= next:
		return c, nil, fmt.Errorf("the log has offset %d, and did not a moment ago", next) // try again
	case r.set.Config.OnRetention != brook.GoOn:
		return c, nil, fmt.Errorf("%w: retention overtook the rebuild: %s starts at %d now, and it was to read from %d on; with Config.OnRetention GoOn it goes on without them",
			brook.ErrRetention, id.String(), partitions[i].Start, next)
	}
	p := partitions[i]
	return brook.Chunk{Next: p.Start, End: p.End}, &input.Gap{From: next, To: p.Start}, nil
}

// Skip goes on behind what retention took from under a reader. Its letters are carried over, and hold up their keys.
func (r *Rebuild) Skip(f *task.Partition, lost input.Gap) {
	r.set.Report.Warn("retention overtook the rebuild, which goes on without what the log no longer has", "position", f.ID.At(lost.From).String(), "missing", lost.To-lost.From)
	r.gaps[f.ID] = append(r.gaps[f.ID], lost)
	for offset, put := range r.asides[f.ID] {
		for _, one := range put {
			if lost.From <= offset && offset < lost.To && !one.Dropped {
				f.Blocked.Add(&deadletter.Letter{DeadLetter: brook.DeadLetter{Position: f.ID.At(offset), Set: one.Set, Key: one.Key}}, r.set.Config.OnFailure != brook.GoOn)
			}
		}
	}
}

// redrive tries letters of the rebuilt views once more, in log order: those given, or all where nil is. What fails again stays as it was.
func (r *Rebuild) redrive(ctx context.Context, chosen []deadletter.Letter) error {
	s, l := r.set, r.task
	if chosen == nil {
		for row, err := range s.Reader.Scan(ctx, l.Gen.Letters, nil, nil) {
			if err != nil {
				return err
			}
			letter, err := deadletter.Decode(row.Value)
			if err != nil {
				return err
			}
			letter.Record = brook.Record{} // not all of them at a time
			chosen = append(chosen, letter)
		}
		s.Letters.Sort(chosen)
	}
	var runs deadletter.Runs
	for i := range chosen {
		k := chosen[i].AppendKey(nil)
		if r.tried[string(k)] || chosen[i].Stage == brook.StageEmit || r.gone(chosen[i].Position) {
			continue
		}
		if runs.Waits(&chosen[i]) {
			continue
		}
		applied := false
		err := s.Retry.DoPausing(ctx, "rebuild", nil, l.Pause, func() (err error) {
			applied, err = r.redriveOne(ctx, k)
			return err
		})
		if err != nil && !errors.Is(err, brook.ErrPermanent) && !errors.Is(err, letters.ErrGone) {
			return err
		}
		r.tried[string(k)] = true
		if !applied {
			runs.Stays(&chosen[i])
		}
	}
	return nil
}

// redriveOne tries one letter of the rebuilt views.
func (r *Rebuild) redriveOne(ctx context.Context, k []byte) (applied bool, err error) {
	s, l := r.set, r.task
	v, err := s.Reader.Get(ctx, l.Gen.Letters, k)
	if errors.Is(err, brook.ErrNotFound) {
		return true, nil // a decode letter before it ran all sets
	}
	if err != nil {
		return false, err
	}
	letter, err := deadletter.Decode(v)
	if err != nil {
		return false, err
	}
	if letter, err = s.Letters.Refetch(ctx, letter); err != nil {
		return false, err
	}
	own := l.Partition(partition.Of(letter.Position))
	f := &task.Partition{Queue: input.Single(own.ID, own.Log, letter.Attempts), Blocked: own.Blocked}
	defer l.Forget()
	return l.Redrive(ctx, f, letter, []brook.Write{{Table: l.Gen.Letters, Key: k, Op: brook.Remove}})
}
