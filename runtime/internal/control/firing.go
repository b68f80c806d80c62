package control

import (
	"bytes"
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// entry is a timer that is due.
type entry struct {
	id  partition.ID
	row []byte    // its key
	at  time.Time // by which it is due
}

// publish moves a part of what is due in partitions whose lanes are ready into the outbox.
func (x *Timers) publish(ctx context.Context, ready []partition.ID) (fired bool, err error) {
	s := x.Tasks
	if err := s.Catalog.Claim.Take(ctx); err != nil {
		if s.Catalog.Claim.Lost() {
			return false, nil // another version of the code goes on
		}
		return false, err
	}
	if x.step == 0 {
		x.step = timersStep
	}
	var all []entry
	for _, id := range ready {
		some, done, err := x.collect(ctx, id, x.asked[id].at, x.step-len(all))
		if err != nil {
			return false, err
		}
		if all = append(all, some...); done {
			delete(x.asked, id)
		}
		if len(all) == x.step {
			break
		}
	}
	if len(all) == 0 {
		return false, nil
	}
	err = s.Retry.DoApart(ctx, "publishing timers", func() error {
		due, err := x.commit(ctx, all)
		x.follow(ctx, due)
		return err
	})
	if err != nil {
		s.ForgetTimers() // collect took them for published
	}
	switch {
	case errors.Is(err, brook.ErrConflict): // another process was faster, or promoted
		err = s.Retry.Do(ctx, "reload", func() error { return s.Catalog.Reload(ctx) })
	case errors.Is(err, brook.ErrTooLarge) && x.step > 1:
		x.step, err = x.step/2, nil
	}
	if err != nil {
		return false, err
	}
	return true, nil
}

// collect returns up to limit timers of a partition that are due at a time. If there are no more,
// done is set, and the partition's head is the first one that is not.
func (x *Timers) collect(
	ctx context.Context, id partition.ID, at time.Time, limit int,
) (all []entry, done bool, err error) {
	s := x.Tasks
	from, to := timers.WaitingOf(id)
	err = s.Retry.Do(ctx, "read", func() error {
		all, done = all[:0], true
		s.Timers.Begin(id)
		g := s.Catalog.Current.Pin()
		defer s.Catalog.Current.Unpin(g)
		for row, err := range s.Reader.Scan(ctx, g.Tables[s.Code.Layout.Due], from, to) {
			if err != nil {
				return err
			}
			e, err := timers.DecodeEntry(row.Key)
			if err != nil {
				return err
			}
			typ, err := timers.TypeOf(e.Row)
			if err != nil {
				return err
			}
			if !s.Code.Events[s.Code.Today(typ)].Timed {
				continue // of other code, which may come back
			}
			if len(all) == limit || e.Due.After(at) {
				done = e.Due.After(at)
				s.Timers.Set(id, e.Due)
				break
			}
			all = append(all, entry{id, bytes.Clone(e.Row), at})
		}
		return nil
	})
	return all, done, err
}

// commit moves timers into the outbox in one commit, with all tasks at rest. It leaves out those
// that were cancelled or set anew meanwhile.
func (x *Timers) commit(ctx context.Context, all []entry) (due batch.Due, err error) {
	s := x.Tasks
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return due, err
	}
	defer rest.End()
	if err := s.Catalog.Claim.TakeLocked(ctx); err != nil {
		return due, err
	}
	if err := s.Emissions.Open(ctx); err != nil {
		return due, err
	}
	t := x.Exclusive.Begin(rest)
	defer t.End()
	rows, entries := t.Gen.Tables[s.Code.Layout.Timers], t.Gen.Tables[s.Code.Layout.Due]
	published := 0
	for _, e := range all {
		v, err := s.Reader.Get(ctx, rows, e.row)
		if errors.Is(err, brook.ErrNotFound) {
			continue
		}
		if err != nil {
			return due, err
		}
		raw := v.Data.([]byte)
		row, err := timers.Decode(raw)
		if err != nil {
			return due, err
		}
		if row.Published || partition.Of(row.Position) != e.id || row.Due.After(e.at) {
			continue
		}
		if s.Catalog.Fenced() {
			t.Batch.Checks = append(t.Batch.Checks,
				brook.Check{Table: rows, Key: e.row, Value: bytes.Clone(raw)})
		}
		published++
		waits := row.EntryKey(nil, e.row)
		row.Published = true
		t.Batch.Writes = append(t.Batch.Writes,
			brook.Write{Table: rows, Key: e.row, Value: row.Encode()},
			brook.Write{Table: entries, Key: waits, Op: brook.Remove},
			brook.Write{Table: entries, Key: row.EntryKey(nil, e.row), Value: []byte{}})
		typ, err := timers.TypeOf(e.row)
		if err != nil {
			return due, err
		}
		item, err := s.Emissions.Timer(ctx, typ, row)
		t.Batch.Numbered = true
		if err != nil { // it holds up no others
			t.Batch.Letters = append(t.Batch.Letters, publisher.LetterOf(item, err))
			continue
		}
		t.Batch.Items = append(t.Batch.Items, item)
	}
	if len(t.Batch.Writes) == 0 {
		return due, nil
	}
	ids := map[partition.ID]bool{}
	for i := range t.Batch.Letters {
		ids[partition.Of(t.Batch.Letters[i].Position)] = true
	}
	if s.Catalog.Fenced() && len(ids) > 0 {
		// A promotion that carries letters over must not come between.
		if err := t.BumpEpochs(ctx, ids); err != nil {
			return due, err
		}
	}
	if due, err = t.Commit(ctx); err != nil {
		return batch.Due{}, err
	}
	s.Waiting.Add(-published)
	for i := range due.Letters {
		s.BlockedOf(partition.Of(due.Letters[i].Position)).Add(&due.Letters[i], false)
	}
	return due, nil
}
