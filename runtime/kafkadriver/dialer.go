package kafkadriver

import (
	"context"
	"net"

	"github.com/IBM/sarama"
)

// dialer makes connections that end with the driver: whoever waits for one hears of it at once.
type dialer struct {
	ctx  context.Context
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newDialer(ctx context.Context, c *sarama.Config) dialer {
	if c.Net.Proxy.Enable {
		given := c.Net.Proxy.Dialer
		return dialer{ctx, func(_ context.Context, network, addr string) (net.Conn, error) { return given.Dial(network, addr) }}
	}
	d := &net.Dialer{Timeout: c.Net.DialTimeout, KeepAlive: c.Net.KeepAlive, LocalAddr: c.Net.LocalAddr}
	return dialer{ctx, d.DialContext}
}

// Dial connects to addr.
func (d dialer) Dial(network, addr string) (net.Conn, error) {
	c, err := d.dial(d.ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, context.AfterFunc(d.ctx, func() { _ = c.Close() })}, nil
}

type conn struct {
	net.Conn
	forget func() bool
}

// Close closes the connection.
func (c *conn) Close() error {
	c.forget()
	return c.Conn.Close()
}
