package task

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// With a store that several processes write, every commit says what it relies on: the rows that its events read, the position
// that it goes on from, and the state of the app as a whole. Where another process was there first, nothing is written and
// the lane begins anew from what the store holds.

// preconditions gives what a batch relies on; nil where the store is the process's own.
func (t *Task) preconditions() []brook.Check {
	if !t.Tx.TracksReads() {
		return nil
	}
	checks := append(t.Tx.ReadChecks(), t.set.Catalog.Unchanged())
	for _, p := range t.Partitions {
		if p.Dirty() || t.Tx.Scanned() {
			checks = append(checks, brook.Check{Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stored()})
		}
	}
	if !t.Tx.Scanned() {
		return checks
	}
	if t.exclusive { // what it scanned may be any lane's
		for _, other := range t.set.Tasks {
			for _, p := range other.Partitions {
				if other != t {
					checks = append(checks, brook.Check{Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stored()})
				}
			}
		}
	}
	return append(checks, brook.Check{Table: t.set.Catalog.Meta(), Key: aloneKey, Value: *t.set.aloneMark.Load()})
}

// aloneKey is where the last commit left its mark of which no position tells: of Process, Redrive and the like, and the first one of
// a partition.
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

// StandAlone reads what a commit of the solo lane goes by where its events scan, before they do: the positions of all partitions, and the
// mark of the last such commit.
func (t *Task) StandAlone(ctx context.Context) error {
	if !t.Tx.TracksReads() {
		return nil
	}
	if err := t.set.ReadAlone(ctx); err != nil {
		return err
	}
	standings, err := t.set.Catalog.Standings(ctx, t.set.Reader, t.Gen)
	t.others = t.others[:0]
	for id, s := range standings {
		t.others = append(t.others, brook.Check{Table: t.Gen.Positions, Key: id.AppendKey(nil), Value: s.Raw})
	}
	return err
}

// markExclusive leaves the mark of a commit that no position tells of.
func (t *Task) markExclusive(batch *brook.Batch) (done func()) {
	if !t.Tx.TracksReads() {
		return func() {}
	}
	if t.Tx.Scanned() {
		batch.Checks = append(batch.Checks, t.others...)
	}
	mark := bytes.Clone(batch.ID[:])
	batch.Writes = append(batch.Writes, brook.Write{Table: t.set.Catalog.Meta(), Key: aloneKey, Value: mark})
	return func() { t.set.aloneMark.Store(&mark) }
}
