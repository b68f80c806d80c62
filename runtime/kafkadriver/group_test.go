package kafkadriver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	brook "github.com/brookgen/brookgen/runtime"
)

// Each process has a driver of its own. A member that is cut off knows that it has nothing any more
// before another has it, and comes back.
func TestGroupMemberCutOff(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		var wire cable
		first := join(t, over(t, &wire, addrs, quickGroups()), group, []string{topic}, nil)
		first.owns(3)
		wire.set(true)
		first.until("loses what it has", func() bool {
			return first.lost == 1 && len(first.has) == 0
		})
		second := join(t, open(t, addrs, quickGroups()), group, []string{topic}, nil)
		second.owns(3)
		wire.set(false)
		first.until("has its part again", func() bool { return len(first.has) > 0 })
		second.until("has its part", func() bool {
			return len(second.has) > 0 && len(second.has) < 3
		})
		if err := errors.Join(first.end(), second.end()); err != nil {
			t.Errorf("Join: %v", err)
		}
	})
}

// Who was thrown out of the group, and does not know yet, can't mark.
func TestGroupZombie(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		config := quickGroups()
		config.Consumer.Group.Session.Timeout = 20 * time.Second
		// it learns of nothing in the meantime
		config.Consumer.Group.Heartbeat.Interval = 15 * time.Second
		zombie := open(t, addrs, config)
		member := join(t, zombie, group, []string{topic}, nil)
		member.owns(3)
		at := brook.Position{Topic: topic, Partition: 1, Offset: 0}
		if err := zombie.Mark(t.Context(), group, []brook.Position{{Topic: topic, Partition: 7},
			at}); err == nil || !strings.Contains(err.Error(), topic+"/7") {
			t.Errorf("Mark also of what the member does not have: %v, want an error that names it",
				err)
		}
		if marks, err := zombie.Marks(t.Context(), group); err != nil || len(marks) != 1 ||
			marks[0] != at {
			t.Fatalf("Marks: %v, %v; want that of what the member has", marks, err)
		}
		other := open(t, addrs, quickGroups())
		at.Offset = 5
		err := other.Mark(t.Context(), group, []brook.Position{at})
		if !errors.Is(err, sarama.ErrUnknownMemberId) ||
			!strings.Contains(err.Error(), "has members") {
			t.Errorf("Mark of a driver without members: %v, want an error that says that others have", err)
		}
		evict(t, addrs, group)
		if err := zombie.Mark(t.Context(), group, []brook.Position{at}); err == nil ||
			!strings.Contains(err.Error(), "lost its place") {
			t.Errorf("Mark of who is no member any more: %v, want an error that says so", err)
		}
		if marks, err := other.Marks(t.Context(), group); err != nil || len(marks) != 1 ||
			marks[0].Offset != 0 {
			t.Errorf("Marks: %v, %v; want the first one", marks, err)
		}
		if err := other.Mark(t.Context(), group, []brook.Position{at}); err != nil {
			t.Errorf("Mark of a group without members: %v", err)
		}
	})
}

// evict throws all members out of a group.
func evict(t *testing.T, addrs []string, group string) {
	t.Helper()
	a := admin(t, addrs)
	described, err := a.DescribeConsumerGroups([]string{group})
	if err != nil || len(described) != 1 || len(described[0].Members) == 0 {
		t.Fatalf("members of %s: %v, %v", group, described, err)
	}
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	client, err := sarama.NewClient(addrs, config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	coordinator, err := client.Coordinator(group)
	if err != nil {
		t.Fatal(err)
	}
	for id, m := range described[0].Members {
		request := &sarama.LeaveGroupRequest{Version: 4, GroupId: group,
			Members: []sarama.MemberIdentity{{MemberId: id}}}
		if m.MemberId != "" {
			request.Members[0].MemberId = m.MemberId
		}
		response, err := coordinator.LeaveGroup(request)
		if err != nil || response.Err != sarama.ErrNoError ||
			response.Members[0].Err != sarama.ErrNoError {
			t.Fatalf("evict %s: %+v, %v", id, response, err)
		}
	}
}

// A member that is evicted is assigned nothing, and joins again.
func TestGroupEvicted(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		member := join(t, open(t, addrs, quickGroups()), group, []string{topic}, nil)
		member.owns(3)
		evict(t, addrs, group)
		member.until("loses all and has it again", func() bool {
			return member.lost == 1 && len(member.has) == 3
		})
	})
}

// The group goes on without a member whose release takes too long; its context ends,
// and it comes back.
func TestGroupSlowRelease(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		config := quickGroups()
		config.Consumer.Group.Rebalance.Timeout = time.Second
		limit := make(chan time.Duration, 10)
		slow := join(t, open(t, addrs, config), group, []string{topic}, func(ctx context.Context) {
			begin := time.Now()
			<-ctx.Done()
			limit <- time.Since(begin)
		})
		slow.owns(3)
		second := join(t, open(t, addrs, config), group, []string{topic}, nil)
		second.until("has its part", func() bool { return len(second.has) > 0 })
		slow.until("has its part", func() bool { return len(slow.has) > 0 && slow.released > 0 })
		if took := <-limit; took > time.Second {
			t.Errorf("the context of Release ended after %v, but the group waits a second", took)
		}
	})
}

