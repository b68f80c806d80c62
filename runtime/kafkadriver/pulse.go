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

// What ends a generation.
var (
	errCalled = errors.New("the partitions are to be divided anew")
	errSilent = errors.New("no heartbeat was answered")
)

// A pulse keeps a member alive in one generation of its group, and hears what becomes of it.
type pulse struct {
	alive  context.Context // ends when the membership is lost
	steady context.Context // ends when it is lost, or the group is called together
	lose   context.CancelCauseFunc
	call   context.CancelCauseFunc
	stop   context.CancelFunc // ends the pulse itself
	work   sync.WaitGroup
}

// beat starts the pulse of a generation.
func (s *membership) beat(ctx context.Context) *pulse {
	p := &pulse{}
	p.alive, p.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	p.steady, p.call = context.WithCancelCause(p.alive)
	until, stop := context.WithCancel(p.alive)
	p.stop = stop
	p.work.Go(func() { s.keep(until, p) })
	return p
}

// end stops the pulse and waits for that.
func (p *pulse) end() {
	p.stop()
	p.call(context.Canceled)
	p.work.Wait()
	p.lose(context.Canceled)
}

// keep sends heartbeats. A coordinator that does not answer is asked again until the session is over.
func (s *membership) keep(ctx context.Context, p *pulse) {
	group := &s.driver.config.Consumer.Group
	deadline := time.Now().Add(group.Session.Timeout)
	pause := group.Heartbeat.Interval
	for tries := 1; s.driver.pause(ctx, pause) == nil; {
		asked := time.Now()
		until, cancel := context.WithDeadline(ctx, deadline)
		err := s.heartbeat(until)
		cancel()
		switch {
		case err == nil || errors.Is(err, sarama.ErrRebalanceInProgress):
			deadline, pause, tries = asked.Add(group.Session.Timeout), group.Heartbeat.Interval, 1
			if err != nil {
				p.call(errCalled)
			}
		case ctx.Err() != nil:
			return
		case !time.Now().Before(deadline):
			p.lose(fmt.Errorf("%w for %v: %w", errSilent, group.Session.Timeout, err))
			return
		case passing(err):
			tries++
			pause = min(patience(tries), group.Heartbeat.Interval, max(time.Until(deadline), time.Millisecond))
		default:
			p.lose(err)
			return
		}
	}
	if s.driver.ctx.Err() != nil {
		p.lose(ErrClosed)
	}
}

func (s *membership) heartbeat(ctx context.Context) error {
	request := &sarama.HeartbeatRequest{Version: 4, GroupId: s.group, GenerationId: s.generation, MemberId: s.id, GroupInstanceId: s.instance()}
	_, err := consult(ctx, s.driver, s.group, s.beating.to, (*sarama.Broker).Heartbeat, request, func(r *sarama.HeartbeatResponse) sarama.KError { return r.Err })
	return err
}

// watch calls the group together when topics grow.
func (s *membership) watch(p *pulse, known []brook.Partition) {
	p.work.Go(func() {
		if s.driver.Grown(p.steady, known) == nil {
			p.call(errCalled)
		}
	})
}
