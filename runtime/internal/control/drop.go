package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/key"
)

// Drop removes letters, those that filter accepts (nil: all), and returns how many. What waits
// behind them stays. A parked event that is not reported yet is dropped only if filter accepts it.
func (x Letters) Drop(
	ctx context.Context, filter func(brook.DeadLetter) bool,
) (n int, err error) {
	ctx, open, end, err := x.begin(ctx, "drop")
	if err != nil {
		return 0, err
	}
	defer func() { end(&err) }()
	for letter, err := range x.each(open, filter != nil) {
		if err != nil {
			return n, err
		}
		if err := open.Err(); err != nil {
			return n, err
		}
		if filter != nil && !filter(letter.DeadLetter) {
			continue
		}
		var dropped bool
		var due batch.Due
		err := x.Tasks.Catalog.RetryConflicts(ctx, func() (err error) {
			dropped, due, err = x.drop(ctx, letter)
			return err
		})
		x.follow(ctx, due)
		if err != nil {
			return n, fmt.Errorf("brook: drop %s: %w", letter.Position, err)
		}
		if dropped {
			n++
		}
	}
	if n == 0 {
		return 0, nil
	}
	if err := x.forgetDropped(open); err != nil && x.Tasks.Life.Err() == nil {
		x.Tasks.Report.Failure(brook.Failure{
			What: "forgetting what was dropped", Attempts: 1, Err: err,
			Final: true, // the next call tries again
		})
	}
	return n, nil
}

// drop drops one letter with all tasks at rest. It reports whether it was there, and returns what is
// due after the commit.
func (x Letters) drop(
	ctx context.Context, letter deadletter.Letter,
) (dropped bool, due batch.Due, err error) {
	rest, err := x.quiesce(ctx)
	if err != nil {
		return false, due, err
	}
	defer rest.End()
	t := x.Exclusive.Begin(rest)
	defer t.End()
	if letter.Stage == brook.StageEarly {
		return x.dropParked(ctx, t, &letter)
	}
	dropped, err = x.dropLetter(ctx, t, &letter)
	return dropped, due, err
}

// dropLetter drops a letter by t.
func (x Letters) dropLetter(
	ctx context.Context, t *exclusive.Task, letter *deadletter.Letter,
) (bool, error) {
	s, at := x.Tasks, letter.AppendKey(nil)
	unchanged, err := x.unchanged(ctx, t.Gen.Letters, at)
	if errors.Is(err, brook.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	epoch, checks, err := s.Catalog.BumpEpoch(ctx, partition.Of(letter.Position))
	if err != nil {
		return false, err
	}
	t.Batch.Checks = append(checks, unchanged...)
	t.Batch.Writes = append(letter.WriteDropped(t.Gen.Dropped), epoch...)
	t.Batch.Writes = append(t.Batch.Writes,
		brook.Write{Table: t.Gen.Letters, Key: at, Op: brook.Remove})
	note, released := t.Released(letter)
	t.Batch.Writes = append(t.Batch.Writes, note...)
	if _, err := t.Commit(ctx); err != nil {
		return false, err
	}
	released()
	letter.Set = s.Catalog.Sets.Now(letter.Type, letter.Set)
	s.BlockedOf(partition.Of(letter.Position)).Remove(letter)
	return true, nil
}

// forgetDropped removes from the store which letters were dropped if the log no longer has their
// records: no rebuild meets them.
func (x Letters) forgetDropped(ctx context.Context) error {
	partitions, err := x.Tasks.Config.Driver.Partitions(ctx, x.Tasks.Code.Topics...)
	if err != nil {
		return err
	}
	v, err := x.Tasks.Lock.RLock(ctx) // no rebuild promotes meanwhile
	if err != nil {
		return err
	}
	defer x.Tasks.Lock.Leave(v)
	if err := x.Tasks.Life.Err(); err != nil { // Close waits for nobody any more
		return err
	}
	t := x.Tasks.Catalog.Live().Dropped
	var writes []brook.Write
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		from := id.AppendKey(nil)
		to := key.AppendInt(bytes.Clone(from), p.Start)
		for row, err := range x.Tasks.Reader.Scan(ctx, t, from, to) {
			if err != nil {
				return err
			}
			writes = append(writes,
				brook.Write{Table: t, Key: bytes.Clone(row.Key), Op: brook.Remove})
		}
	}
	return retry.InParts(writes, func(part []brook.Write) error {
		return x.Tasks.Store.Commit(ctx, &brook.Batch{Writes: part})
	})
}
