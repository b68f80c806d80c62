package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A coordinatorConn is a member's own connection to the coordinator of its group, whichever broker
// that is at the time. Some requests are answered only when all members of the group are there: on
// a connection of its own, such a request blocks no others.
type coordinatorConn struct {
	driver  *Driver
	timeout time.Duration // how long an answer may take

	mu     sync.Mutex
	conn   *conn
	cancel context.CancelFunc // closes the conn's network connections
}

// connTo returns the connection to the broker at addr, and closes that to another one.
func (c *coordinatorConn) connTo(addr string) *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil && c.conn.addr == addr {
		return c.conn
	}
	c.drop()
	config := *c.driver.config
	config.Net.ReadTimeout = c.timeout
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(c.driver.ctx)
	config.Net.Proxy.Enable = true
	config.Net.Proxy.Dialer = c.driver.dialer(ctx)
	c.conn = &conn{addr: addr, config: &config}
	return c.conn
}

// abort fails the calls that wait for an answer. The next call opens a new connection.
func (c *coordinatorConn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

func (c *coordinatorConn) drop() {
	if c.conn == nil {
		return
	}
	c.cancel()
	if !c.driver.start(c.conn.close) { // close may wait for a dial in progress
		c.conn.close()
	}
	c.conn = nil
}

// dialer returns a dialer like the driver's own, whose connections end with ctx too.
func (d *Driver) dialer(ctx context.Context) dialer {
	return dialer{ctx, d.config.Net.Proxy.Dialer.(dialer).dial}
}

// newCoordinatorConn returns a coordinatorConn whose answers may take up to timeout.
func newCoordinatorConn(d *Driver, timeout time.Duration) *coordinatorConn {
	return &coordinatorConn{driver: d, timeout: timeout}
}

// consult sends a request to the coordinator of a group, over the connection that conn returns for
// its address. A response with an error code is returned as an error.
func consult[Request, Response any](ctx context.Context, d *Driver, group string,
	link func(addr string) *conn, send func(*sarama.Broker, Request) (Response, error),
	request Request, code func(Response) sarama.KError) (Response, error) {
	addr, err := d.coordinator(ctx, group)
	if err != nil {
		var none Response
		return none, err
	}
	response, err := await(ctx, d, func() (Response, error) {
		return call(link(addr), send, request)
	})
	if err == nil && code(response) != sarama.ErrNoError {
		err = code(response)
	}
	if err != nil && coordinatorMoves(err) {
		d.groups.mu.Lock()
		if d.groups.coordinators[group] == addr {
			delete(d.groups.coordinators, group)
		}
		d.groups.mu.Unlock()
	}
	return response, err
}

// coordinator returns the address of the coordinator of a group.
func (d *Driver) coordinator(ctx context.Context, group string) (string, error) {
	d.groups.mu.Lock()
	addr := d.groups.coordinators[group]
	d.groups.mu.Unlock()
	if addr != "" {
		return addr, nil
	}
	addr, err := await(ctx, d, func() (string, error) { return d.find(group) })
	if err != nil {
		return "", err
	}
	d.groups.mu.Lock()
	defer d.groups.mu.Unlock()
	if d.groups.coordinators == nil {
		d.groups.coordinators = map[string]string{}
	}
	d.groups.coordinators[group] = addr
	return addr, nil
}

// find asks one broker after another for the coordinator of a group.
func (d *Driver) find(group string) (string, error) {
	var errs []error
	for _, addr := range d.known() {
		request := &sarama.FindCoordinatorRequest{Version: 3, CoordinatorKey: group,
			CoordinatorType: sarama.CoordinatorGroup}
		response, err := call(d.conn(addr), (*sarama.Broker).FindCoordinator, request)
		if err == nil && response.Err != sarama.ErrNoError {
			err = response.Err
		}
		if err == nil {
			return response.Coordinator.Addr(), nil
		}
		if permanent(err) {
			return "", err
		}
		errs = append(errs, fmt.Errorf("%s: %w", addr, err))
		if d.ctx.Err() != nil {
			break
		}
	}
	return "", fmt.Errorf("no broker knows the coordinator of the group: %w", errors.Join(errs...))
}

// coordinatorMoves reports whether err goes away once the group has a coordinator again, which
// may be another broker.
func coordinatorMoves(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, ErrClosed) {
		return false
	}
	var code sarama.KError
	if !errors.As(err, &code) {
		return true // there was no answer
	}
	switch code {
	case sarama.ErrNotCoordinatorForConsumer, sarama.ErrConsumerCoordinatorNotAvailable,
		sarama.ErrOffsetsLoadInProgress, sarama.ErrRequestTimedOut, sarama.ErrUnstableOffsetCommit,
		sarama.ErrNotEnoughReplicas, sarama.ErrNetworkException:
		return true
	}
	return false
}
