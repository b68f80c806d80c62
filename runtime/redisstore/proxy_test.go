package redisstore_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between client and server, and can lose replies: the server did what it was asked
// to, the connection breaks before the client learns that.
type proxy struct {
	addr   string
	server string
	// one of so many short replies is lost, for long ones would never arrive; 0: none
	every atomic.Int64
	lost  atomic.Int64

	listener net.Listener
	wg       sync.WaitGroup
	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]bool
}

func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), server: server, listener: l, conns: map[net.Conn]bool{}}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(p.close)
	return p
}

func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cut()
	p.wg.Wait()
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// loseEvery has one of n replies lost from now on, or none for 0. It is left to chance which, for a
// new connection has the same replies each time.
func (p *proxy) loseEvery(n int64) {
	p.every.Store(n)
}

func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client) || !p.add(server) {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer server.Close()
		pass(server, client, func(int) bool { return true })
	})
	pass(client, server, func(n int) bool {
		every := p.every.Load()
		if every == 0 || n > 1000 || rand.Int64N(every) > 0 {
			return true
		}
		p.lost.Add(1)
		return false
	})
	client.Close()
	wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// pass copies until the connection ends or the bytes that came are not to be passed on.
func pass(to, from net.Conn, may func(n int) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !may(n) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
