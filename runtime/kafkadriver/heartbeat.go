package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// Causes that end a generation.
var (
	errRebalance   = errors.New("the group rebalances")
	errNoHeartbeat = errors.New("no heartbeat was answered")
)

// A heartbeat keeps a member alive during one generation of its group, and learns when that ends.
type heartbeat struct {
	alive     context.Context // ends when the membership is lost
	steady    context.Context // ends when it is lost, or the group rebalances
	lose      context.CancelCauseFunc
	rebalance context.CancelCauseFunc
	stop      context.CancelFunc // ends the heartbeat itself
	running   sync.WaitGroup
}

// startHeartbeat starts the heartbeat of a generation.
func (s *membership) startHeartbeat(ctx context.Context) *heartbeat {
	h := &heartbeat{}
	h.alive, h.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	h.steady, h.rebalance = context.WithCancelCause(h.alive)
	until, stop := context.WithCancel(h.alive)
	h.stop = stop
	h.running.Go(func() { s.sendHeartbeats(until, h) })
	return h
}

// end stops the heartbeat and waits for its goroutines.
func (h *heartbeat) end() {
	h.stop()
	h.rebalance(context.Canceled)
	h.running.Wait()
	h.lose(context.Canceled)
}

// sendHeartbeats sends heartbeats until ctx ends. If the coordinator does not answer, it tries
// again until the session times out.
func (s *membership) sendHeartbeats(ctx context.Context, h *heartbeat) {
	group := &s.driver.config.Consumer.Group
	deadline := time.Now().Add(group.Session.Timeout)
	pause := group.Heartbeat.Interval
	for tries := 1; s.driver.pause(ctx, pause) == nil; {
		asked := time.Now()
		until, cancel := context.WithDeadline(ctx, deadline)
		err := s.sendHeartbeat(until)
		cancel()
		switch {
		case err == nil || errors.Is(err, sarama.ErrRebalanceInProgress):
			deadline, pause, tries = asked.Add(group.Session.Timeout), group.Heartbeat.Interval, 1
			if err != nil {
				h.rebalance(errRebalance)
			}
		case ctx.Err() != nil:
			return
		case !time.Now().Before(deadline):
			h.lose(fmt.Errorf("%w for %v: %w", errNoHeartbeat, group.Session.Timeout, err))
			return
		case coordinatorMoves(err):
			tries++
			pause = min(backoff(tries), group.Heartbeat.Interval,
				max(time.Until(deadline), time.Millisecond))
		default:
			h.lose(err)
			return
		}
	}
	if s.driver.ctx.Err() != nil {
		h.lose(ErrClosed)
	}
}

func (s *membership) sendHeartbeat(ctx context.Context) error {
	request := &sarama.HeartbeatRequest{Version: 4, GroupId: s.group, GenerationId: s.generation,
		MemberId: s.id, GroupInstanceId: s.instance()}
	_, err := consult(ctx, s.driver, s.group, s.heartbeatConn.connTo, (*sarama.Broker).Heartbeat,
		request, func(r *sarama.HeartbeatResponse) sarama.KError {
			return r.Err
		})
	return err
}

// watchTopics makes the group rebalance when topics get further partitions.
func (s *membership) watchTopics(h *heartbeat, known []brook.Partition) {
	h.running.Go(func() {
		if s.driver.Grown(h.steady, known) == nil {
			h.rebalance(errRebalance)
		}
	})
}
