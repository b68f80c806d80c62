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
func (l *Task) preconditions() []brook.Check {
	if !l.Tx.TracksReads() {
		return nil
	}
	checks := append(l.Tx.ReadChecks(), l.set.Catalog.Unchanged())
	for _, f := range l.Partitions {
		if f.Dirty() || l.Tx.Scanned() {
			checks = append(checks, brook.Check{Table: l.Gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stored()})
		}
	}
	if !l.Tx.Scanned() {
		return checks
	}
	if l.exclusive { // what it scanned may be any lane's
		for _, other := range l.set.Tasks {
			for _, f := range other.Partitions {
				if other != l {
					checks = append(checks, brook.Check{Table: l.Gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stored()})
				}
			}
		}
	}
	return append(checks, brook.Check{Table: l.set.Catalog.Meta(), Key: aloneKey, Value: *l.set.aloneMark.Load()})
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
func (l *Task) StandAlone(ctx context.Context) error {
	if !l.Tx.TracksReads() {
		return nil
	}
	if err := l.set.ReadAlone(ctx); err != nil {
		return err
	}
	standings, err := l.set.Catalog.Standings(ctx, l.set.Reader, l.Gen)
	l.others = l.others[:0]
	for id, s := range standings {
		l.others = append(l.others, brook.Check{Table: l.Gen.Positions, Key: id.AppendKey(nil), Value: s.Raw})
	}
	return err
}

// markExclusive leaves the mark of a commit that no position tells of.
func (l *Task) markExclusive(batch *brook.Batch) (done func()) {
	if !l.Tx.TracksReads() {
		return func() {}
	}
	if l.Tx.Scanned() {
		batch.Checks = append(batch.Checks, l.others...)
	}
	mark := bytes.Clone(batch.ID[:])
	batch.Writes = append(batch.Writes, brook.Write{Table: l.set.Catalog.Meta(), Key: aloneKey, Value: mark})
	return func() { l.set.aloneMark.Store(&mark) }
}
