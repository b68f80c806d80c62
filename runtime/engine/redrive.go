package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/key"
)

// forgetDropped forgets which letters were dropped whose records the log no longer has: no rebuild meets them.
func (a *App) forgetDropped(ctx context.Context) error {
	partitions, err := a.config.Driver.Partitions(ctx, a.code.Topics...)
	if err != nil {
		return err
	}
	v, err := a.lock.RLock(ctx) // no rebuild promotes meanwhile
	if err != nil {
		return err
	}
	defer a.lock.Leave(v)
	if a.closed.Load() { // Close waits for nobody any more
		return brook.ErrClosed
	}
	t := a.catalog.Live().Dropped
	var writes []brook.Write
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		from := id.AppendKey(nil)
		for row, err := range a.reader.Scan(ctx, t, from, key.AppendInt(bytes.Clone(from), p.Start)) {
			if err != nil {
				return err
			}
			writes = append(writes, brook.Write{Table: t, Key: bytes.Clone(row.Key), Op: brook.Remove})
		}
	}
	return retry.InParts(writes, func(part []brook.Write) error { return a.store.Commit(ctx, &brook.Batch{Writes: part}) })
}

// Redrive tries dead letters again, in log order, those that filter accepts (nil: all), and gives how many were
// applied. Per handler set and key it takes the longest run of letters that the filter accepts and stops at the first one that
// fails again, whose attempts go up. Letters of stage emit go back to be published. It runs between the batches of Run,
// or by itself where nothing runs. What a letter does not hold (see [DeadLetter.Omitted]) is read from the log again; where the log has it no more, the
// letter stays, and hooks and log are told. Where several instances each fold all partitions, each has letters of its own, and what a redriven
// event emits is published by whoever redrives it: twice where two do. What was applied before an
// error stays so. A read that fails ends it; a commit that the store refuses is tried again until ctx
// ends or the app is closed: the error then wraps that of ctx or [ErrClosed], and the store's last one.
func (a *App) Redrive(ctx context.Context, filter func(brook.DeadLetter) bool) (n int, err error) {
	if a.closed.Load() {
		return 0, brook.ErrClosed
	}
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	defer a.tasks.WakeTasks()
	ctx, cancel := a.untilClosed(ctx)
	defer cancel()
	open, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(open, err) }()
	var runs deadletter.Runs
	for letter, err := range a.letters(open) {
		if err != nil {
			return n, err
		}
		if err := open.Err(); err != nil {
			return n, err
		}
		if runs.Waits(&letter) {
			continue
		}
		if filter != nil && !filter(letter.DeadLetter) {
			runs.Stays(&letter)
			continue
		}
		letter, err := a.tasks.Letters.Refetch(open, letter)
		if errors.Is(err, letters.ErrGone) || errors.Is(err, brook.ErrPermanent) {
			a.report.Failure(brook.Failure{What: "redrive", Position: letter.Position, Attempts: letter.Attempts, Err: err, Final: true})
			runs.Stays(&letter)
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		var applied bool
		var after task.Due
		err = a.catalog.RetryConflicts(ctx, func() (err error) {
			applied, after, err = a.redrive(ctx, letter)
			return err
		})
		a.follow(ctx, after)
		if errors.Is(err, emission.ErrNoRecord) {
			a.report.Failure(brook.Failure{What: "redrive", Position: letter.Position, Attempts: letter.Attempts, Err: err, Final: true})
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		if applied {
			n++
		} else {
			runs.Stays(&letter)
		}
	}
	return n, nil
}

// letters gives the dead letters that there are now, each as it is when its turn comes: in log order, and of one event in
// the order of the sets.
func (a *App) letters(ctx context.Context) func(func(deadletter.Letter, error) bool) {
	var all []deadletter.Letter
	var failed error
	for l, err := range a.deadLetters(ctx) {
		if err != nil {
			failed = err
			break
		}
		l.Record = brook.Record{} // not all of them at a time
		all = append(all, deadletter.Letter{DeadLetter: l})
	}
	a.tasks.Letters.Sort(all)
	return func(yield func(deadletter.Letter, error) bool) {
		for i := range all {
			l, err := a.storedLetter(ctx, &all[i])
			if errors.Is(err, brook.ErrNotFound) {
				continue // somebody else was faster
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
		if failed != nil {
			yield(deadletter.Letter{}, failed)
		}
	}
}

// storedLetter reads a letter again.
func (a *App) storedLetter(ctx context.Context, l *deadletter.Letter) (deadletter.Letter, error) {
	for {
		g := a.catalog.Live()
		v, err := a.reader.Get(ctx, g.Letters, l.AppendKey(nil))
		if err != nil && a.catalog.Live() != g {
			continue // a rebuild switched and dropped what was read
		}
		if err != nil {
			return deadletter.Letter{}, err
		}
		again, err := deadletter.Decode(v)
		again.Record.Value = bytes.Clone(again.Record.Value)
		return again, err
	}
}

// stillThere returns what makes sure that nobody redrives or drops a letter that is there before a commit that does; ErrNotFound if somebody did.
func (a *App) stillThere(ctx context.Context, letters brook.Table, at []byte) ([]brook.Check, error) {
	v, err := a.reader.Get(ctx, letters, at)
	if err != nil || !a.catalog.Fenced() {
		return nil, err
	}
	return []brook.Check{{Table: letters, Key: at, Version: v.Version}}, nil
}

// redrive tries one letter with all lanes at rest.
func (a *App) redrive(ctx context.Context, letter deadletter.Letter) (applied bool, after task.Due, err error) {
	if err := a.catalog.Claim(ctx); err != nil {
		return false, task.Due{}, err
	}
	rest, err := a.tasks.Quiesce(ctx)
	if err != nil {
		return false, task.Due{}, err
	}
	defer rest.End()
	if a.closed.Load() {
		return false, task.Due{}, brook.ErrClosed
	}
	if err := a.catalog.ClaimLocked(ctx); err != nil {
		return false, task.Due{}, err
	}
	l := a.tasks.Exclusive
	at := letter.AppendKey(nil)
	there, err := a.stillThere(ctx, l.Gen.Letters, at)
	if errors.Is(err, brook.ErrNotFound) {
		return false, task.Due{}, nil // somebody else was faster
	}
	if err != nil {
		return false, task.Due{}, err
	}
	raise, checks, err := a.catalog.BumpEpoch(ctx, partition.Of(letter.Position))
	if err == nil {
		err = a.tasks.Emissions.Open(ctx)
	}
	if err != nil {
		return false, task.Due{}, err
	}
	defer l.Within(rest)()
	l.Batch.Checks = append(checks, there...)
	remove := append([]brook.Write{{Table: l.Gen.Letters, Key: at, Op: brook.Remove}}, raise...)
	letter.Set = a.catalog.SetNow(letter.Type, letter.Set)
	if letter.Stage == brook.StageEmit {
		applied, err = true, l.Reemit(ctx, letter, remove)
	} else {
		id := partition.Of(letter.Position)
		var log string
		log, err = a.logOf(ctx, id)
		if err != nil {
			return false, task.Due{}, err
		}
		f := &task.Partition{Queue: input.Single(id, log, letter.Attempts), Blocked: a.tasks.BlockedOf(id)}
		if err := l.StandAlone(ctx); err != nil {
			return false, task.Due{}, err
		}
		applied, err = l.Redrive(ctx, f, letter, remove)
	}
	return applied, l.Take(), err
}

// logOf gives the identity of the log that the live views folded a partition of.
func (a *App) logOf(ctx context.Context, id partition.ID) (string, error) {
	k := id.AppendKey(nil)
	v, err := a.reader.Get(ctx, a.catalog.Live().Positions, k)
	if errors.Is(err, brook.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, s, err := partition.Decode(k, v.Data.([]byte))
	return s.Log, err
}

// Drop removes dead letters, those that filter accepts (nil: all), and gives how many. A rebuild drops them too: the event stays undone for that set. What waited behind them stays a dead
// letter until it is redriven or dropped too; events yet to come wait no longer. It tries again and
// ends as [App.Redrive] does.
func (a *App) Drop(ctx context.Context, filter func(brook.DeadLetter) bool) (n int, err error) {
	if a.closed.Load() {
		return 0, brook.ErrClosed
	}
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	defer a.tasks.WakeTasks()
	ctx, cancel := a.untilClosed(ctx)
	defer cancel()
	open, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(open, err) }()
	for letter, err := range a.letters(open) {
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
		err := a.catalog.RetryConflicts(ctx, func() (err error) {
			dropped, err = a.dropLetter(ctx, letter)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("brook: drop %s: %w", letter.Position, err)
		}
		if dropped {
			n++
		}
	}
	if n > 0 {
		if err := a.forgetDropped(open); err != nil && !a.closed.Load() { // the next call tries again
			a.report.Failure(brook.Failure{What: "forgetting what was dropped", Attempts: 1, Err: err, Final: true})
		}
	}
	return n, nil
}

func (a *App) dropLetter(ctx context.Context, letter deadletter.Letter) (bool, error) {
	rest, err := a.tasks.Quiesce(ctx)
	if err != nil {
		return false, err
	}
	defer rest.End()
	if a.closed.Load() {
		return false, brook.ErrClosed
	}
	l, at := a.tasks.Exclusive, letter.AppendKey(nil)
	there, err := a.stillThere(ctx, l.Gen.Letters, at)
	if errors.Is(err, brook.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	raise, checks, err := a.catalog.BumpEpoch(ctx, partition.Of(letter.Position))
	if err != nil {
		return false, err
	}
	defer l.Within(rest)()
	l.Batch.Checks = append(checks, there...)
	l.Batch.Writes = append(letter.WriteDropped(l.Gen.Dropped), raise...)
	l.Batch.Writes = append(l.Batch.Writes, brook.Write{Table: l.Gen.Letters, Key: at, Op: brook.Remove})
	if err := l.CommitAlone(ctx); err != nil {
		return false, err
	}
	letter.Set = a.catalog.SetNow(letter.Type, letter.Set)
	a.tasks.BlockedOf(partition.Of(letter.Position)).Remove(&letter)
	return true, nil
}
