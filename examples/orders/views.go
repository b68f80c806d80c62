package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"

	"github.com/redis/go-redis/v9"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// views is where a shop keeps its views: in a directory, which one process has at a time, or in a
// Redis server, which several share.
type views struct {
	dir    string
	client *redis.Client // nil: they are in the directory
	prefix string        // of all keys in the server
}

// newViews returns the place of new views, in the server at an address, or if that is "" in a new
// directory.
func newViews(server string) (v views, err error) {
	if server == "" {
		v.dir, err = os.MkdirTemp("", "orders")
		return v, err
	}
	v.client, v.prefix = redis.NewClient(&redis.Options{Addr: server}), "orders-"+rand.Text()
	return v, nil
}

// shared reports whether several processes may have the views at a time.
func (v views) shared() bool { return v.client != nil }

// open opens the views where the process before left them.
func (v views) open(ctx context.Context) (store brook.Store, stop func() error, err error) {
	if v.shared() {
		store, err = redisstore.New(ctx, v.client, redisstore.Prefix(v.prefix))
		return store, func() error { return nil }, err
	}
	badger, err := badgerstore.Open(v.dir)
	if err != nil {
		return nil, nil, err
	}
	return badger, badger.Close, nil
}

// remove removes the views.
func (v views) remove() error {
	if !v.shared() {
		return os.RemoveAll(v.dir)
	}
	ctx := context.Background()
	keys := v.client.Scan(ctx, 0, "*"+v.prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := v.client.Unlink(ctx, keys.Val()).Err(); err != nil {
			return errors.Join(err, v.client.Close())
		}
	}
	return errors.Join(keys.Err(), v.client.Close())
}
