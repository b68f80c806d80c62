package faulttest_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// A gate makes connections while it is open, and lets others wait.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
}

func (g *gate) shut() (open func()) {
	opened := make(chan struct{})
	g.mu.Lock()
	g.open = opened
	g.mu.Unlock()
	return sync.OnceFunc(func() { close(opened) })
}

func (g *gate) Dial(network, addr string) (net.Conn, error) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open != nil {
		<-open
	}
	return net.DialTimeout(network, addr, settings().Net.DialTimeout)
}

// TestUncleanElection: a replica becomes the leader that lacks records, and the log grows past them
// before a reader, and an app, come to look. Neither goes on in the other log.
func TestUncleanElection(t *testing.T) {
	t.Parallel()
	c := own(t, 3)
	ctx := limit(t)
	admin := c.admin()
	topic, one, yes := "unclean", "1", "true"
	// The third broker and either of the others are the majority that elects.
	if err := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: -1, ReplicationFactor: -1,
		ReplicaAssignment: map[int32][]int32{0: {1, 2}},
		ConfigEntries: map[string]*string{"min.insync.replicas": &one,
			"unclean.leader.election.enable": &yes}}, false); err != nil {
		t.Fatal(err)
	}
	leads := func(id int32) {
		t.Helper()
		c.leaders(ctx, admin, topic, func(now []int32) bool { return slices.Equal(now, []int32{id}) })
	}
	leads(1)
	gated := &gate{}
	through := settings()
	through.Net.Proxy.Enable, through.Net.Proxy.Dialer = true, gated
	d := c.driver(through)
	app := run(t, config(d, mapstore.New(), topic), audit())
	publish := func(on brook.Driver, n int) (last brook.Position) {
		t.Helper()
		for range n {
			p, err := on.Publish(ctx, []brook.Record{{Topic: topic, Value: []byte("{}")}})
			if err != nil {
				t.Fatal(err)
			}
			last = p[0]
		}
		return last
	}
	app.pass(ctx, publish(d, 3))

	c.kill(2)
	last := publish(d, 3) // which only the leader has
	app.pass(ctx, last)
	r, err := d.Open(ctx, brook.Position{Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for next := int64(0); next <= last.Offset; {
		chunk, err := r.Read(ctx, 100)
		if err != nil {
			t.Fatal(err)
		}
		next = chunk.Next
	}
	open := gated.shut()
	defer open()
	c.kill(1)
	c.up(2)
	leads(2)
	again := publish(c.driver(nil), 10)
	if again.Offset <= last.Offset {
		t.Fatalf("the log ends at %v, and was read up to %v", again, last)
	}
	open()
	soon, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		chunk, err := r.Read(soon, 100)
		if err == nil {
			t.Fatalf("Read goes on in another log: %+v", chunk)
		}
		if errors.Is(err, brook.ErrOutOfRange) {
			t.Log(err)
			break
		}
		if soon.Err() != nil {
			t.Fatal(err)
		}
	}
	if err := app.fails(soon); !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("the app: %v, want ErrLogChanged", err)
	}
}
