package mapstore

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// latest reads what was committed last.
type latest struct{ store *Store }

func (r latest) Get(_ context.Context, t brook.Table, key []byte) (brook.Value, error) {
	table, err := r.store.own(t)
	if err != nil {
		return brook.Value{}, err
	}
	return table.valueOf(table.find(key).latest(&r.store.clock))
}

func (r latest) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, nil, false)
}

func (r latest) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, nil, true)
}

func (r latest) History(_ context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		table, err := r.store.own(t)
		if err != nil {
			yield(nil, err)
			return
		}
		yieldHistory(table.find(key).latest(&r.store.clock), yield)
	}
}

func (r latest) Count(_ context.Context, t brook.Table) (int, error) {
	table, err := r.store.own(t)
	if err != nil {
		return 0, err
	}
	return countOf(table.counts.head.Load().latest(&r.store.clock)), nil
}

// snapshot reads a pinned instant.
type snapshot struct {
	store  *Store
	in     *instant
	closed atomic.Bool
}

func (r *snapshot) Close() error {
	if r.closed.Swap(true) {
		return errClosed
	}
	r.store.release(r.in)
	return nil
}

// own returns the table behind a handle, and its contents at the instant.
func (r *snapshot) own(t brook.Table) (*handle, *version[content], error) {
	if r.closed.Load() {
		return nil, nil, errClosed
	}
	table, err := r.store.own(t)
	if err != nil {
		return nil, nil, err
	}
	return table, table.contents.head.Load().at(r.in.seq), nil
}

func (r *snapshot) find(t brook.Table, key []byte) (*handle, *version[row], error) {
	table, c, err := r.own(t)
	if err != nil || c == nil {
		return table, nil, err
	}
	return table, c.val.hash.find(r.store.hash(key), key).at(r.in.seq), nil
}

func (r *snapshot) Get(_ context.Context, t brook.Table, key []byte) (brook.Value, error) {
	table, v, err := r.find(t, key)
	if err != nil {
		return brook.Value{}, err
	}
	return table.valueOf(v)
}

func (r *snapshot) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, r, false)
}

func (r *snapshot) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, r, true)
}

func (r *snapshot) History(_ context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		_, v, err := r.find(t, key)
		if err != nil {
			yield(nil, err)
			return
		}
		yieldHistory(v, yield)
	}
}

func (r *snapshot) Count(_ context.Context, t brook.Table) (int, error) {
	table, _, err := r.own(t)
	if err != nil {
		return 0, err
	}
	return countOf(table.counts.head.Load().at(r.in.seq)), nil
}

// release unpins an instant and frees what only it saw.
func (s *Store) release(in *instant) {
	if s.clock.unpin(in) {
		s.help()
	}
}

func (t *handle) valueOf(v *version[row]) (brook.Value, error) {
	if v == nil || v.val.gone() {
		return brook.Value{}, brook.ErrNotFound
	}
	if e, ok := v.val.value.(*encoded); ok {
		return t.open(v.val.key, e)
	}
	return brook.Value{Data: v.val.value, Shared: true}, nil
}

// open returns the value of a row that came from a snapshot.
func (t *handle) open(key []byte, e *encoded) (brook.Value, error) {
	value, err := e.open(t.codec)
	if err != nil {
		return brook.Value{}, fmt.Errorf("mapstore: decode the value at %.100q: %w", key, err)
	}
	return brook.Value{Data: value, Shared: true}, nil
}

func yieldHistory(v *version[row], yield func(*brook.HistoryEntry, error) bool) {
	if v == nil {
		return
	}
	for e := range v.val.history.all() {
		if !yield(e, nil) {
			return
		}
	}
}

func countOf(v *version[int]) int {
	if v == nil {
		return 0
	}
	return v.val
}
