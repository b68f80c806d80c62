package engine_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/keeper"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Null values of a compacted topic remove rows, live and whenever the log is folded anew.
func TestHandledTombstones(t *testing.T) {
	t.Parallel()
	for name, partitions := range map[string]int{"one partition": 1, "four": 4} {
		for kept, store := range map[string]brook.Store{
			"values": mapstore.New(), "bytes": bytestore.New(),
		} {
			t.Run(name+" "+kept, func(t *testing.T) {
				t.Parallel()
				var topics []memdriver.Option
				for _, topic := range apptest.KeeperTopics {
					topics = append(topics, memdriver.Topic(topic, partitions))
				}
				d := memdriver.New(topics...)
				apptest.Tombstones(t, d, store, false, func() { trimReplaced(t, d) })
			})
		}
	}
}

// trimReplaced removes what is before the last record of users in the partition of cyd.
func trimReplaced(t *testing.T, d *memdriver.Driver) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), "users")
	if err != nil {
		t.Fatal(err)
	}
	if len(partitions) == 1 {
		return
	}
	n := d.Partition([]byte("cyd"), len(partitions))
	if n == d.Partition([]byte("bob"), len(partitions)) {
		t.Fatal("cyd and bob are in one partition")
	}
	if err := d.Trim("users", int32(n), partitions[n].End-1); err != nil {
		t.Fatal(err)
	}
}

// Config.Topic may be the topic of an event whose null values are handled: they would be anybody's.
func TestTombstonesOfSharedTopic(t *testing.T) {
	t.Parallel()
	c := brook.Config{
		Author: "keeper", Topic: "users", Driver: memdriver.New(), Store: mapstore.New(),
	}
	_, err := keeper.NewApp(c, keeper.Users{})
	if !errors.Is(err, brook.ErrConfig) || !strings.Contains(err.Error(), "user.left") {
		t.Errorf("got %v", err)
	}
}
