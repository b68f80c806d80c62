package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// latest reads what was committed last. Each call reads one instant, a scan the one
// at which it starts.
type latest struct{ store *Store }

var (
	_ brook.Counter = latest{}
	_ brook.Counter = (*snapshot)(nil)
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

// keys is a pool of the buffers in which keys are built.
var keys = sync.Pool{New: func() any { return new([]byte) }}

func (s *Store) get(ctx context.Context, in *instant, t brook.Table,
	key []byte) (v brook.Value, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	own, err := s.own(t)
	if err != nil {
		return v, err
	}
	number := own.number.Load()
	if number == 0 || len(key) > maxKey {
		return v, brook.ErrNotFound
	}
	buf := keys.Get().(*[]byte)
	defer keys.Put(buf)
	*buf = appendKey((*buf)[:0], number, kindRow, key)
	item, err := in.txn.Get(*buf)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return v, brook.ErrNotFound
	}
	if err != nil {
		return v, fmt.Errorf("badgerstore: table %s: read %.100q: %w", own.name, key, failed(err))
	}
	return s.value(in, own, number, key, item)
}

func (s *Store) value(in *instant, t *handle, number uint32, key []byte,
	item *badger.Item) (v brook.Value, err error) {
	if item.UserMeta() == metaPieces || t.codec == nil {
		data, err := readValue(in.txn, item, number, kindPiece, key)
		if err != nil {
			return v, fmt.Errorf("badgerstore: table %s: read %.100q: %w", t.name, key, failed(err))
		}
		return t.decode(key, data, true)
	}
	err = item.Value(func(data []byte) (err error) {
		v, err = t.decode(key, data, false)
		return err
	})
	return v, err
}

func (s *Store) scan(ctx context.Context, in *instant, t brook.Table, from, to []byte,
	yield func(brook.Row, error) bool) {
	own, err := s.own(t)
	if err != nil {
		yield(brook.Row{}, err)
		return
	}
	if err := ctx.Err(); err != nil {
		yield(brook.Row{}, err)
		return
	}
	number := own.number.Load()
	if number == 0 {
		return
	}
	it := iterate(in.txn, number, kindRow)
	defer it.Close()
	for it.Seek(appendKey(nil, number, kindRow, from)); it.Valid(); it.Next() {
		key := it.Item().Key()[prefixLen:]
		if to != nil && bytes.Compare(key, to) >= 0 {
			return
		}
		row := brook.Row{Key: key}
		if err = ctx.Err(); err == nil {
			row.Value, err = s.value(in, own, number, key, it.Item())
		}
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		if !yield(row, nil) {
			return
		}
	}
}

func (s *Store) count(ctx context.Context, in *instant, t brook.Table) (n int, err error) {
	own, err := s.own(t)
	if err != nil {
		return 0, err
	}
	number := own.number.Load()
	if number == 0 {
		return 0, ctx.Err()
	}
	it := iterate(in.txn, number, kindRow)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if n%1024 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		n++
	}
	return n, nil
}
