package redisstore_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/brookgen/brookgen/runtime/storetest"
	"github.com/redis/go-redis/v9"
)

// client connects to the server of the environment.
func client(t testing.TB) redis.UniversalClient {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		t.Skip("NOT TESTED: there is no Redis server. Start one for the tests: scripts/redis run go test ./runtime/redisstore, or set BROOK_REDIS to the address of one")
	}
	return closing(t, redis.NewClient(&redis.Options{Addr: addr}))
}

// cluster connects to the cluster of the environment.
func cluster(t testing.TB) redis.UniversalClient {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS_CLUSTER")
	if addr == "" {
		t.Skip("NOT TESTED: there is no Redis cluster. Start one for the tests: scripts/redis run --cluster go test ./runtime/redisstore")
	}
	return closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}}))
}

func closing(t testing.TB, c redis.UniversalClient) redis.UniversalClient {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// apart gives a prefix under which nobody else has views, and has what is left there removed.
func apart(t testing.TB) string { return t.Name() + "/" + rand.Text() + "/" }

// open gives a store whose views end with the test.
func open(t testing.TB, c redis.UniversalClient, prefix string, options ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(t.Context(), c, append([]redisstore.Option{redisstore.Prefix(prefix)}, options...)...)
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

func TestStore(t *testing.T) {
	c := client(t)
	storetest.Run(t, func(t *testing.T) brook.Store { return open(t, c, apart(t)) }, storetest.Remote())
}

func TestStoreOnCluster(t *testing.T) {
	c := cluster(t)
	storetest.Run(t, func(t *testing.T) brook.Store { return open(t, c, apart(t)) }, storetest.Remote())
}

func TestStoreFaulty(t *testing.T) {
	c := client(t)
	storetest.Run(t, func(t *testing.T) brook.Store {
		return storetest.Faulty(open(t, c, apart(t)), storetest.NewFault(storetest.Fail, 0))
	}, storetest.Remote())
}

func TestStoreReopened(t *testing.T) {
	c := client(t)
	storetest.RunReopen(t, func(t *testing.T) (brook.Store, func() brook.Store) {
		prefix := apart(t)
		return open(t, c, prefix), func() brook.Store { return open(t, c, prefix) }
	}, storetest.Remote())
}
