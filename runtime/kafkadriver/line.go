package kafkadriver

import (
	"context"
	"sync"
	"time"
)

// A line is a member's own connection to the coordinator of its group, whichever broker that is at a time: a call that waits long, as
// those do that the group answers when all members are there, keeps nobody else waiting.
type line struct {
	driver  *Driver
	timeout time.Duration // of an answer

	mu   sync.Mutex
	link *link
	end  context.CancelFunc // of the link's connections
}

// to gives the link to a broker.
func (l *line) to(addr string) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.link != nil && l.link.addr == addr {
		return l.link
	}
	l.drop()
	config := *l.driver.config
	config.Net.ReadTimeout = l.timeout
	var ctx context.Context
	ctx, l.end = context.WithCancel(l.driver.ctx)
	config.Net.Proxy.Enable = true
	config.Net.Proxy.Dialer = l.driver.dialer(ctx)
	l.link = &link{addr: addr, config: &config}
	return l.link
}

// cut ends calls that wait. The next one goes over a new connection.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

func (l *line) drop() {
	if l.link == nil {
		return
	}
	l.end()
	if !l.driver.begin(l.link.close) { // it may have to wait for who is just connecting
		l.link.close()
	}
	l.link = nil
}

// dialer makes connections as the driver's own, which end with ctx too.
func (d *Driver) dialer(ctx context.Context) dialer {
	return dialer{ctx, d.config.Net.Proxy.Dialer.(dialer).dial}
}

// newLine makes a line whose calls are answered within a time.
func newLine(d *Driver, timeout time.Duration) *line { return &line{driver: d, timeout: timeout} }
