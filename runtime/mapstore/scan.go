package mapstore

import (
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// scan yields the rows of a table at the instant of snap, or, if snap is nil, at that at which it
// begins, in descending order if down is set. It pins the instant itself: the snapshot may be
// closed during the scan.
func (s *Store) scan(ctx context.Context, t brook.Table, from, to []byte,
	snap *snapshot, down bool) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		table, err := s.own(t)
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		in, err := s.pin(snap)
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		defer s.release(in)
		c := table.contents.head.Load().at(in.seq)
		if c == nil {
			return
		}
		var (
			cur cursor
			p   page
		)
		leaf, i := cur.begin(c.val.tree.root.Load(), from, to, down)
		for ; leaf != nil; leaf, i = cur.advance(down) {
			if err := ctx.Err(); err != nil {
				yield(brook.Row{}, err)
				return
			}
			end := false
			if down {
				end = p.fillDown(leaf, i, from, in.seq)
			} else {
				end = p.fill(leaf, i, to, in.seq)
			}
			for _, r := range p.rows[:p.n] {
				row := brook.Row{
					Key: r.val.key, Value: brook.Value{Data: r.val.value, Shared: true},
				}
				if e, ok := r.val.value.(*encoded); ok {
					if row.Value, err = table.open(r.val.key, e); err != nil {
						yield(brook.Row{}, err)
						return
					}
				}
				if !yield(row, nil) {
					return
				}
			}
			if end {
				return
			}
		}
	}
}

func (s *Store) pin(snap *snapshot) (*instant, error) {
	if snap == nil {
		return s.clock.pin(), nil
	}
	// The snapshot holds the instant until it is closed, so it can be pinned once more.
	if snap.closed.Load() || snap.in.readers.Add(1) <= 0 {
		return nil, errClosed
	}
	return snap.in, nil
}
