package redisstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/redis/go-redis/v9"
)

// Latest reads what was committed last. A scan sees one instant per page, every
// other call one instant.
func (s *Store) Latest() brook.Reader { return latest{s} }

type latest struct{ store *Store }

var (
	_ brook.Counter = latest{}
	_ brook.Counter = (*snapshot)(nil)
	_ brook.Fetcher = latest{}

	_ brook.Reverser = latest{}
	_ brook.Reverser = (*snapshot)(nil)
)

func (r latest) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	own, err := r.store.own(t)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return brook.Value{}, err
	}
	field := string(key)
	stored, err := r.store.client.HGet(ctx, own.rows, field).Result()
	if errors.Is(err, redis.Nil) {
		return brook.Value{}, brook.ErrNotFound
	}
	if err != nil {
		return brook.Value{}, own.failed("read", field, err)
	}
	return own.decode(field, stored)
}

func (r latest) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, false, func(*view, string) error { return nil })
}

func (r latest) Reverse(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return r.store.scan(ctx, t, from, to, true, func(*view, string) error { return nil })
}

func (r latest) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return r.store.history(ctx, t, key, func(*view, string) error { return nil })
}

func (r latest) Count(ctx context.Context, t brook.Table) (int, error) {
	own, err := r.store.own(t)
	if err != nil {
		return 0, err
	}
	n, err := r.store.client.HLen(ctx, own.rows).Result()
	if err != nil {
		return 0, fmt.Errorf("redisstore: table %s: count: %w", own.name, explain(err))
	}
	return int(n), nil
}

// failed explains an error of the server or of the connection.
func (t *table) failed(what, key string, err error) error {
	return fmt.Errorf("redisstore: table %s: %s %.100q: %w", t.name, what, key, explain(err))
}
