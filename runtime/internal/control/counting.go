package control

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// Count counts the timers that wait: with Config.Group those of the partitions that are folded here.
// It reads the keys of all of them, at one instant if only this process writes the store, and holds
// up nobody meanwhile. Any goroutine may call it.
func (x *Timers) Count(ctx context.Context) error {
	s := x.Tasks
	round, reader, g, done, err := x.instant(ctx)
	if err != nil {
		return err
	}
	defer done()
	n := 0
	count := func(from, to []byte) error {
		for _, err := range reader.Scan(ctx, g.Tables[s.Code.Layout.Due], from, to) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	}
	if s.Config.Group {
		for id := range s.Positions() {
			if err := count(timers.WaitingOf(id)); err != nil {
				return err
			}
		}
	} else if err := count(timers.Waiting()); err != nil {
		return err
	}
	s.Waiting.End(n, round)
	return nil
}

// instant returns a reader of the live views as they are when the count begins. The caller calls
// done.
func (x *Timers) instant(ctx context.Context) (
	round int, reader brook.Reader, g *generation.Generation, done func(), err error,
) {
	s := x.Tasks
	if s.Catalog.Fenced() { // others write it, too
		g = s.Catalog.Current.Pin()
		return s.Waiting.Begin(), s.Reader, g, func() { s.Catalog.Current.Unpin(g) }, nil
	}
	if err := s.Lock.Lock(ctx); err != nil { // nobody commits
		return 0, nil, nil, nil, err
	}
	defer s.Lock.Unlock()
	snapshot, err := s.Store.Snapshot(ctx)
	if err != nil {
		return 0, nil, nil, nil, err
	}
	g = s.Catalog.Current.Pin()
	return s.Waiting.Begin(), snapshot, g, func() {
		s.Catalog.Current.Unpin(g)
		_ = snapshot.Close() // it was read
	}, nil
}