// Other consumers have groups of their own.
func TestGroupOfOtherConsumers(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		d := open(t, addrs, quickGroups())
		if _, err := d.Partitions(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
		config := quickGroups()
		config.Version = sarama.MaxVersion
		consumer, err := sarama.NewConsumerGroup(addrs, group, config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		there, done := make(chan struct{}), make(chan error, 1)
		go func() { done <- consumer.Consume(ctx, []string{topic}, stranger(there)) }()
		defer func() {
			cancel()
			if err := errors.Join(<-done, consumer.Close()); err != nil {
				t.Errorf("the other consumer: %v", err)
			}
		}()
		<-there
		member := join(t, d, group, []string{topic}, nil)
		<-member.ended
		if err := member.err; !errors.Is(err, brook.ErrPermanent) ||
			!errors.Is(err, sarama.ErrInconsistentGroupProtocol) ||
			!strings.Contains(err.Error(), group) {
			t.Errorf("Join: %v, want a permanent error that names the group", err)
		}
	})
}

// stranger is closed when it has partitions.
type stranger chan struct{}

func (s stranger) Setup(sarama.ConsumerGroupSession) error   { close(s); return nil }
func (s stranger) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (s stranger) ConsumeClaim(session sarama.ConsumerGroupSession,
	_ sarama.ConsumerGroupClaim) error {
	<-session.Context().Done()
	return nil
}

// A static member that is restarted has what it had, and nobody is disturbed; of two at a time
// the later one stays.
func TestGroupStaticMember(t *testing.T) {
	onEachCluster(t, func(t *testing.T, addrs []string) {
		topic, group := unique("topic"), unique("group")
		static := quickGroups()
		static.Consumer.Group.InstanceId = "one"
		static.Consumer.Group.Session.Timeout = 30 * time.Second
		other := join(t, open(t, addrs, quickGroups()), group, []string{topic}, nil)
		other.owns(3)
		first := join(t, open(t, addrs, static), group, []string{topic}, nil)
		first.owns(1)
		other.owns(2)
		had := first.numbers()
		released := other.released
		if err := first.end(); err != nil {
			t.Fatalf("Join: %v", err)
		}
		second := join(t, open(t, addrs, static), group, []string{topic}, nil)
		second.owns(1)
		if !slices.Equal(second.numbers(), had) || other.released != released {
			t.Errorf("restarted it has %v, had %v; the other member was disturbed %d times",
				second.numbers(), had, other.released-released)
		}
		third := join(t, open(t, addrs, static), group, []string{topic}, nil)
		third.owns(1)
		<-second.ended
		if err := second.err; !errors.Is(err, brook.ErrPermanent) ||
			!strings.Contains(err.Error(), "InstanceId") {
			t.Errorf("Join of a member that another replaced: "+
				"%v, want a permanent error that says why", err)
		}
	})
}

// What goes wrong for a while does not end a membership.
func TestGroupFaults(t *testing.T) {
	for _, request := range []struct {
		key  kmsg.Key
		errs []*kerr.Error
	}{
		{kmsg.FindCoordinator, []*kerr.Error{kerr.CoordinatorNotAvailable}},
		{kmsg.JoinGroup, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress,
			kerr.UnknownMemberID, kerr.RebalanceInProgress}},
		{kmsg.SyncGroup, []*kerr.Error{kerr.NotCoordinator, kerr.UnknownMemberID,
			kerr.RebalanceInProgress, kerr.IllegalGeneration}},
		{kmsg.Heartbeat, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable,
			kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress}},
		{kmsg.OffsetFetch, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress,
			kerr.UnstableOffsetCommit}},
		{kmsg.OffsetCommit, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress}},
		{kmsg.LeaveGroup, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable}},
	} {
		for _, fault := range request.errs {
			t.Run(request.key.Name()+" "+fault.Message, func(t *testing.T) {
				t.Parallel()
				c := fake(t, kfake.NumBrokers(2),
					kfake.GroupMinSessionTimeout(100*time.Millisecond))
				topic, group := unique("topic"), unique("group")
				hit := c.Fault(kfake.Fault{Keys: []kmsg.Key{request.key}, Err: fault, Count: 2})
				d := open(t, c.ListenAddrs(), quickGroups())
				first := join(t, d, group, []string{topic}, nil)
				first.owns(3)
				at := brook.Position{Topic: topic, Offset: 1}
				if request.key == kmsg.OffsetCommit {
					if err := d.Mark(t.Context(), group, []brook.Position{at}); err != nil {
						t.Errorf("Mark: %v", err)
					}
				}
				second := join(t, open(t, c.ListenAddrs(), quickGroups()), group,
					[]string{topic}, nil)
				second.owns(1)
				first.owns(2)
				if request.key == kmsg.Heartbeat {
					if err := hit.Wait(t.Context(), 2); err != nil {
						t.Fatal(err)
					}
				}
				if err := errors.Join(first.end(), second.end()); err != nil {
					t.Errorf("Join: %v", err)
				}
				if n := hit.Hits(); n != 2 {
					t.Errorf("%d requests failed, want 2", n)
				}
			})
		}
	}
}

