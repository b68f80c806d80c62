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
	coordinators map[string]string        // latest known address, by group
	members      map[string][]*membership // memberships of this driver, by group
}

// Join makes m a member of a consumer group until ctx ends. Then m releases its partitions and
// leaves. Topics that do not exist are created if [CreateTopics] is set. Timeouts are those of
// sarama.Config.Consumer.Group: the group waits for Release as long as Rebalance.Timeout, less two
// heartbeats, and expels a member that is silent for Session.Timeout. A member with an InstanceId
// (static membership) does not leave: its partitions stay its own until Session.Timeout has passed,
// so that it can be restarted.
//
// Partitions are divided by number: members of the same topics differ by at most one partition,
// and as few partitions as possible move. The group uses a protocol of its own, "brook", of Kafka's
// classic kind; Kafka's tools show its members and their lag. When a topic gets further partitions,
// they are assigned anew.
//
// A member that loses its membership joins again, for as long as the group's coordinator
// answers: Join returns an error only after another Rebalance.Timeout without it. The error wraps
// brook.ErrPermanent if trying again cannot help: access is denied, other consumers than brook's
// use the group, or another process has the same InstanceId.
func (d *Driver) Join(ctx context.Context, group string, topics []string, m brook.Member) error {
	if ctx.Err() != nil {
		return nil
	}
	names := slices.Compact(slices.Sorted(slices.Values(topics)))
	if group == "" || slices.Contains(names, "") {
		return fmt.Errorf("kafkadriver: join group %q of topics %q: both need names: %w", group,
			names, brook.ErrPermanent)
	}
	_, failed, err := d.lookupOrCreate(ctx, names)
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
		d.groups.members[group] = slices.DeleteFunc(d.groups.members[group],
			func(other *membership) bool {
				return other == s
			})
	}()
	return s.run(ctx)
}

// refusal adds to a broker's error which group it is about, and what to do about it.
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
	return fmt.Errorf("kafkadriver: %s group %q: %s%w: %w", what, group, advice, err,
		brook.ErrPermanent)
}
