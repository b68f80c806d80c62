package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/redis/go-redis/v9"
)

// A process that only reads learns of the positions that another one commits, and of the
// views that it rebuilds.
func TestReadersFollow(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		prefix, d := apart(t), memdriver.New(memdriver.Partitions(3))
		reader, writer := newApp(t, d, open(t, connect(t), prefix)), newApp(t, d,
			open(t, connect(t), prefix))
		defer closed(t, reader)
		run, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- writer.Run(run) }()
		defer func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			closed(t, writer)
		}()
		for i := range 100 {
			id := fmt.Sprint(i)
			pos, err := writer.Publish.Opened(ctx, ledger.Opened{Account: id})
			if err == nil {
				err = reader.WaitFor(ctx, pos)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := reader.Views.Accounts.Get(id); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := writer.Process.Opened(ctx, ledger.Opened{Account: "processed"}); err != nil {
				t.Fatal(err)
			}
			if _, err := reader.Views.Accounts.Get("processed"); err != nil {
				t.Fatal(err)
			}
			watch := reader.Views.Accounts.Watch(ctx, "processed")
			if err := writer.Rebuild(ctx); err != nil { // forgets it
				t.Fatal(err)
			}
			for u, err := range watch {
				if err != nil {
					t.Fatal(err)
				}
				if !u.Present {
					break
				}
			}
			if ctx.Err() != nil {
				t.Fatal("the reader still has what was replaced")
			}
			if _, err := reader.Views.Accounts.Get("processed"); !errors.Is(err,
				brook.ErrNotFound) {
				t.Fatal(err)
			}
		}
	})
}
