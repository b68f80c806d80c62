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

// leaveTime is how long a member that leaves waits for the coordinator to take note.
const leaveTime = 5 * time.Second

// A membership is one Join. It is the goroutine's that called it, but for what Mark needs.
type membership struct {
	driver  *Driver
	group   string
	topics  []string // sorted
	member  brook.Member
	joining *line
	beating *line

	part []division.Place // what it had last
	held int32            // the generation of that

	// Guarded by the driver's groups; others than the goroutine only read.
	id         string // as the coordinator calls it, "" before
	generation int32
	has        map[division.Place]bool
}

func newMembership(d *Driver, group string, topics []string, m brook.Member) *membership {
	c := &d.config.Consumer.Group
	return &membership{
		driver: d, group: group, topics: topics, member: m,
		joining:    newLine(d, max(d.config.Net.ReadTimeout, c.Rebalance.Timeout+c.Session.Timeout)),
		beating:    newLine(d, min(d.config.Net.ReadTimeout, max(c.Session.Timeout/2, time.Second))),
		held:       noGeneration,
		generation: noGeneration,
	}
}

func (s *membership) close() {
	s.joining.cut()
	s.beating.cut()
}

// run is a member until ctx ends.
func (s *membership) run(ctx context.Context) error {
	var since time.Time // of the first failure in a row
	for tries := 1; ; {
		p, positions, err := s.enter(ctx)
		if err == nil {
			tries, since = 1, time.Time{}
			s.member.Assign(positions)
			err = s.stay(ctx, p)
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
		case errors.Is(err, errCalled), errors.Is(err, sarama.ErrRebalanceInProgress):
			since = time.Time{}
		case errors.Is(err, ErrClosed):
			return err
		case errors.Is(err, sarama.ErrUnknownMemberId):
			s.note(func() { s.id = "" })
		case errors.Is(err, sarama.ErrIllegalGeneration), errors.Is(err, errSilent), passing(err):
		default:
			s.leave(ctx)
			return refusal(err, "member of", s.group)
		}
		if limit := s.driver.config.Consumer.Group.Rebalance.Timeout; !since.IsZero() && time.Since(since) > limit {
			s.leave(ctx)
			return fmt.Errorf("%w (for %v)", refusal(err, "member of", s.group), limit)
		}
		tries++
		// What ended the pause shows at the next turn.
		_ = s.driver.pause(ctx, min(patience(tries), s.driver.config.Consumer.Group.Rebalance.Retry.Backoff))
	}
}

// enter joins the group and waits for its division, and gives what the member has from now on.
func (s *membership) enter(ctx context.Context) (*pulse, []brook.Position, error) {
	joined, err := s.join(ctx)
	if err != nil {
		s.joining.cut() // the answer may still come, to nobody
		return nil, nil, err
	}
	s.note(func() { s.id, s.generation = joined.MemberId, joined.GenerationId })
	p := s.beat(ctx)
	until, cancel := context.WithCancel(p.steady)
	defer context.AfterFunc(ctx, cancel)()
	defer cancel()
	known, part, err := s.sync(until, joined)
	var positions []brook.Position
	if err == nil {
		positions, err = s.marks(until, part)
	}
	if err != nil {
		if p.steady.Err() != nil {
			err = context.Cause(p.steady)
		}
		p.end()
		s.joining.cut()
		return nil, nil, err
	}
	s.part, s.held = part, joined.GenerationId
	s.note(func() {
		s.has = map[division.Place]bool{}
		for _, place := range part {
			s.has[place] = true
		}
	})
	if known != nil {
		s.watch(p, known)
	}
	return p, positions, nil
}

// stay waits for the end of a generation and takes back what the member had: with its release, or without a word where it is lost. The
// error says why it is lost.
func (s *membership) stay(ctx context.Context, p *pulse) error {
	defer p.end()
	select {
	case <-p.steady.Done():
	case <-ctx.Done():
	}
	if p.alive.Err() == nil {
		until, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience())
		stop := context.AfterFunc(p.alive, cancel)
		s.member.Release(until)
		stop()
		cancel()
	}
	s.note(func() { s.has = nil })
	if p.alive.Err() != nil {
		s.member.Assign(nil)
		return context.Cause(p.alive)
	}
	return nil
}

