package redisstore_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/redis/go-redis/v9"
)

// Changes of every kind do what a model does.
func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Changes(t, open(t, connect(t), apart(t)), rand.Uint64())
	})
}

// Pages have the rows that a sorted list would have, also after rows that are gone.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Pages(t, open(t, connect(t), apart(t)))
	})
}
