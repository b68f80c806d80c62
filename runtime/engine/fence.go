package engine

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// With a store that several processes write, every commit says what it relies on: the rows that its events read, the position
// that it goes on from, and the state of the app as a whole. Where another process was there first, nothing is written and
// the lane begins anew from what the store holds.

// checks gives what a batch relies on; nil where the store is the process's own.
func (l *lane) checks() []brook.Check {
	if !l.tx.TracksReads() {
		return nil
	}
	checks := append(l.tx.ReadChecks(), l.app.catalog.Unchanged())
	for _, f := range l.feeds {
		if f.Dirty() || l.tx.Scanned() {
			checks = append(checks, brook.Check{Table: l.gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stored()})
		}
	}
	if !l.tx.Scanned() {
		return checks
	}
	if l.exclusive { // what it scanned may be any lane's
		for _, other := range l.app.lanes {
			for _, f := range other.feeds {
				if other != l {
					checks = append(checks, brook.Check{Table: l.gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stored()})
				}
			}
		}
	}
	return append(checks, brook.Check{Table: l.app.catalog.Meta, Key: aloneKey, Value: *l.app.aloneMark.Load()})
}

// aloneKey is where the last commit left its mark of which no position tells: of Process, Redrive and the like, and the first one of
// a partition.
var aloneKey = []byte("alone")

// readAlone reads that mark.
func (s *tasks) readAlone(ctx context.Context) error {
	if !s.catalog.Fenced() {
		return nil
	}
	v, err := s.reader.Get(ctx, s.catalog.Meta, aloneKey)
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

// standAlone reads what a commit of the solo lane goes by where its events scan, before they do: the positions of all partitions, and the
// mark of the last such commit.
func (l *lane) standAlone(ctx context.Context) error {
	if !l.tx.TracksReads() {
		return nil
	}
	if err := l.app.readAlone(ctx); err != nil {
		return err
	}
	standings, err := l.app.catalog.Standings(ctx, l.app.reader, l.gen)
	l.others = l.others[:0]
	for id, s := range standings {
		l.others = append(l.others, brook.Check{Table: l.gen.Positions, Key: id.AppendKey(nil), Value: s.Raw})
	}
	return err
}

// mark leaves the mark of a commit that no position tells of.
func (l *lane) mark(batch *brook.Batch) (done func()) {
	if !l.tx.TracksReads() {
		return func() {}
	}
	if l.tx.Scanned() {
		batch.Checks = append(batch.Checks, l.others...)
	}
	mark := bytes.Clone(batch.ID[:])
	batch.Writes = append(batch.Writes, brook.Write{Table: l.app.catalog.Meta, Key: aloneKey, Value: mark})
	return func() { l.app.aloneMark.Store(&mark) }
}
