package redisstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/redis/go-redis/v9"
)

// What is inspected of an app is what the server holds.
func TestInspect(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		for name, test := range apptest.Inspections {
			t.Run(name, func(t *testing.T) { test(t, open(t, connect(t), apart(t))) })
		}
	})
}
