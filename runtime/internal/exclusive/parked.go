package exclusive

import (
	"bytes"
	"context"
	"errors"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// ReadParked reads which events are parked, if other processes change that too. The caller has all
// tasks at rest.
func (t *Task) ReadParked(ctx context.Context) error {
	if !t.Tx.TracksReads() {
		return nil
	}
	standings, err := t.Gen.Standings(ctx, t.set.Reader)
	if err != nil {
		return err
	}
	return t.set.ReadParked(ctx, standings)
}

// RedriveParked runs a parked event and commits what becomes of it. It reports whether the set took
// it. checks are what the commit relies on besides.
func (t *Task) RedriveParked(
	ctx context.Context, e *parked.Event, checks []brook.Check,
) (applied bool, due batch.Due, err error) {
	p, err := t.partition(ctx, partition.Of(e.Position))
	if err != nil {
		return false, due, err
	}
	if e, err = e.Whole(ctx, t.set.Reader, t.Gen.Parked); err != nil {
		return false, due, err
	}
	what, applied, err := t.ProcessParked(ctx, p, e, 0)
	if what != processor.Accepted {
		return false, due, err
	}
	t.Batch.Checks = append(t.Batch.Checks, checks...)
	due, err = t.Commit(ctx)
	if errors.Is(err, brook.ErrTooLarge) {
		// What it changes is too large: it becomes a letter that was tried.
		t.Unpark(p)
		t.Batch.Parked.Undo()
		t.Batch.Forget()
		l := e.Letter
		l.Attempts++
		l.Error, l.Stage = deadletter.ErrorText(err), brook.StageApply
		t.Park(p, l)
		t.Batch.Parked.Removed(e, parked.Due{By: e.Position, Free: true})
		t.Batch.Checks = checks
		applied = false
		due, err = t.Commit(ctx)
	}
	if err != nil {
		t.Unpark(p)
	}
	return applied, due, err
}

// RunDue runs the parked events that are due, each in a commit of its own. One that can't be run
// now stays due: the task of its partition runs it.
func (t *Task) RunDue(ctx context.Context) (due batch.Due) {
	for t.locked() {
		e := t.set.Parked.FirstDue()
		if e == nil || t.set.Emissions.Open(ctx) != nil || t.ReadStandings(ctx) != nil {
			return due
		}
		if e = t.set.Parked.FirstDue(); e == nil { // as the store has it now
			return due
		}
		_, more, err := t.RedriveParked(ctx, e, nil)
		due.Letters = append(due.Letters, more.Letters...)
		due.Effects = append(due.Effects, more.Effects...)
		t.Batch.Parked.Undo() // what is not committed
		t.Batch.Forget()
		if now := t.set.Parked.Get(e.Key()); err != nil || now != nil && now.Due != nil {
			return due
		}
	}
	return due
}

// partition returns a partition that holds nothing, for one event that was read before.
func (t *Task) partition(ctx context.Context, id partition.ID) (*processor.Partition, error) {
	standing, err := t.Gen.Standing(ctx, t.set.Reader, id)
	if err != nil {
		return nil, err
	}
	log := ""
	if standing != nil {
		log = standing.Log
	}
	p := t.Single(input.Single(id, log, 0), t.set.BlockedOf(id))
	p.Silent = t.set.SilentOf(id)
	return p, nil
}

// bumpParked adds to a commit the positions of the partitions whose parked events it changes: they
// say so and, if other processes fold them, have another epoch.
func (t *Task) bumpParked(ctx context.Context, commit *brook.Batch) error {
	for _, id := range t.Batch.Parked.Touched() {
		k := id.AppendKey(nil)
		bumped := false
		for _, w := range commit.Writes {
			bumped = bumped || w.Table == t.Gen.Positions && bytes.Equal(w.Key, k)
		}
		if bumped {
			continue
		}
		writes, checks, err := t.set.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		commit.Writes = append(commit.Writes, writes...)
		t.Batch.Checks = append(t.Batch.Checks, checks...)
	}
	return t.notePark(ctx, commit)
}

// notePark makes the positions of partitions say that events of them are parked, if the batch parks
// the first ones.
func (t *Task) notePark(ctx context.Context, commit *brook.Batch) error {
	var ids []partition.ID
	for _, e := range t.Batch.Parked.New() {
		id := partition.Of(e.Position)
		s, err := t.Gen.Standing(ctx, t.set.Reader, id)
		if err != nil {
			return err
		}
		if ids = append(ids, id); s == nil || s.Parks {
			continue
		}
		s.Parks = true
		k := id.AppendKey(nil)
		write := brook.Write{Table: t.Gen.Positions, Key: k, Value: s.Encode()}
		at := slices.IndexFunc(commit.Writes, func(w brook.Write) bool {
			return w.Table == t.Gen.Positions && bytes.Equal(w.Key, k)
		})
		if at < 0 {
			commit.Writes = append(commit.Writes, write)
			continue
		}
		_, bumped, err := partition.Decode(k, commit.Writes[at].Value.([]byte))
		if err != nil {
			return err
		}
		bumped.Parks = true
		commit.Writes[at].Value = bumped.Encode()
	}
	t.set.NoteParks(ids)
	return nil
}
