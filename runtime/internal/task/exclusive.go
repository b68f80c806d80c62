package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// runExclusive runs the head of p while all other tasks rest. It waits for these until stop ends.
func (t *Task) runExclusive(stop, ctx context.Context, p *Partition) (outcome, error) {
	rest, err := t.set.Quiesce(stop)
	if err != nil {
		return cancelled, err
	}
	t.Rest = rest
	defer func() {
		t.Rest = nil
		rest.End()
	}()
	if !t.Target.Claimed() { // somebody else was faster
		return accepted, nil
	}
	t.Parallel, t.exclusive = false, true
	defer func() { t.exclusive = false }()
	what, err := t.processRecord(ctx, p, p.Head())
	t.Parallel = true
	if what == accepted {
		t.recovered(p)
		p.Advance()
	}
	t.Batch.strays++
	if cerr := t.commit(ctx); errors.Is(cerr, errRewound) {
		return accepted, nil
	} else if cerr != nil {
		return stopApp, cerr
	}
	if what == accepted {
		t.due.strays = append(t.due.strays, t.last)
	}
	t.strays++
	many := t.strays > 100 && t.strays*10 > t.events
	if what == accepted && many && !t.set.Config.Group {
		return goSerial, fmt.Errorf("%w: %s", ErrGoSerial, delivery.ReasonOf(&t.last))
	}
	return what, err
}

// Within makes a task without partitions run under the quiesce lock that r holds. The function
// returned ends that, and empties the batch.
func (t *Task) Within(q *Quiesced) (end func()) {
	t.Rest = q
	return func() {
		t.Rest, t.aside = nil, nil
		t.Forget()
	}
}

// ReadStandings reads what a commit of the exclusive task relies on if its events scan, before they
// do: the positions of all partitions, and the mark of the last such commit.
func (t *Task) ReadStandings(ctx context.Context) error {
	if !t.Tx.TracksReads() {
		return nil
	}
	if err := t.set.ReadAlone(ctx); err != nil {
		return err
	}
	standings, err := t.set.Catalog.Standings(ctx, t.set.Reader, t.Gen)
	t.others = t.others[:0]
	for id, s := range standings {
		t.others = append(t.others, brook.Check{
			Table: t.Gen.Positions, Key: id.AppendKey(nil), Value: s.Raw,
		})
	}
	return err
}

// CommitAlone commits the batch of a task without partitions, and tries again for as long as ctx
// lives. The caller does what is due after it, see Take.
func (t *Task) CommitAlone(ctx context.Context) error { return t.commitBy(ctx, t.retry) }

// CommitOnce is CommitAlone without further tries, for a caller that wants to know of a failure.
func (t *Task) CommitOnce(ctx context.Context) error {
	return t.commitBy(ctx, once)
}

// commitBy commits the batch of a task without partitions; try calls what commits it.
func (t *Task) commitBy(
	ctx context.Context, try func(ctx context.Context, what string, do func() error) error,
) error {
	b := &t.Batch
	writes := t.assemble(nil)
	var unchanged []brook.Check
	if t.numbered {
		counted, check := t.set.Emissions.Counted()
		writes, unchanged = append(writes, counted), []brook.Check{check}
	}
	if len(writes) > 0 {
		batch := &brook.Batch{ID: t.set.IDs.Batch(), Writes: writes}
		if t.set.Catalog.Fenced() {
			batch.Checks = append(append(t.preconditions(), b.Checks...), unchanged...)
		}
		marked := t.markExclusive(batch)
		commit := func() error { return t.set.Store.Commit(ctx, batch) }
		err := try(ctx, "commit", commit)
		for errors.Is(err, brook.ErrTooLarge) && t.shrinkLetters(batch) {
			err = try(ctx, "commit", commit)
		}
		if err != nil {
			if t.Target.Visits() && (t.Rest == nil || !t.Rest.over) {
				t.set.Emissions.Numbers = nil // to be read anew
			}
			t.set.Doubt(err)
			return err
		}
		marked()
	}
	if !t.Target.Visits() {
		return nil
	}
	t.set.Hub.Publish(t.Tx.Changed)
	t.set.Outbox.Add(b.Items...)
	t.due = Due{Letters: slices.Clone(b.Letters), Effects: slices.Clone(b.effects)}
	return nil
}

// once calls do.
func once(_ context.Context, _ string, do func() error) error { return do() }

// Begin starts changes that no event makes.
func (t *Task) Begin(ctx context.Context) {
	t.Tx.Begin(txn.Event{Ctx: ctx})
}

// RemoveSome removes a batch of rows in one commit, and reports whether there may be more. The
// caller holds the quiesce lock.
func (t *Task) RemoveSome(ctx context.Context, slot int) (more bool, err error) {
	defer t.Forget()
	t.Begin(ctx)
	n := 0
	for row, err := range t.set.Reader.Scan(ctx, t.Tx.Table(slot), nil, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > t.set.Config.BatchSize {
			more = true
			break
		}
		t.Tx.Remove(slot, row)
	}
	if err := t.Tx.Release(); err != nil {
		return false, err
	}
	return more, t.CommitOnce(ctx)
}

// aloneKey is the key of the mark of the last commit that no position tells of: that of Process,
// Redrive and the like, and the first one of a partition.
var aloneKey = []byte("alone")

// ReadAlone reads that mark.
func (s *Set) ReadAlone(ctx context.Context) error {
	if !s.Catalog.Fenced() {
		return nil
	}
	v, err := s.Reader.Get(ctx, s.Catalog.Meta(), aloneKey)
	switch {
	case errors.Is(err, brook.ErrNotFound):
		s.aloneMark.Store(new([]byte))
	case err != nil:
		return err
	default:
		mark := bytes.Clone(v.Data.([]byte))
		s.aloneMark.Store(&mark)
	}
	return nil
}

// markExclusive adds a new mark to a batch that no position tells of. The caller calls done once it
// is committed.
func (t *Task) markExclusive(batch *brook.Batch) (done func()) {
	if !t.Tx.TracksReads() {
		return func() {}
	}
	if t.Tx.Scanned() {
		batch.Checks = append(batch.Checks, t.others...)
	}
	mark := bytes.Clone(batch.ID[:])
	batch.Writes = append(batch.Writes, brook.Write{
		Table: t.set.Catalog.Meta(), Key: aloneKey, Value: mark,
	})
	return func() { t.set.aloneMark.Store(&mark) }
}
