package redisstore_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"

	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// client connects to the server of the environment.
func client(t testing.TB) *redis.Client {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		t.Skip("NOT TESTED: there is no Redis server. Start one for the tests: " +
			"scripts/redis run go test ./runtime/redisstore, or set BROOK_REDIS to the address of one")
	}
	c := redis.NewClient(&redis.Options{Addr: addr})
	closing(t, c)
	return c
}

// cluster connects to the cluster of the environment.
func cluster(t testing.TB) *redis.ClusterClient {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS_CLUSTER")
	if addr == "" {
		t.Skip("NOT TESTED: there is no Redis cluster. Start one for the tests: " +
			"scripts/redis run --cluster go test ./runtime/redisstore, or set BROOK_REDIS_CLUSTER " +
			"to the address of one")
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}})
	closing(t, c)
	return c
}

func closing(t testing.TB, c redis.UniversalClient) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// each runs a test on a server and on a cluster.
func each(t *testing.T, test func(t *testing.T, connect func(testing.TB) redis.UniversalClient)) {
	t.Run("Server", func(t *testing.T) {
		client(t) // or skip
		test(t, func(t testing.TB) redis.UniversalClient { return client(t) })
	})
	t.Run("Cluster", func(t *testing.T) {
		cluster(t)
		test(t, func(t testing.TB) redis.UniversalClient { return cluster(t) })
	})
}

// apart returns a prefix under which nobody else has views.
func apart(t testing.TB) string { return t.Name() + "/" + rand.Text() + "/" }

// open returns a store whose views end with the test.
func open(t testing.TB, c redis.UniversalClient, prefix string,
	options ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(t.Context(), c,
		append([]redisstore.Option{redisstore.Prefix(prefix)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Erase(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}
