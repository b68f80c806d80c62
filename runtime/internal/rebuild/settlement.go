package rebuild

import (
	"bytes"
	"context"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// settlement decides, by what is true of the live views now, what becomes of the letters and the
// emissions that a rebuild made, and carries over what it could not make. Nobody reads these rows
// before the promotion, and each settlement decides about all of them.
type settlement struct {
	*Rebuild
	live    *generation.Generation
	writer  writer
	carried map[string]bool // keys of letters and owed emissions that are the live views', by table
}

// settle settles letters and emissions. Letters that the live views don't have are redriven once;
// if some of them are left, the rebuild is refused.
func (r *Rebuild) settle(ctx context.Context, live *generation.Generation) error {
	for {
		s := settlement{Rebuild: r, live: live, writer: writer{store: r.set.Store}}
		if err := s.run(ctx); err != nil {
			return err
		}
		if r.task.Batch.Parked.Events().AnyDue() { // they waited behind one that was dropped
			if err := r.fold(ctx); err != nil {
				return err
			}
			continue
		}
		var untried []deadletter.Letter
		for i := range r.tally.strangers {
			if !r.tried[string(r.tally.strangers[i].AppendKey(nil))] {
				untried = append(untried, r.tally.strangers[i])
			}
		}
		if len(untried) == 0 {
			break
		}
		if err := r.redrive(ctx, untried); err != nil {
			return err
		}
	}
	if len(r.tally.strangers) > 0 && !r.options.Accept {
		return &brook.RebuildRefusedError{Report: r.tally.report}
	}
	return nil
}

// run settles once. Each step finds the writes of the steps before it committed.
func (s *settlement) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.carryLetters, s.settleLetters, s.settleParked, s.settleOwed, s.settleOwedJobs,
		s.carryDropped, s.carryPublished,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := s.writer.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// carryLetters carries over letters of emissions, and of records that the log has lost. It reads
// what the live views put aside.
func (s *settlement) carryLetters(ctx context.Context) (err error) {
	s.carried = map[string]bool{}
	s.asides, err = s.set.Letters.SetAside(ctx, s.live, func(l *deadletter.Letter) error {
		if l.Stage == brook.StageEarly || !l.AfterCommit() && !s.lacks(l.Position) {
			return nil
		}
		w := l.Write(s.task.Gen.Letters)
		s.carried[string(w.Key)] = true
		return s.writer.add(ctx, w)
	})
	return err
}

// settleLetters counts the letters of the rebuilt views, and removes those that are none any more.
func (s *settlement) settleLetters(ctx context.Context) error {
	table := s.task.Gen.Letters
	s.tally.restart()
	err := s.eachLetter(ctx, func(key []byte, l *deadletter.Letter) error {
		if s.carried[string(key)] {
			s.tally.report.Letters++
			return nil
		}
		if s.obsolete(l) {
			if f := s.task.Partition(partition.Of(l.Position)); f != nil {
				f.Blocked.Remove(l)
			}
			remove := brook.Write{Table: table, Key: bytes.Clone(key), Op: brook.Remove}
			return s.writer.add(ctx, remove)
		}
		s.tally.count(l, s.asides)
		silent, owes := s.asides.Silence(l)
		if l.AfterCommit() || silent == l.Silent && slices.Equal(owes, l.Owes) {
			return nil
		}
		l.Silent, l.Owes = silent, owes
		return s.writer.add(ctx, l.Write(table))
	})
	s.tally.finish()
	return err
}

// obsolete reports whether a letter of the rebuilt views is none any more: its event, or the
// emission, was redriven in the live views or dropped from them meanwhile.
func (s *settlement) obsolete(l *deadletter.Letter) bool {
	switch {
	case l.Stage == brook.StageJob:
		return true // it was carried over by a settlement before, and is gone since
	case l.Stage == brook.StageEmit:
		return !s.asides.Owed(l.Position, l.Set)
	case s.lacks(l.Position):
		return true // it was carried over before
	}
	dropped := s.asides.Dropped(l.Position)
	return slices.Contains(dropped, "") || l.Set != "" && slices.Contains(dropped, l.Set)
}

// settleOwed carries over the emissions that the live views still owe, and removes those of events
// that were redriven or dropped meanwhile.
func (s *settlement) settleOwed(ctx context.Context) error {
	return s.settleTable(ctx, s.live.Owed, s.task.Gen.Owed,
		func(row brook.Row) (at brook.Position, set string, err error) {
			item, err := outbox.DecodeItem(row)
			if err != nil {
				return at, "", err
			}
			return item.Position, item.Set, nil
		})
}

// settleOwedJobs is settleOwed for jobs.
func (s *settlement) settleOwedJobs(ctx context.Context) error {
	if s.set.Jobs == nil {
		return nil
	}
	return s.settleTable(ctx, s.live.OwedJobs, s.task.Gen.OwedJobs,
		func(row brook.Row) (at brook.Position, set string, err error) {
			j, err := jobs.Decode(row)
			if err != nil {
				return at, "", err
			}
			return j.Position, j.Set, nil
		})
}

// settleTable carries over the rows of the live views' table to one of the rebuilt views, and
// removes from that those of events that were redriven or dropped meanwhile. cause decodes a row.
func (s *settlement) settleTable(
	ctx context.Context, live, table brook.Table,
	cause func(brook.Row) (at brook.Position, set string, err error),
) error {
	carried := map[string]bool{}
	for row, err := range s.set.Reader.Scan(ctx, live, nil, nil) {
		if err != nil {
			return err
		}
		carried[string(row.Key)] = true
		if err := s.writer.add(ctx, copied(row, table)); err != nil {
			return err
		}
	}
	for row, err := range s.set.Reader.Scan(ctx, table, nil, nil) {
		if err != nil {
			return err
		}
		at, set, err := cause(row)
		if err != nil {
			return err
		}
		if carried[string(row.Key)] || s.asides.Owed(at, set) {
			continue
		}
		remove := brook.Write{Table: table, Key: bytes.Clone(row.Key), Op: brook.Remove}
		if err := s.writer.add(ctx, remove); err != nil {
			return err
		}
	}
	return nil
}

// carryDropped carries over which letters were dropped, except those whose records no rebuild meets
// again.
func (s *settlement) carryDropped(ctx context.Context) error {
	for row, err := range s.set.Reader.Scan(ctx, s.live.Dropped, nil, nil) {
		if err != nil {
			return err
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			return err
		}
		if s.lacks(d.Position) {
			continue
		}
		if err := s.writer.add(ctx, copied(row, s.task.Gen.Dropped)); err != nil {
			return err
		}
	}
	return nil
}

// copied returns the write of a row of bytes to another table.
func copied(row brook.Row, table brook.Table) brook.Write {
	return brook.Write{
		Table: table, Key: bytes.Clone(row.Key), Value: bytes.Clone(row.Value.Data.([]byte)),
	}
}
