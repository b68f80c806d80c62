package kafkadriver_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// everywhere runs a test against a fake cluster of three brokers, and against the real one.
func onEachCluster(t *testing.T, test func(t *testing.T, addrs []string)) {
	t.Run("fake", func(t *testing.T) {
		test(t, fake(t, kfake.NumBrokers(3),
			kfake.GroupMinSessionTimeout(100*time.Millisecond)).ListenAddrs())
	})
	t.Run("kafka", func(t *testing.T) { test(t, brokers(t)) })
}

// lively is a configuration whose groups are quick to notice things.
func quickGroups() *sarama.Config {
	c := sarama.NewConfig()
	c.Metadata.RefreshFrequency = 100 * time.Millisecond
	c.Consumer.Group.Heartbeat.Interval = 50 * time.Millisecond
	c.Consumer.Group.Session.Timeout = 2 * time.Second
	c.Consumer.Group.Rebalance.Timeout = 10 * time.Second
	return c
}

func unique(what string) string { return what + "-" + strings.ToLower(rand.Text()) }

// A member is one member of a group, and what it was assigned.
type member struct {
	t       *testing.T
	cancel  context.CancelFunc
	ended   chan struct{}
	release func(context.Context) // called in Release, if not nil

	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	has      []brook.Position
	assigned int
	released int
	lost     int // times that it was assigned nothing though it had something
	err      error
}

// join makes a member, which leaves with the test.
func join(t *testing.T, d brook.Grouper, group string, topics []string,
	release func(context.Context)) *member {
	ctx, cancel := context.WithCancel(t.Context())
	p := &member{t: t, cancel: cancel, ended: make(chan struct{}), release: release,
		changed: make(chan struct{})}
	go func() {
		err := d.Join(ctx, group, topics, p)
		p.change(func() { p.err = err })
		close(p.ended)
	}()
	t.Cleanup(func() { p.end() })
	return p
}

// end ends the membership and returns what Join returned.
func (p *member) end() error {
	p.cancel()
	<-p.ended
	return p.err
}

func (p *member) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *member) Release(ctx context.Context) {
	if p.release != nil {
		p.release(ctx)
	}
	p.change(func() { p.has, p.released = nil, p.released+1 })
}

func (p *member) Assign(partitions []brook.Position) {
	p.change(func() {
		if len(p.has) > 0 && len(partitions) == 0 {
			p.lost++
		}
		p.has, p.assigned = partitions, p.assigned+1
	})
}

// until waits for something to be true of the member.
func (p *member) until(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		ok, changed, has, err := holds(), p.changed, p.has, p.err
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-p.ended:
			p.t.Fatalf("Join returned %v before it came about that the member %s; it has %v",
				err, what, has)
		case <-deadline.C:
			p.t.Fatalf("it never came about that the member %s; it has %v", what, has)
		}
	}
}

// owns waits until the member has so many partitions.
func (p *member) owns(n int) {
	p.t.Helper()
	p.until("has its part", func() bool { return len(p.has) == n })
}

// numbers returns the numbers of the partitions that the member has.
func (p *member) numbers() (all []int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.has {
		all = append(all, at.Partition)
	}
	return slices.Sorted(slices.Values(all))
}

// A cable can be cut and restored.
type cable struct {
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

var errCut = errors.New("the cable is cut")

func (c *cable) Dial(network, addr string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return nil, errCut
	}
	conn, err := net.Dial(network, addr)
	if err == nil {
		c.conns = append(c.conns, conn)
	}
	return conn, err
}

func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// over is a driver at a cable.
func over(t *testing.T, c *cable, addrs []string, config *sarama.Config) *kafkadriver.Driver {
	config.Net.Proxy.Enable, config.Net.Proxy.Dialer = true, c
	return open(t, addrs, config)
}