// patience is how long the group waits for a release: two heartbeats may pass before one hears of it and after.
func (s *membership) patience() time.Duration {
	c := &s.driver.config.Consumer.Group
	return max(c.Rebalance.Timeout-2*c.Heartbeat.Interval, c.Rebalance.Timeout/2)
}

// join waits until all members are there.
func (s *membership) join(ctx context.Context) (*sarama.JoinGroupResponse, error) {
	c := &s.driver.config.Consumer.Group
	for {
		request := sarama.NewJoinGroupRequest(s.driver.config.Version)
		request.GroupId, request.MemberId, request.GroupInstanceId = s.group, s.id, s.instance()
		request.SessionTimeout = int32(c.Session.Timeout.Milliseconds())
		request.RebalanceTimeout = int32(c.Rebalance.Timeout.Milliseconds())
		request.ProtocolType = "consumer"
		if err := request.AddGroupProtocolMetadata(protocol, subscription(s.topics, s.part, s.held)); err != nil {
			return nil, err
		}
		response, err := consult(ctx, s.driver, s.group, s.joining.to, (*sarama.Broker).JoinGroup, request, func(r *sarama.JoinGroupResponse) sarama.KError { return r.Err })
		if !errors.Is(err, sarama.ErrMemberIdRequired) {
			return response, err
		}
		s.note(func() { s.id = response.MemberId })
	}
}

// sync gives what the leader assigned, and the partitions whose growth is this member's business: the leader's, and of who may be leader
// without being told, as a static member that was restarted.
func (s *membership) sync(ctx context.Context, joined *sarama.JoinGroupResponse) ([]brook.Partition, []division.Place, error) {
	kind, name := "consumer", protocol
	request := &sarama.SyncGroupRequest{
		Version: 5, GroupId: s.group, GenerationId: joined.GenerationId, MemberId: joined.MemberId, GroupInstanceId: s.instance(),
		ProtocolType: &kind, ProtocolName: &name,
	}
	var known []brook.Partition
	var err error
	switch {
	case joined.LeaderId == joined.MemberId:
		known, err = s.driver.divide(ctx, joined, request)
	case s.instance() != nil:
		known, err = s.driver.survey(ctx, s.topics)
	}
	if err != nil {
		return nil, nil, err
	}
	response, err := consult(ctx, s.driver, s.group, s.joining.to, (*sarama.Broker).SyncGroup, request, func(r *sarama.SyncGroupResponse) sarama.KError { return r.Err })
	if err != nil {
		return nil, nil, err
	}
	part, err := assigned(response)
	return known, part, err
}

// marks gives partitions with the group's marks.
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

// leave tells the coordinator that the member is gone. Where it does not hear it, the session's timeout tells.
func (s *membership) leave(ctx context.Context) {
	if s.id == "" || s.instance() != nil {
		return
	}
	until, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	request := &sarama.LeaveGroupRequest{Version: 5, GroupId: s.group, MemberId: s.id, Members: []sarama.MemberIdentity{{MemberId: s.id}}}
	_, _ = insist(until, s.driver, func() (*sarama.LeaveGroupResponse, error) {
		return consult(until, s.driver, s.group, s.beating.to, (*sarama.Broker).LeaveGroup, request, func(r *sarama.LeaveGroupResponse) sarama.KError { return r.Err })
	})
	s.note(func() { s.id = "" })
}

// sign makes a commit the member's. The groups' lock is held.
func (s *membership) sign(request *sarama.OffsetCommitRequest) {
	request.ConsumerID, request.ConsumerGroupGeneration, request.GroupInstanceId = s.id, s.generation, s.instance()
}

// instance gives the name of a static member, nil for others.
func (s *membership) instance() *string {
	if id := s.driver.config.Consumer.Group.InstanceId; id != "" {
		return &id
	}
	return nil
}

// note changes what Mark reads.
func (s *membership) note(change func()) {
	s.driver.groups.mu.Lock()
	defer s.driver.groups.mu.Unlock()
	change()
}
