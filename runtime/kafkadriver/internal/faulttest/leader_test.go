package faulttest_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestLeaderMoved: of three brokers the one that leads is killed and comes back, leadership is
// handed round, and one hangs for a while, while apps publish and fold.
func TestLeaderMoved(t *testing.T) {
	t.Parallel()
	c := own(t, 3)
	ctx := limit(t)
	topic := c.topic(3, nil)
	admin := c.admin()
	inMemory := run(t, config(c.driver(nil), mapstore.New(), topic), audit())
	onDisk := run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), audit())
	l := begin(t, ctx, inMemory.App)
	l.more(500)

	before := c.leaders(ctx, admin, topic, func([]int32) bool { return true })
	dead := before[0]
	c.kill(dead)
	l.more(500)
	after := c.leaders(ctx, admin, topic, func(now []int32) bool {
		return !slices.Contains(now, dead) && !slices.Contains(now, -1)
	})
	c.up(dead)
	l.more(500)

	// All at once, without anybody dying.
	var turned [][]int32
	for n := range after {
		turned = append(turned, []int32{after[n]%3 + 1, (after[n]+1)%3 + 1, after[n]})
	}
	if err := admin.AlterPartitionReassignments(topic, turned); err != nil {
		t.Fatal(err)
	}
	c.elect(ctx, admin, topic)
	moved := c.leaders(ctx, admin, topic, func(now []int32) bool {
		return !slices.ContainsFunc([]int{0, 1, 2}, func(n int) bool {
			return now[n] != turned[n][0]
		})
	})
	t.Logf("leaders were %v, then %v, then %v", before, after, moved)
	l.more(500)

	// One that hangs leads until the others notice, and believes so even after.
	hangs := moved[1]
	c.signal(hangs, "STOP")
	l.more(500)
	c.leaders(ctx, admin, topic, func(now []int32) bool {
		return !slices.Contains(now, hangs) && !slices.Contains(now, -1)
	})
	c.signal(hangs, "CONT")
	l.more(500)
	l.stop()
	finish(ctx, inMemory, onDisk)
	l.check(c.read(ctx, topic), same(t, ctx, c, topic, inMemory, onDisk))
}

// leaders waits until the leaders of a topic's partitions are as wanted, and returns them.
func (c *cluster) leaders(ctx context.Context, admin sarama.ClusterAdmin, topic string,
	wanted func([]int32) bool) []int32 {
	c.t.Helper()
	var now []int32
	c.until(ctx, func() bool {
		now = nil
		all, err := admin.DescribeTopics([]string{topic})
		if err != nil || all[0].Err != sarama.ErrNoError {
			return false
		}
		slices.SortFunc(all[0].Partitions, func(a, b *sarama.PartitionMetadata) int {
			return int(a.ID - b.ID)
		})
		for _, p := range all[0].Partitions {
			now = append(now, p.Leader)
		}
		return wanted(now)
	}, "leaders are %v", &now)
	return now
}

// elect has each partition led by the first of its replicas, once that can be.
func (c *cluster) elect(ctx context.Context, admin sarama.ClusterAdmin, topic string) {
	c.t.Helper()
	var last error
	c.until(ctx, func() bool {
		results, err := admin.ElectLeaders(sarama.PreferredElection,
			map[string][]int32{topic: {0, 1, 2}})
		if last = err; err != nil {
			return false
		}
		for _, r := range results[topic] {
			if r.ErrorCode != sarama.ErrNoError && r.ErrorCode != sarama.ErrElectionNotNeeded {
				last = errors.Join(last, r.ErrorCode)
			}
		}
		return last == nil
	}, "election: %v", &last)
}

// until asks a cluster, which announces nothing by itself, until done returns true. Seen points to
// what it returned otherwise.
func (c *cluster) until(ctx context.Context, ask func() bool, format string, seen any) {
	c.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf(format, reflect.ValueOf(seen).Elem())
		}
	}
}
