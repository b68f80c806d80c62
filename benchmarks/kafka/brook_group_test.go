package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// joinApp joins as an app that divides the partitions with others, over a store in Redis that they
// share.
func joinApp(b *testing.B) joiner {
	b.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		b.Skip("NOT MEASURED: there is no Redis server. Start one: scripts/redis run make bench, or set BROOK_REDIS to the address of one")
	}
	return func(b *testing.B, t *topic, group string,
		handled func(int32, int)) (stop func() error) {
		b.Helper()
		client := redis.NewClient(&redis.Options{Addr: addr})
		store, err := redisstore.New(b.Context(), client, redisstore.Prefix(group))
		if err != nil {
			b.Fatal(err)
		}
		driver := open(b, t)
		s := settings(t, driver, store)
		s.Name, s.Group = group, true
		s.Hooks.Commit = func(c brook.Commit) {
			for i, p := range c.Partitions {
				events := 0
				if i == 0 {
					events = c.Events // of all that are in the commit
				}
				handled(p.Partition, events)
			}
		}
		app, err := accounts.NewApp(s, accounts.Sums{})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- app.Run(ctx) }()
		return func() error {
			cancel()
			err := <-ended
			if err != nil {
				err = fmt.Errorf("app: %w", err)
			}
			return errors.Join(err, app.Close(), driver.Close(), client.Close())
		}
	}
}
