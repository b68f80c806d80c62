package kafkadriver

import (
	"context"
	"net"

	"github.com/IBM/sarama"
)

// A dialer makes connections that are closed with the driver, so that nothing
// stays blocked on them.
type dialer struct {
	ctx  context.Context
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newDialer(ctx context.Context, c *sarama.Config) dialer {
	if c.Net.Proxy.Enable {
		given := c.Net.Proxy.Dialer
		return dialer{ctx, func(_ context.Context, network, addr string) (net.Conn, error) {
			return given.Dial(network, addr)
		}}
	}
	d := &net.Dialer{Timeout: c.Net.DialTimeout, KeepAlive: c.Net.KeepAlive,
		LocalAddr: c.Net.LocalAddr}
	return dialer{ctx, d.DialContext}
}

// Dial connects to addr.
func (d dialer) Dial(network, addr string) (net.Conn, error) {
	c, err := d.dial(d.ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &netConn{c, context.AfterFunc(d.ctx, func() { _ = c.Close() })}, nil
}

type netConn struct {
	net.Conn
	forget func() bool
}

// Close closes the connection.
func (c *netConn) Close() error {
	c.forget()
	return c.Conn.Close()
}
