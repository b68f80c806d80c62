package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// explain adds to an error of the client what it means and what to do, unless the error says so
// itself. An error that trying again can't cure wraps brook.ErrPermanent.
func explain(err error) error {
	var reply redis.Error
	switch {
	case errors.Is(err, redis.ErrClosed):
		return ErrClosed
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the server hung up before it had answered; if that goes on, the answer "+
			"is larger than its client-output-buffer-limit for normal clients allows, "+
			"or it has as many clients as its maxclients: %w", err)
	case !errors.As(err, &reply):
		return err
	case strings.HasPrefix(reply.Error(), "WRONGTYPE"):
		return fmt.Errorf("%w: somebody else wrote to its keys: %w", ErrDamaged, err)
	case strings.HasPrefix(reply.Error(), "OOM"):
		return fmt.Errorf("the server has used its maxmemory and takes nothing but removals, "+
			"until it is given more or has less to hold: %w", err)
	}
	return err
}

// strange explains the error of the first request to a server, which may not be Redis.
func strange(err error) error {
	var silent net.Error
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &silent) && silent.Timeout() ||
		strings.HasPrefix(err.Error(), "redis: invalid reply") ||
		strings.HasPrefix(err.Error(), "redis: can't parse") {
		return fmt.Errorf("no answer as of a Redis server: does it want TLS, or is the address "+
			"another service's? %w", err)
	}
	return explain(err)
}
