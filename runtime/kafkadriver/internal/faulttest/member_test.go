package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// A member is a member of a group, and what it was assigned.
type member struct {
	t     *testing.T
	ended chan error

	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	has     []brook.Position
	lost    int
}

// join makes a member, which leaves with the test.
func join(t *testing.T, d *kafkadriver.Driver, group, topic string) *member {
	ctx, cancel := context.WithCancel(t.Context())
	p := &member{t: t, ended: make(chan error, 1), changed: make(chan struct{})}
	go func() { p.ended <- d.Join(ctx, group, []string{topic}, p) }()
	t.Cleanup(func() {
		cancel()
		if err := <-p.ended; err != nil {
			t.Errorf("Join: %v", err)
		}
	})
	return p
}

func (p *member) Release(context.Context) { p.set(nil, 0) }

func (p *member) Assign(partitions []brook.Position) {
	lost := 0
	p.mu.Lock()
	if len(p.has) > 0 && len(partitions) == 0 {
		lost = 1
	}
	p.mu.Unlock()
	p.set(partitions, lost)
}

func (p *member) set(has []brook.Position, lost int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.has, p.lost = has, p.lost+lost
	close(p.changed)
	p.changed = make(chan struct{})
}

// until waits for something to be true of what the member has.
func (p *member) until(what string, holds func(has []brook.Position, lost int) bool) {
	p.t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		ok, changed, has := holds(p.has, p.lost), p.changed, p.has
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case err := <-p.ended:
			p.ended <- nil
			p.t.Fatalf("Join returned %v before it came about that the member %s", err, what)
		case <-deadline.C:
			p.t.Fatalf("it never came about that the member %s; it has %v", what, has)
		}
	}
}

func share(n int) func([]brook.Position, int) bool {
	return func(has []brook.Position, _ int) bool { return len(has) == n }
}

// coordinator returns the ID of the broker that keeps a group.
func (c *cluster) coordinator(group string) int32 {
	c.t.Helper()
	client, err := sarama.NewClient(c.addrs, settings())
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	b, err := client.Coordinator(group)
	if err != nil {
		c.t.Fatal(err)
	}
	return b.ID()
}

// The broker that keeps the group is killed and comes back, with every broker in turn. A session
// that is long enough outlives that: nobody loses anything, and all can mark.
func TestGroupCoordinatorKilled(t *testing.T) {
	c := own(t, 3)
	topic, group := c.topic(6, nil), "group"
	config := settings()
	config.Consumer.Group.Session.Timeout = 30 * time.Second
	config.Consumer.Group.Rebalance.Timeout = 30 * time.Second // so long it looks for the group
	d := c.driver(config)
	first, second := join(t, d, group, topic), join(t, c.driver(config), group, topic)
	first.until("has its part", share(3))
	second.until("has its part", share(3))
	for n := range 2 {
		id := c.coordinator(group)
		c.kill(id)
		first.mu.Lock()
		mark := first.has[0]
		first.mu.Unlock()
		mark.Offset = int64(n)
		begin := time.Now()
		for {
			err := d.Mark(t.Context(), group, []brook.Position{mark})
			if err == nil {
				break
			}
			if errors.Is(err, brook.ErrPermanent) || time.Since(begin) > time.Minute {
				t.Fatalf("Mark after broker %d was killed: %v", id, err)
			}
		}
		t.Logf("broker %d was killed: a mark %v later", id,
			time.Since(begin).Round(time.Millisecond))
		c.up(id)
	}
	third := join(t, c.driver(config), group, topic)
	for i, p := range []*member{first, second, third} {
		p.until(fmt.Sprint("has its part: ", i), share(2))
		if p.lost > 0 {
			t.Errorf("member %d lost what it had", i)
		}
	}
}

// All that there is of the cluster is gone for longer than the session: the member knows that it
// has nothing, and has it again afterwards.
func TestGroupOutlivesCluster(t *testing.T) {
	c := own(t, 1)
	topic, group := c.topic(3, nil), "group"
	config := settings()
	config.Consumer.Group.Rebalance.Timeout = time.Minute // so long it looks for the group
	p := join(t, c.driver(config), group, topic)
	p.until("has all", share(3))
	c.kill(1)
	p.until("has nothing", func(has []brook.Position, lost int) bool {
		return lost == 1 && len(has) == 0
	})
	c.up(1)
	p.until("has all again", share(3))
}
