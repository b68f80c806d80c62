package faulttest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/mapstore"
)

// A network is what lies between clients and brokers. It is a dialer for sarama,
// and breaks on request.
type network struct {
	wg sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	ports   map[string]net.Listener // by the broker's address
	conns   map[*wire]bool
	lossy   bool
	refuses bool
	stalled chan struct{} // nil: nothing is; closed when it goes on
	changed chan struct{} // closed and replaced when one of these counts goes up
	held    int           // pieces that waited for a stall to end
	lost    int           // answers that were lost
	opened  int           // connections
	refused int           // of these
	swallow int           // pieces that went to nobody
	late    int           // answers to what was to be published and held
}

// A wire is one connection, from both ends.
type wire struct {
	client, server net.Conn
	dead           bool          // neither end knows
	held           chan struct{} // nil: it is not; closed when it goes on
	publishes      bool          // of what is held, some is to be published
}

func newNetwork(t *testing.T) *network {
	n := &network{ports: map[string]net.Listener{}, conns: map[*wire]bool{},
		changed: make(chan struct{})}
	t.Cleanup(n.close)
	return n
}

// through returns settings that have all connections go through the network.
func (n *network) through(c *sarama.Config) *sarama.Config {
	c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, n
	return c
}

// Dial connects to a broker by way of the port that stands for it.
func (n *network) Dial(_, broker string) (net.Conn, error) {
	port, err := n.port(broker)
	if err != nil {
		return nil, err
	}
	return net.DialTimeout("tcp", port, settings().Net.DialTimeout)
}

func (n *network) port(broker string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return "", errors.New("the network is gone")
	}
	if l := n.ports[broker]; l != nil {
		return l.Addr().String(), nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	n.ports[broker] = l
	n.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			n.wg.Go(func() { n.serve(client, broker) })
		}
	})
	return l.Addr().String(), nil
}

func (n *network) close() {
	n.mu.Lock()
	n.closed = true
	for _, l := range n.ports {
		l.Close()
	}
	n.mu.Unlock()
	n.goOn()
	n.cut()
	n.wg.Wait()
}

func (n *network) serve(client net.Conn, broker string) {
	defer client.Close()
	n.count(func() bool { n.opened++; return true })
	if n.count(func() bool { n.refused++; return n.refuses }) {
		return
	}
	server, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	defer server.Close()
	w := &wire{client: client, server: server}
	n.mu.Lock()
	gone := n.closed
	n.conns[w] = true
	n.mu.Unlock()
	if gone {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		n.pass(w, server, client, false)
		_ = server.(*net.TCPConn).CloseWrite() // what it was asked last it may still answer
	})
	n.pass(w, client, server, true)
	client.Close()
	server.Close()
	both.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, w)
}

// pass hands on what comes from one end, until there is no more or it is to be lost.
func (n *network) pass(w *wire, to, from net.Conn, answers bool) {
	buf := make([]byte, 64<<10)
	for {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		n.mu.Lock()
		stalled := n.stalled
		if w.held != nil {
			stalled = w.held
			const produce = 0 // the number of the request, behind its size
			w.publishes = w.publishes || !answers && size > 6 &&
				binary.BigEndian.Uint16(buf[4:]) == produce
		}
		n.mu.Unlock()
		if stalled != nil {
			n.count(func() bool { n.held++; return true })
			<-stalled
		}
		if n.count(func() bool { n.swallow++; return w.dead }) {
			continue
		}
		if answers {
			n.count(func() bool { n.late++; return w.publishes })
		}
		if answers && n.count(func() bool { n.lost++; return n.lossy && rand.IntN(4) == 0 }) {
			return // the request is done, and its answer lost
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return
		}
	}
}

// count asks whether something happens now. A count that went up for what does not is put back.
func (n *network) count(happens func() bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	held, lost, refused, swallow, late := n.held, n.lost, n.refused, n.swallow, n.late
	if !happens() {
		n.held, n.lost, n.refused, n.swallow, n.late = held, lost, refused, swallow, late
		return false
	}
	close(n.changed)
	n.changed = make(chan struct{})
	return true
}

// now returns a count.
func (n *network) now(count *int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return *count
}

// await waits until a count has come so far.
func (n *network) await(t *testing.T, ctx context.Context, what string, count *int, until int) {
	t.Helper()
	for {
		n.mu.Lock()
		now, changed := *count, n.changed
		n.mu.Unlock()
		if now >= until {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%s: %d, want %d", what, now, until)
		}
	}
}

// cut breaks all connections: both ends notice.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.conns {
		for _, c := range []net.Conn{w.client, w.server} {
			_ = c.(*net.TCPConn).SetLinger(0) // what is under way is lost
			c.Close()
		}
	}
}

// forget makes all connections lead nowhere, without anybody hearing of it: they are half open.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.conns {
		w.dead = true
	}
}

// stall holds up all that is sent, until goOn.
func (n *network) stall() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stalled = make(chan struct{})
}

// hold delays what is sent over the present connections until the function that it returns is
// called, even if the senders have given up.
func (n *network) hold() (deliver func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	held := make(chan struct{})
	for w := range n.conns {
		w.held = held
	}
	return sync.OnceFunc(func() { close(held) })
}

func (n *network) goOn() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stalled != nil {
		close(n.stalled)
		n.stalled = nil
	}
}

// away has nothing come through any more: what is connected leads nowhere, new connections are
// refused; or everything again.
func (n *network) away(is bool) {
	n.set(&n.refuses, is)
	if is {
		n.forget()
	}
}

func (n *network) set(what *bool, to bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*what = to
}

// TestNetworkBroken: connections break, stall, lead nowhere and lose answers, while
// apps publish and fold.
func TestNetworkBroken(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(3, nil)
	n := newNetwork(t)
	inMemory := run(t, config(c.driver(n.through(settings())), mapstore.New(), topic), audit())
	hasty := n.through(settings())
	hasty.Producer.Retry.Max = 1 // so that it is the outbox that publishes again
	onDisk := run(t, config(c.driver(hasty), badger(t, t.TempDir()), topic), audit())
	l := begin(t, ctx, inMemory.App)
	l.more(300)
	for range 5 {
		n.cut()
		l.more(100)
	}

	n.set(&n.lossy, true)
	n.await(t, ctx, "answers that are lost", &n.lost, 40)
	n.set(&n.lossy, false)
	l.more(100)

	n.forget()
	n.await(t, ctx, "pieces that go to nobody", &n.swallow, 1)
	l.more(100)

	n.stall()
	n.await(t, ctx, "pieces that wait", &n.held, 5)
	n.goOn() // nobody's patience ends
	l.more(100)

	before := n.now(&n.opened)
	n.stall()
	n.await(t, ctx, "connections that are made anew", &n.opened, before+3)
	n.goOn()
	l.more(100)

	n.set(&n.refuses, true)
	n.cut()
	n.await(t, ctx, "connections that are refused", &n.refused, 20)
	n.set(&n.refuses, false)
	l.more(100)
	l.stop()
	finish(ctx, inMemory, onDisk)
	l.check(c.read(ctx, topic), same(t, ctx, c, topic, inMemory, onDisk))
}
