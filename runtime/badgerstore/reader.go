package badgerstore

import (
	"context"
	"iter"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// latest reads what was committed last. Each call reads one instant, a scan the one
// at which it starts.
type latest struct{ store *Store }

var (
	_ brook.Counter = latest{}
	_ brook.Counter = (*snapshot)(nil)

	_ brook.Reverser = latest{}
	_ brook.Reverser = (*snapshot)(nil)
)

func (r latest) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	in, err := r.store.enter()
	if err != nil {
		return brook.Value{}, err
	}
	defer in.leave()
	return r.store.get(ctx, in, t, key)
}

func (r latest) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		in, err := r.store.enter()
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		defer in.leave()
		r.store.scan(ctx, in, t, from, to, yield)
	}
}

func (r latest) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		in, err := r.store.enter()
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		defer in.leave()
		r.store.reverse(ctx, in, t, from, to, yield)
	}
}

func (r latest) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		in, err := r.store.enter()
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.leave()
		r.store.history(ctx, in, t, key, yield)
	}
}

func (r latest) Count(ctx context.Context, t brook.Table) (int, error) {
	in, err := r.store.enter()
	if err != nil {
		return 0, err
	}
	defer in.leave()
	return r.store.count(ctx, in, t)
}

// snapshot reads a pinned instant.
type snapshot struct {
	store  *Store
	in     *instant
	mu     sync.RWMutex // held while closing
	closed bool
}

// Close unpins the instant, after the reads in progress.
func (r *snapshot) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errSnapshot
	}
	r.closed = true
	r.in.leave()
	return nil
}

// enter keeps the instant during a read, even if the snapshot is closed meanwhile.
func (r *snapshot) enter() (*instant, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, errSnapshot
	}
	if err := r.store.usable(); err != nil {
		return nil, err
	}
	r.in.users.Add(1)
	return r.in, nil
}

func (r *snapshot) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	in, err := r.enter()
	if err != nil {
		return brook.Value{}, err
	}
	defer in.leave()
	return r.store.get(ctx, in, t, key)
}

func (r *snapshot) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		in, err := r.enter()
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		defer in.leave()
		r.store.scan(ctx, in, t, from, to, yield)
	}
}

func (r *snapshot) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		in, err := r.enter()
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		defer in.leave()
		r.store.reverse(ctx, in, t, from, to, yield)
	}
}

func (r *snapshot) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		in, err := r.enter()
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.leave()
		r.store.history(ctx, in, t, key, yield)
	}
}

func (r *snapshot) Count(ctx context.Context, t brook.Table) (int, error) {
	in, err := r.enter()
	if err != nil {
		return 0, err
	}
	defer in.leave()
	return r.store.count(ctx, in, t)
}
