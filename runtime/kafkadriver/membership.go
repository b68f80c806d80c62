package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// leaveTime is how long a member that leaves waits for the coordinator's answer.
const leaveTime = 5 * time.Second

// A membership is one call of Join. It belongs to the goroutine of that call, except
// for what Mark reads.
type membership struct {
	driver        *Driver
	group         string
	topics        []string // sorted
	member        brook.Member
	joinConn      *coordinatorConn
	heartbeatConn *coordinatorConn

	assigned   []division.Place // the partitions of the last assignment
	assignedIn int32            // the generation of that assignment

	// Guarded by groups.mu of the driver. Only the membership's goroutine writes them.
	id         string // assigned by the coordinator; "" before
	generation int32
	has        map[division.Place]bool
}

func newMembership(d *Driver, group string, topics []string, m brook.Member) *membership {
	c := &d.config.Consumer.Group
	return &membership{
		driver: d, group: group, topics: topics, member: m,
		joinConn: newCoordinatorConn(d,
			max(d.config.Net.ReadTimeout, c.Rebalance.Timeout+c.Session.Timeout)),
		heartbeatConn: newCoordinatorConn(d,
			min(d.config.Net.ReadTimeout, max(c.Session.Timeout/2, time.Second))),
		assignedIn: noGeneration,
		generation: noGeneration,
	}
}

func (s *membership) close() {
	s.joinConn.abort()
	s.heartbeatConn.abort()
}

// run keeps the membership until ctx ends.
func (s *membership) run(ctx context.Context) error {
	var since time.Time // the first failure in a row
	for tries := 1; ; {
		h, positions, err := s.enter(ctx)
		if err == nil {
			tries, since = 1, time.Time{}
			s.member.Assign(positions)
			err = s.hold(ctx, h)
		}
		if ctx.Err() != nil {
			s.leave(ctx)
			return nil //nolint:nilerr // it ended when it was to
		}
		if since.IsZero() {
			since = time.Now()
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, errRebalance), errors.Is(err, sarama.ErrRebalanceInProgress):
			since = time.Time{}
		case errors.Is(err, ErrClosed):
			return err
		case errors.Is(err, sarama.ErrUnknownMemberId):
			s.update(func() { s.id = "" })
		case errors.Is(err, sarama.ErrIllegalGeneration), errors.Is(err, errNoHeartbeat),
			coordinatorMoves(err):
		default:
			s.leave(ctx)
			return refusal(err, "member of", s.group)
		}
		if limit := s.driver.config.Consumer.Group.Rebalance.Timeout; !since.IsZero() &&
			time.Since(since) > limit {
			s.leave(ctx)
			return fmt.Errorf("%w (for %v)", refusal(err, "member of", s.group), limit)
		}
		tries++
		// If the pause ended early, the next turn finds out why.
		_ = s.driver.pause(ctx, min(backoff(tries),
			s.driver.config.Consumer.Group.Rebalance.Retry.Backoff))
	}
}

// enter joins the group, waits for the assignment, and returns the positions where
// the member starts.
func (s *membership) enter(ctx context.Context) (*heartbeat, []brook.Position, error) {
	joined, err := s.join(ctx)
	if err != nil {
		s.joinConn.abort() // an answer that still comes is nobody's
		return nil, nil, err
	}
	s.update(func() { s.id, s.generation = joined.MemberId, joined.GenerationId })
	h := s.startHeartbeat(ctx)
	until, cancel := context.WithCancel(h.steady)
	defer context.AfterFunc(ctx, cancel)()
	defer cancel()
	known, part, err := s.sync(until, joined)
	var positions []brook.Position
	if err == nil {
		positions, err = s.marks(until, part)
	}
	if err != nil {
		if h.steady.Err() != nil {
			err = context.Cause(h.steady)
		}
		h.end()
		s.joinConn.abort()
		return nil, nil, err
	}
	s.assigned, s.assignedIn = part, joined.GenerationId
	s.update(func() {
		s.has = map[division.Place]bool{}
		for _, place := range part {
			s.has[place] = true
		}
	})
	if known != nil {
		s.watchTopics(h, known)
	}
	return h, positions, nil
}

// hold waits for the end of a generation and takes the partitions back: with the member's Release,
// or without it if the membership is lost. The error says why it is lost.
func (s *membership) hold(ctx context.Context, h *heartbeat) error {
	defer h.end()
	select {
	case <-h.steady.Done():
	case <-ctx.Done():
	}
	if h.alive.Err() == nil {
		until, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.releaseTime())
		stop := context.AfterFunc(h.alive, cancel)
		s.member.Release(until)
		stop()
		cancel()
	}
	s.update(func() { s.has = nil })
	if h.alive.Err() != nil {
		s.member.Assign(nil)
		return context.Cause(h.alive)
	}
	return nil
}

