package kafkadriver

import (
	"context"
	"crypto/tls"
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

// done is closed when the driver is.
func (d dialer) done() <-chan struct{} { return d.ctx.Done() }

// A securedDialer makes connections over which sarama does not speak TLS itself, because a link has
// to see what goes over them.
type securedDialer struct {
	dialer
	config *sarama.Config
}

// Dial connects to addr.
func (d securedDialer) Dial(network, addr string) (net.Conn, error) {
	c, err := d.dialer.Dial(network, addr)
	if err != nil || !d.config.Net.TLS.Enable {
		return c, err
	}
	return d.secure(c, addr)
}

// A produceDialer makes connections for a sender.
type produceDialer struct {
	securedDialer
	outgoing *outgoing
}

// Dial connects to addr.
func (d produceDialer) Dial(network, addr string) (net.Conn, error) {
	c, err := d.securedDialer.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	return &produceLink{Conn: c, clientID: d.config.ClientID, outgoing: d.outgoing}, nil
}

// A linkDialer makes connections for a poller.
type linkDialer struct {
	securedDialer
	exchange *exchange
}

// Dial connects to addr.
func (d linkDialer) Dial(network, addr string) (net.Conn, error) {
	c, err := d.securedDialer.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	return &link{Conn: c, clientID: d.config.ClientID, silence: d.config.Net.ReadTimeout,
		exchange: d.exchange}, nil
}

// secure begins TLS, with the server's name from addr if the configuration has none.
func (d securedDialer) secure(c net.Conn, addr string) (net.Conn, error) {
	given := d.config.Net.TLS.Config
	if given == nil {
		given = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if given.ServerName == "" {
		given = given.Clone()
		given.ServerName, _, _ = net.SplitHostPort(addr) // "" is an error of the handshake
	}
	secured := tls.Client(c, given)
	ctx, cancel := context.WithTimeout(d.ctx, d.config.Net.ReadTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the error of the handshake says what is wrong
		return nil, err
	}
	return secured, nil
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