// What can't get better ends Join with an error that says so.
func TestGroupRefused(t *testing.T) {
	for key, fault := range map[kmsg.Key]*kerr.Error{
		kmsg.FindCoordinator: kerr.GroupAuthorizationFailed,
		kmsg.JoinGroup:       kerr.GroupAuthorizationFailed,
		kmsg.SyncGroup:       kerr.GroupAuthorizationFailed,
		kmsg.Heartbeat:       kerr.FencedInstanceID,
		kmsg.OffsetFetch:     kerr.TopicAuthorizationFailed,
	} {
		t.Run(key.Name(), func(t *testing.T) {
			c := fake(t, kfake.GroupMinSessionTimeout(100*time.Millisecond))
			topic, group := unique("topic"), unique("group")
			d := open(t, c.ListenAddrs(), quickGroups())
			c.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: fault, Count: -1})
			member := join(t, d, group, []string{topic}, nil)
			<-member.ended
			if err := member.err; !errors.Is(err, brook.ErrPermanent) ||
				!strings.Contains(err.Error(), group) {
				t.Errorf("Join: %v, want a permanent error that names the group", err)
			}
			if len(member.has) > 0 {
				t.Errorf("in the end the member has %v", member.has)
			}
		})
	}
	d := open(t, fake(t).ListenAddrs(), quickGroups()) // whose sessions are longer
	member := join(t, d, unique("group"), []string{unique("topic")}, nil)
	<-member.ended
	if err := member.err; !errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), "Session.Timeout") {
		t.Errorf("Join: %v, want a permanent error that names the setting", err)
	}
}

// The coordinator moves from broker to broker, and nobody notices.
func TestGroupCoordinatorMoves(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	topic, group := unique("topic"), unique("group")
	d := open(t, c.ListenAddrs(), quickGroups())
	first := join(t, d, group, []string{topic}, nil)
	first.owns(3)
	beat := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Observe: true, Count: -1})
	for n := range 5 {
		at := c.CoordinatorFor(group)
		for c.CoordinatorFor(group) == at {
			c.RehashCoordinators()
		}
		if err := d.Mark(t.Context(), group,
			[]brook.Position{{Topic: topic, Offset: int64(n)}}); err != nil {
			t.Errorf("Mark: %v", err)
		}
		if err := beat.Wait(t.Context(), beat.Hits()+2); err != nil {
			t.Fatal(err)
		}
	}
	if first.lost > 0 || first.released > 0 {
		t.Errorf("the member was told to release %d times, and lost what it had %d times",
			first.released, first.lost)
	}
	join(t, open(t, c.ListenAddrs(), quickGroups()), group, []string{topic}, nil).owns(1)
}

// A driver that is closed ends its memberships.
func TestGroupDriverClosed(t *testing.T) {
	c := fake(t, kfake.GroupMinSessionTimeout(100*time.Millisecond))
	d := open(t, c.ListenAddrs(), quickGroups())
	member := join(t, d, unique("group"), []string{unique("topic")}, nil)
	member.owns(3)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	<-member.ended
	if member.err == nil || len(member.has) > 0 {
		t.Errorf("Join: %v, and the member has %v", member.err, member.has)
	}
}

// The oldest brokers that the driver is for speak earlier versions of all that groups need.
func TestGroupOldBrokers(t *testing.T) {
	c := fake(t, kfake.MaxVersions(kversion.V2_8_0()),
		kfake.GroupMinSessionTimeout(100*time.Millisecond))
	topic, group := unique("topic"), unique("group")
	d := open(t, c.ListenAddrs(), quickGroups())
	first := join(t, d, group, []string{topic}, nil)
	first.owns(3)
	at := brook.Position{Topic: topic, Partition: 2, Offset: 4}
	if err := d.Mark(t.Context(), group, []brook.Position{at}); err != nil {
		t.Fatalf("Mark: %v", err)
	}
	second := join(t, open(t, c.ListenAddrs(), quickGroups()), group, []string{topic}, nil)
	second.owns(1)
	if err := first.end(); err != nil {
		t.Errorf("Join: %v", err)
	}
	second.owns(3)
	if !slices.Contains(second.has, at) {
		t.Errorf("the member has %v, want the mark %v among it", second.has, at)
	}
	if marks, err := d.Marks(t.Context(), group); err != nil ||
		!slices.Equal(marks, []brook.Position{at}) {
		t.Errorf("Marks: %v, %v; want %v", marks, err, at)
	}
}
