package redisstore

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Snapshot pins the present instant of the views whose tables were asked for. Nothing is stored
// for it: each read checks whether the view is still the same, and returns brook.ErrSnapshotMoved
// if not. The next snapshots of that view, for ten seconds after one that moved, hold commits back
// while they read, for a second at most.
func (s *Store) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	views := slices.Collect(maps.Values(s.views))
	s.mu.Unlock()
	snap := &snapshot{store: s, heads: map[*view]head{}, began: time.Now()}
	for _, v := range views {
		h, held, err := s.hold(ctx, v)
		if held {
			snap.last.Store(time.Now().UnixNano())
			v.holds(snap)
		}
		snap.heads[v] = h
		if err != nil {
			_ = snap.Close()
			return nil, fmt.Errorf("redisstore: snapshot of %s: %w", v.tag, explain(err))
		}
	}
	return snap, nil
}

// snapshot reads views as long as nobody commits to them.
type snapshot struct {
	store  *Store
	heads  map[*view]head
	began  time.Time
	last   atomic.Int64 // time of the last read
	moved  atomic.Bool
	closed atomic.Bool
}

// Close ends the snapshot.
func (r *snapshot) Close() error {
	if r.closed.Swap(true) {
		return errSnapshot
	}
	for v := range r.heads {
		if v.lets(r) {
			r.store.release(v)
			if !r.moved.Load() {
				v.heldStill(time.Since(r.began))
			}
		}
	}
	return nil
}

// still checks that a view has the pinned head.
func (r *snapshot) still(v *view, text string) error {
	if r.closed.Load() {
		return errSnapshot
	}
	h, err := v.read(text)
	if err != nil {
		return err
	}
	r.last.Store(time.Now().UnixNano())
	if pinned, ok := r.heads[v]; !ok || pinned != h {
		if !r.moved.Swap(true) {
			v.movedUnder(v.lets(r))
		}
		return brook.ErrSnapshotMoved
	}
	return nil
}

func (r *snapshot) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	own, err := r.store.own(t)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return brook.Value{}, err
	}
	field := string(key)
	reply, err := r.store.scripts.get.Run(ctx, r.store.client, []string{own.view.key, own.rows},
		field).Slice()
	if err != nil {
		return brook.Value{}, own.failed("read", field, err)
	}
	head, err := own.reply(reply, 2)
	if err == nil {
		err = r.still(own.view, head)
	}
	if err != nil {
		return brook.Value{}, err
	}
	stored, ok := reply[1].(string)
	if !ok {
		return brook.Value{}, brook.ErrNotFound
	}
	return own.decode(field, stored)
}

func (r *snapshot) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, false, r.still)
}

func (r *snapshot) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, true, r.still)
}

func (r *snapshot) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return r.store.history(ctx, t, key, r.still)
}

func (r *snapshot) Count(ctx context.Context, t brook.Table) (int, error) {
	own, err := r.store.own(t)
	if err != nil {
		return 0, err
	}
	reply, err := r.store.scripts.count.Run(ctx, r.store.client,
		[]string{own.view.key, own.rows}).Slice()
	if err != nil {
		return 0, fmt.Errorf("redisstore: table %s: count: %w", own.name, explain(err))
	}
	head, err := own.reply(reply, 2)
	if err == nil {
		err = r.still(own.view, head)
	}
	if err != nil {
		return 0, err
	}
	n, _ := reply[1].(int64)
	return int(n), nil
}

// reply returns the head that a script's reply begins with.
func (t *table) reply(reply []any, least int) (string, error) {
	if len(reply) >= least {
		if head, ok := reply[0].(string); ok {
			return head, nil
		}
	}
	return "", fmt.Errorf("%w: table %s: a reply of %d parts", ErrDamaged, t.name, len(reply))
}
