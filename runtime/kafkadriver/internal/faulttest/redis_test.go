package faulttest_test

import (
	"os"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/brookgen/brookgen/runtime/redisstore"
)

// redisAddr returns the address of the Redis server for tests, and skips the test if there is none.
func redisAddr(t *testing.T) string {
	t.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		t.Skip("SKIPPED: BROOK_REDIS does not name a server (host:port), so this is NOT tested; " +
			"scripts/redis starts one")
	}
	return addr
}

// shareable opens a store that instances share, by a client of its own.
func shareable(t *testing.T, addr string, options ...redisstore.Option) *redisstore.Store {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { client.Close() })
	s, err := redisstore.New(t.Context(), client, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