// releaseTime is how long the group waits for a release: a member may hear of a rebalance one
// heartbeat late, and another one may pass afterwards.
func (s *membership) releaseTime() time.Duration {
	c := &s.driver.config.Consumer.Group
	return max(c.Rebalance.Timeout-2*c.Heartbeat.Interval, c.Rebalance.Timeout/2)
}

// join waits until all members have joined.
func (s *membership) join(ctx context.Context) (*sarama.JoinGroupResponse, error) {
	c := &s.driver.config.Consumer.Group
	for {
		request := sarama.NewJoinGroupRequest(s.driver.config.Version)
		request.GroupId, request.MemberId, request.GroupInstanceId = s.group, s.id, s.instance()
		request.SessionTimeout = int32(c.Session.Timeout.Milliseconds())
		request.RebalanceTimeout = int32(c.Rebalance.Timeout.Milliseconds())
		request.ProtocolType = "consumer"
		if err := request.AddGroupProtocolMetadata(protocol,
			subscription(s.topics, s.assigned, s.assignedIn)); err != nil {
			return nil, err
		}
		response, err := consult(ctx, s.driver, s.group, s.joinConn.connTo,
			(*sarama.Broker).JoinGroup, request, func(r *sarama.JoinGroupResponse) sarama.KError {
				return r.Err
			})
		if !errors.Is(err, sarama.ErrMemberIdRequired) {
			return response, err
		}
		s.update(func() { s.id = response.MemberId })
	}
}

// sync returns what the leader assigned, and the partitions whose growth this member watches:
// the leader does, and so does a static member, which may be the leader after a restart
// without being told.
func (s *membership) sync(
	ctx context.Context, joined *sarama.JoinGroupResponse,
) ([]brook.Partition, []division.Place, error) {
	kind, name := "consumer", protocol
	request := &sarama.SyncGroupRequest{
		Version: 5, GroupId: s.group, GenerationId: joined.GenerationId, MemberId: joined.MemberId,
		GroupInstanceId: s.instance(),
		ProtocolType:    &kind, ProtocolName: &name,
	}
	var known []brook.Partition
	var err error
	switch {
	case joined.LeaderId == joined.MemberId:
		known, err = s.driver.assignAll(ctx, joined, request)
	case s.instance() != nil:
		known, err = s.driver.partitionsOf(ctx, s.topics)
	}
	if err != nil {
		return nil, nil, err
	}
	response, err := consult(ctx, s.driver, s.group, s.joinConn.connTo, (*sarama.Broker).SyncGroup,
		request, func(r *sarama.SyncGroupResponse) sarama.KError {
			return r.Err
		})
	if err != nil {
		return nil, nil, err
	}
	part, err := assigned(response)
	return known, part, err
}

// marks returns the partitions with the group's committed offsets.
func (s *membership) marks(ctx context.Context, part []division.Place) ([]brook.Position, error) {
	if len(part) == 0 {
		return nil, nil
	}
	marks, err := s.driver.offsetsOf(ctx, s.group, byTopic(part))
	if err != nil {
		return nil, err
	}
	offsets := map[division.Place]int64{}
	for _, p := range marks {
		offsets[division.Place{Topic: p.Topic, Number: p.Partition}] = p.Offset
	}
	positions := make([]brook.Position, len(part))
	for i, p := range part {
		positions[i] = brook.Position{Topic: p.Topic, Partition: p.Number, Offset: offsets[p]}
	}
	return positions, nil
}

// leave tells the coordinator that the member is gone. If the coordinator does not hear it,
// the session times out.
func (s *membership) leave(ctx context.Context) {
	if s.id == "" || s.instance() != nil {
		return
	}
	until, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	request := &sarama.LeaveGroupRequest{Version: 5, GroupId: s.group, MemberId: s.id,
		Members: []sarama.MemberIdentity{{MemberId: s.id}}}
	_, _ = retryCoordinator(until, s.driver, func() (*sarama.LeaveGroupResponse, error) {
		return consult(until, s.driver, s.group, s.heartbeatConn.connTo,
			(*sarama.Broker).LeaveGroup, request, func(r *sarama.LeaveGroupResponse) sarama.KError {
				return r.Err
			})
	})
	s.update(func() { s.id = "" })
}

// sign makes a commit request this member's. It is called with groups.mu of the driver held.
func (s *membership) sign(request *sarama.OffsetCommitRequest) {
	request.ConsumerID, request.ConsumerGroupGeneration, request.GroupInstanceId = s.id,
		s.generation, s.instance()
}

// instance returns the ID of a static member, nil for others.
func (s *membership) instance() *string {
	if id := s.driver.config.Consumer.Group.InstanceId; id != "" {
		return &id
	}
	return nil
}

// update changes what Mark reads, under groups.mu of the driver.
func (s *membership) update(change func()) {
	s.driver.groups.mu.Lock()
	defer s.driver.groups.mu.Unlock()
	change()
}
