package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/key"
)

// forgetDropped forgets which letters were dropped whose records the log no longer has: no rebuild meets them.
func (a *App) forgetDropped(ctx context.Context) error {
	partitions, err := a.config.Driver.Partitions(ctx, a.code.Topics...)
	if err != nil {
		return err
	}
	v, err := a.gate.RLock(ctx) // no rebuild promotes meanwhile
	if err != nil {
		return err
	}
	defer a.gate.Leave(v)
	if a.closed.Load() { // Close waits for nobody any more
		return brook.ErrClosed
	}
	t := a.catalog.Live.Load().Dropped
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

// held names what a letter holds up.
type held struct {
	id partition.ID
	deadletter.BlockedKey
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
	defer a.tasks.wakeLanes()
	ctx, cancel := a.untilClosed(ctx)
	defer cancel()
	open, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(open, err) }()
	barred := map[held]bool{}
	for letter, err := range a.letters(open) {
		if err != nil {
			return n, err
		}
		if err := open.Err(); err != nil {
			return n, err
		}
		own := held{partition.Of(letter.Position), deadletter.BlockedKey{Set: letter.Set, Key: string(letter.Key)}}
		all := held{own.id, deadletter.BlockedKey{Set: "", Key: own.Key}}
		free := letter.Key == nil || letter.Stage == brook.StageEmit
		if !free && (barred[own] || barred[all]) {
			continue
		}
		if filter != nil && !filter(letter.DeadLetter) {
			barred[own] = !free
			continue
		}
		letter, err := a.whole(open, letter)
		if errors.Is(err, errGone) || errors.Is(err, brook.ErrPermanent) {
			a.report.Failure(brook.Failure{What: "redrive", Position: letter.Position, Attempts: letter.Attempts, Err: err, Final: true})
			barred[own] = !free
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		var applied bool
		var after due
		err = a.catalog.Again(ctx, func() (err error) {
			applied, after, err = a.redrive(ctx, letter)
			return err
		})
		a.follow(ctx, after)
		if errors.Is(err, errNoRecord) {
			a.report.Failure(brook.Failure{What: "redrive", Position: letter.Position, Attempts: letter.Attempts, Err: err, Final: true})
			continue
		}
		if err != nil {
			return n, fmt.Errorf("brook: redrive %s: %w", letter.Position, err)
		}
		if applied {
			n++
		} else {
			barred[own] = !free
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
	a.inOrder(all)
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

// inOrder sorts letters as they are redriven: in log order, and of one event in the order of the sets.
func (a *App) inOrder(all []deadletter.Letter) {
	slices.SortStableFunc(all, func(l, m deadletter.Letter) int {
		return cmp.Or(l.Position.Compare(m.Position), cmp.Compare(slices.Index(a.def.Sets, l.Set), slices.Index(a.def.Sets, m.Set)))
	})
}

// storedLetter reads a letter again.
func (a *App) storedLetter(ctx context.Context, l *deadletter.Letter) (deadletter.Letter, error) {
	for {
		g := a.catalog.Live.Load()
		v, err := a.reader.Get(ctx, g.Letters, l.AppendKey(nil))
		if err != nil && a.catalog.Live.Load() != g {
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
func (a *App) redrive(ctx context.Context, letter deadletter.Letter) (applied bool, after due, err error) {
	if err := a.catalog.Claim(ctx); err != nil {
		return false, due{}, err
	}
	rest, err := a.tasks.rest(ctx)
	if err != nil {
		return false, due{}, err
	}
	defer rest.end()
	if a.closed.Load() {
		return false, due{}, brook.ErrClosed
	}
	if err := a.catalog.ClaimResting(ctx); err != nil {
		return false, due{}, err
	}
	l := a.tasks.solo
	at := letter.AppendKey(nil)
	there, err := a.stillThere(ctx, l.gen.Letters, at)
	if errors.Is(err, brook.ErrNotFound) {
		return false, due{}, nil // somebody else was faster
	}
	if err != nil {
		return false, due{}, err
	}
	raise, checks, err := a.catalog.BumpEpoch(ctx, partition.Of(letter.Position))
	if err == nil {
		err = a.tasks.openNumbers(ctx)
	}
	if err != nil {
		return false, due{}, err
	}
	defer l.within(rest)()
	l.batch.checks = append(checks, there...)
	remove := append([]brook.Write{{Table: l.gen.Letters, Key: at, Op: brook.Remove}}, raise...)
	letter.Set = a.catalog.SetNow(letter.Type, letter.Set)
	if letter.Stage == brook.StageEmit {
		applied, err = true, l.emitAgain(ctx, letter, remove)
	} else {
		id := partition.Of(letter.Position)
		var log string
		log, err = a.logOf(ctx, id)
		if err != nil {
			return false, due{}, err
		}
		f := &feed{Queue: input.Single(id, log, letter.Attempts), waits: a.tasks.waitsOf(id)}
		if err := l.standAlone(ctx); err != nil {
			return false, due{}, err
		}
		applied, err = l.handleAgain(ctx, f, letter, remove)
	}
	return applied, l.take(), err
}

// handleAgain runs a letter's event through the set that failed, or through all where it failed before any.
func (l *lane) handleAgain(ctx context.Context, f *feed, letter deadletter.Letter, remove []brook.Write) (applied bool, err error) {
	a, w := l.app, f.waits
	m := &l.m
	record := letter.Record
	l.prepare(ctx, m, &record)
	l.current = f
	m.Letter, m.Only, m.Silent, m.Owes = &letter, letter.Set, letter.Silent, letter.Owes
	l.unwrap(m)
	l.tx.Begin(txn.Event{Ctx: ctx, Redriven: true})
	if m.DecodeErr == nil {
		l.dispatch(m)
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case l.tx.StoreFault() != nil:
		return false, l.tx.StoreFault()
	}
	if m.Only != "" && m.DecodeErr == nil && len(m.Results) == 0 {
		m.Known, m.Handled = true, true
		m.Results = append(m.Results, delivery.Result{Set: m.Only, Stage: brook.StageHandle,
			Err: fmt.Errorf("there is no handler of %s in a set %s any more: drop the letter, or bring it back", m.Message.Type, m.Only)})
	}
	w.Remove(&letter)
	l.keep(f, m)
	away := false
	l.aside = func() func() {
		l.unput(w)
		w.Add(&letter, a.config.OnFailure != brook.GoOn)
		away = true
		return func() {
			w = a.waitsOf(f.ID)
			f.waits = w
			w.Remove(&letter)
			for i := range l.batch.letters {
				w.Add(&l.batch.letters[i], a.config.OnFailure != brook.GoOn)
			}
			away = false
		}
	}
	defer func() { l.aside = nil }()
	applied = !slices.ContainsFunc(l.batch.letters, func(l deadletter.Letter) bool { return l.Stage != brook.StageEmit }) // its emissions have letters of their own
	if !l.target.visits() && len(l.batch.letters) == 1 && bytes.Equal(l.batch.letters[0].AppendKey(nil), remove[0].Key) {
		l.unput(w)
		w.Add(&letter, a.config.OnFailure != brook.GoOn) // it stays as it was
		return false, nil
	}
	l.batch.writes = l.unlessRewritten(remove)
	err = l.commitAlone(ctx)
	if errors.Is(err, brook.ErrTooLarge) && !l.target.visits() {
		l.unput(w)
		w.Add(&letter, a.config.OnFailure != brook.GoOn)
		return false, nil
	}
	if errors.Is(err, brook.ErrTooLarge) {
		// What it changes does not fit: it stays a letter, tried once more.
		checks := l.batch.checks
		l.unput(w)
		l.forget()
		l.batch.checks = checks
		failed := letter
		failed.Attempts, failed.Error, failed.Stage = letter.Attempts+1, deadletter.ErrorText(err), brook.StageApply
		l.put(f, failed)
		l.batch.writes = l.unlessRewritten(remove)
		applied, err = false, l.commitAlone(ctx)
	}
	if err != nil && !away {
		l.unput(w)
		w.Add(&letter, a.config.OnFailure != brook.GoOn)
	}
	return applied, err
}

// unlessRewritten leaves out the removal of a letter that the batch writes anew.
func (l *lane) unlessRewritten(remove []brook.Write) []brook.Write {
	for i := range l.batch.letters {
		if bytes.Equal(l.batch.letters[i].AppendKey(nil), remove[0].Key) {
			return remove[1:]
		}
	}
	return remove
}

// unput takes the letters of the batch out of the waits again.
func (l *lane) unput(w *deadletter.Blocked) {
	for i := range l.batch.letters {
		w.Remove(&l.batch.letters[i])
	}
}

// errNoRecord is returned for an emission whose record the envelope can't open, or make anew with its number.
var errNoRecord = errors.New("brook: the record can't be renumbered")

// logOf gives the identity of the log that the live views folded a partition of.
func (a *App) logOf(ctx context.Context, id partition.ID) (string, error) {
	k := id.AppendKey(nil)
	v, err := a.reader.Get(ctx, a.catalog.Live.Load().Positions, k)
	if errors.Is(err, brook.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, s, err := partition.Decode(k, v.Data.([]byte))
	return s.Log, err
}

// emitAgain puts what the log refused back to be published, in the stream of numbered emissions.
func (l *lane) emitAgain(ctx context.Context, letter deadletter.Letter, remove []brook.Write) error {
	item := &outbox.Item{Free: true, Position: letter.Position, Author: letter.Author, Type: letter.Type, ID: letter.ID, Set: letter.Set, Ordinal: letter.Ordinal,
		Record: letter.Record}
	if err := l.renumber(item); err != nil {
		return err
	}
	l.batch.items = append(l.batch.items, item)
	l.batch.writes = remove
	err := l.commitAlone(ctx)
	if err == nil {
		l.app.waitsOf(partition.Of(letter.Position)).Remove(&letter)
	}
	return err
}

// renumber makes an emission whose record is there the next one of the numbered stream.
func (l *lane) renumber(item *outbox.Item) error {
	var m brook.Message
	envelope := l.app.config.Envelope
	if err := envelope.Open(&item.Record, &m); err != nil {
		return fmt.Errorf("%w: %w", errNoRecord, err)
	}
	number := l.number(&m)
	if err := envelope.Wrap(&m, &item.Record); err != nil {
		return fmt.Errorf("%w: %w", errNoRecord, err)
	}
	item.Free = true
	item.Key = outbox.ItemKey(item.Position, item.ID, number, slices.Index(l.app.def.Sets, item.Set), item.Ordinal)
	return nil
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
	defer a.tasks.wakeLanes()
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
		err := a.catalog.Again(ctx, func() (err error) {
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
	rest, err := a.tasks.rest(ctx)
	if err != nil {
		return false, err
	}
	defer rest.end()
	if a.closed.Load() {
		return false, brook.ErrClosed
	}
	l, at := a.tasks.solo, letter.AppendKey(nil)
	there, err := a.stillThere(ctx, l.gen.Letters, at)
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
	defer l.within(rest)()
	l.batch.checks = append(checks, there...)
	l.batch.writes = append(letter.WriteDropped(l.gen.Dropped), raise...)
	l.batch.writes = append(l.batch.writes, brook.Write{Table: l.gen.Letters, Key: at, Op: brook.Remove})
	if err := l.commitAlone(ctx); err != nil {
		return false, err
	}
	letter.Set = a.catalog.SetNow(letter.Type, letter.Set)
	a.tasks.waitsOf(partition.Of(letter.Position)).Remove(&letter)
	return true, nil
}
