package redisstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/redis/go-redis/v9"
)

// Null values of a compacted topic remove rows, over a shared store and in a group.
func TestHandledTombstones(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		for name, group := range map[string]bool{"alone": false, "group": true} {
			t.Run(name, func(t *testing.T) {
				var topics []memdriver.Option
				for _, topic := range apptest.KeeperTopics {
					topics = append(topics, memdriver.Topic(topic, 3))
				}
				store := open(t, connect(t), apart(t))
				apptest.Tombstones(t, memdriver.New(topics...), store, group, func() {})
			})
		}
	})
}
