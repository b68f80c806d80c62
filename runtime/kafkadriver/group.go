package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// groups is what a driver knows of consumer groups.
type groups struct {
	mu           sync.Mutex
	coordinators map[string]string        // by group: the address of its broker, as told last
	members      map[string][]*membership // by group: those of this driver
}

// Join makes m a member of a consumer group until ctx ends; then it releases what it has, and leaves. Topics that do not exist are created where
// [CreateTopics] says so. Timeouts are those of sarama.Config.Consumer.Group: the group waits for Release as long as
// Rebalance.Timeout, less two heartbeats, and misses a member that is silent for Session.Timeout. A member of an InstanceId (static membership) does
// not leave: its partitions stay its own until Session.Timeout has passed, so that it can be restarted.
//
// Partitions are divided by number: members of the same topics differ by one number at most, and as few as
// possible move. The group speaks a protocol of its own, "brook", of Kafka's classic kind; Kafka's tools show its members and
// their lag. Where a topic gets further partitions, they are divided anew.
//
// A membership that is lost is had again, for as long as the group's coordinator is heard of: only after another
// Rebalance.Timeout without it Join gives up. The error wraps brook.ErrPermanent where trying again cannot help: it is not allowed, other consumers than brook's
// use the group, or another process has the same InstanceId.
func (d *Driver) Join(ctx context.Context, group string, topics []string, m brook.Member) error {
	if ctx.Err() != nil {
		return nil
	}
	names := slices.Compact(slices.Sorted(slices.Values(topics)))
	if group == "" || slices.Contains(names, "") {
		return fmt.Errorf("kafkadriver: join group %q of topics %q: both need names: %w", group, names, brook.ErrPermanent)
	}
	_, failed, err := d.demand(ctx, names)
	for _, name := range names {
		if err == nil {
			err = failed[name]
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kafkadriver: join group %q: %w", group, err)
	}
	s := newMembership(d, group, names, m)
	d.groups.mu.Lock()
	if d.groups.members == nil {
		d.groups.members = map[string][]*membership{}
	}
	d.groups.members[group] = append(d.groups.members[group], s)
	d.groups.mu.Unlock()
	defer func() {
		s.close()
		d.groups.mu.Lock()
		defer d.groups.mu.Unlock()
		d.groups.members[group] = slices.DeleteFunc(d.groups.members[group], func(other *membership) bool { return other == s })
	}()
	return s.run(ctx)
}

// consult sends a request to the coordinator of a group, over a link that it is given. An error code is an error.
func consult[Request, Response any](ctx context.Context, d *Driver, group string, link func(addr string) *link,
	send func(*sarama.Broker, Request) (Response, error), request Request, code func(Response) sarama.KError) (Response, error) {
	addr, err := d.coordinator(ctx, group)
	if err != nil {
		var none Response
		return none, err
	}
	response, err := await(ctx, d, func() (Response, error) { return call(link(addr), send, request) })
	if err == nil && code(response) != sarama.ErrNoError {
		err = code(response)
	}
	if err != nil && passing(err) {
		d.groups.mu.Lock()
		if d.groups.coordinators[group] == addr {
			delete(d.groups.coordinators, group)
		}
		d.groups.mu.Unlock()
	}
	return response, err
}

// coordinator gives the address of the broker that keeps a group.
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

// find asks one broker after another who keeps a group.
func (d *Driver) find(group string) (string, error) {
	var errs []error
	for _, addr := range d.known() {
		request := &sarama.FindCoordinatorRequest{Version: 3, CoordinatorKey: group, CoordinatorType: sarama.CoordinatorGroup}
		response, err := call(d.link(addr), (*sarama.Broker).FindCoordinator, request)
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
	return "", fmt.Errorf("no broker tells who keeps the group: %w", errors.Join(errs...))
}

// passing reports whether an error is over once the group has a coordinator again, which may be another one.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrClosed) {
		return false
	}
	var code sarama.KError
	if !errors.As(err, &code) {
		return true // no answer
	}
	switch code {
	case sarama.ErrNotCoordinatorForConsumer, sarama.ErrConsumerCoordinatorNotAvailable, sarama.ErrOffsetsLoadInProgress,
		sarama.ErrRequestTimedOut, sarama.ErrUnstableOffsetCommit, sarama.ErrNotEnoughReplicas, sarama.ErrNetworkException:
		return true
	}
	return false
}

// refusal gives a broker's error about a group, with what to do about it.
func refusal(err error, what, group string) error {
	var code sarama.KError
	errors.As(err, &code)
	advice := ""
	switch code {
	case sarama.ErrInconsistentGroupProtocol:
		advice = "it is used by other consumers than brook's, give the app another name: "
	case sarama.ErrFencedInstancedId:
		advice = "another process has the same Consumer.Group.InstanceId: "
	case sarama.ErrInvalidSessionTimeout:
		advice = "the brokers do not allow this Consumer.Group.Session.Timeout: "
	case sarama.ErrInvalidGroupId, sarama.ErrUnsupportedVersion:
	default:
		return explain(err, "%s group %q", what, group)
	}
	return fmt.Errorf("kafkadriver: %s group %q: %s%w: %w", what, group, advice, err, brook.ErrPermanent)
}
