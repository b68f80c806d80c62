package rebuild

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// redrive tries letters of the rebuilt views once, in log order: some, or all if some is nil. One
// that fails again stays as it was, and so does what waits behind it.
func (r *Rebuild) redrive(ctx context.Context, some []deadletter.Letter) (err error) {
	if some == nil {
		if some, err = r.all(ctx); err != nil {
			return err
		}
		if r.back != nil && len(some) > 0 {
			if r.asides, err = r.set.Letters.SetAside(ctx, r.set.Catalog.Live(), nil); err != nil {
				return err
			}
		}
	}
	var runs deadletter.Runs
	for i := range some {
		k := some[i].AppendKey(nil)
		if r.tried[string(k)] || some[i].AfterCommit() || r.lacks(some[i].Position) {
			continue
		}
		if runs.Waits(&some[i]) {
			continue
		}
		applied := false
		err := r.set.Retry.DoPausing(ctx, "rebuild", nil, r.task.Pause, func() (err error) {
			applied, err = r.redriveOne(ctx, k)
			return err
		})
		if err != nil && !errors.Is(err, brook.ErrPermanent) && !errors.Is(err, letters.ErrGone) {
			return err
		}
		r.tried[string(k)] = true
		if r.task.Batch.Parked.Events().AnyDue() {
			if err := r.fold(ctx); err != nil { // what it woke
				return err
			}
		}
		if !applied && r.dealtWith(&some[i], k) {
			if err := r.forget(ctx, &some[i], k); err != nil {
				return err
			}
			continue
		}
		if !applied {
			runs.Stays(&some[i])
		}
	}
	return nil
}

// all returns the letters of the rebuilt views, in log order, without their records: these may be
// too large to hold all at a time.
func (r *Rebuild) all(ctx context.Context) (all []deadletter.Letter, err error) {
	err = r.eachLetter(ctx, func(_ []byte, l *deadletter.Letter) error {
		l.Record = brook.Record{}
		all = append(all, *l)
		return nil
	})
	r.set.Letters.Sort(all)
	return all, err
}

// eachLetter calls do with the letters of the rebuilt views, except those of parked events, and with
// their keys in the store, which it may keep no longer than the call.
func (r *Rebuild) eachLetter(ctx context.Context, do func([]byte, *deadletter.Letter) error) error {
	for row, err := range r.set.Reader.Scan(ctx, r.task.Gen.Letters, nil, nil) {
		if err != nil {
			return err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		if l.Stage == brook.StageEarly {
			continue // its event is parked
		}
		if err := do(row.Key, &l); err != nil {
			return err
		}
	}
	return nil
}

// redriveOne tries the letter of the rebuilt views whose key in the store is k.
func (r *Rebuild) redriveOne(ctx context.Context, k []byte) (applied bool, err error) {
	s, t := r.set, r.task
	v, err := s.Reader.Get(ctx, t.Gen.Letters, k)
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
	letter.Set = s.Catalog.Sets.Now(letter.Type, letter.Set)
	if letter, err = s.Letters.Refetch(ctx, letter); err != nil {
		return false, err
	}
	own := t.Partition(partition.Of(letter.Position))
	f := t.Single(input.Single(own.ID, own.Log, letter.Attempts), own.Blocked)
	defer func() {
		t.Batch.Parked.Undo()
		t.Batch.Forget()
	}()
	if applied, err = t.ProcessLetter(ctx, f, &letter); err != nil {
		return false, err
	}
	stays := len(t.Batch.Letters) == 1 && bytes.Equal(t.Batch.Letters[0].AppendKey(nil), k)
	if !stays {
		remove := []brook.Write{{Table: t.Gen.Letters, Key: k, Op: brook.Remove}}
		t.Batch.Writes = t.Batch.UnlessRewritten(remove)
		if err = r.commit(ctx, f); err == nil {
			t.Batch.Parked.Forget() // it is stored
		}
		stays = errors.Is(err, brook.ErrTooLarge)
	}
	if stays || err != nil {
		t.Unpark(f)
		f.Block(&letter)
	}
	if stays {
		return false, nil
	}
	return applied, err
}

// commit commits the batch of a letter that was redriven, and tries again for as long as ctx lives.
func (r *Rebuild) commit(ctx context.Context, f *processor.Partition) error {
	s, b := r.set, r.task.Batch
	commit := &brook.Batch{ID: s.IDs.Batch(), Writes: b.Assemble()}
	do := func() error { return s.Store.Commit(ctx, commit) }
	err := s.RetryCommit(ctx, r.task.Pause, do)
	for errors.Is(err, brook.ErrTooLarge) && b.ShrinkLetters(commit.Writes, f.Blocked.Unblock) {
		commit.ID = s.IDs.Batch()
		err = s.RetryCommit(ctx, r.task.Pause, do)
	}
	if err != nil {
		s.Doubt(err)
	}
	return err
}
