package kafkadriver

import (
	"reflect"
	"testing"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// What a member sends to the leader, and the leader to the member, passes through Kafka's
// requests unchanged.
func TestSubscription(t *testing.T) {
	owned := []division.Place{{Topic: "a", Number: 1}, {Topic: "a", Number: 2},
		{Topic: "b", Number: 1}}
	request := sarama.NewJoinGroupRequest(sarama.MaxVersion)
	if err := request.AddGroupProtocolMetadata(protocol,
		subscription([]string{"a", "b"}, owned, 7)); err != nil {
		t.Fatal(err)
	}
	joined := &sarama.JoinGroupResponse{Members: []sarama.GroupMember{{MemberId: "m",
		Metadata: request.OrderedGroupProtocols[0].Metadata}}}
	members, err := joined.GetMembers()
	if err != nil {
		t.Fatal(err)
	}
	m := members["m"]
	if want := subscription([]string{"a", "b"}, owned, 7); !reflect.DeepEqual(&m, want) {
		t.Errorf("%+v, want %+v", m, want)
	}
	sync := &sarama.SyncGroupRequest{}
	if err := sync.AddGroupAssignmentMember("m",
		&sarama.ConsumerGroupMemberAssignment{Topics: byTopic(owned)}); err != nil {
		t.Fatal(err)
	}
	for _, bytes := range [][]byte{sync.GroupAssignments[0].Assignment, nil} {
		part, err := assigned(&sarama.SyncGroupResponse{MemberAssignment: bytes})
		if err != nil || len(part) > 0 && !reflect.DeepEqual(part, owned) ||
			(len(part) > 0) != (len(bytes) > 0) {
			t.Errorf("assigned: %v, %v; want %v", part, err, owned)
		}
	}
}

// If several members claim a partition, the one that owned it last keeps it.
func TestPlan(t *testing.T) {
	topics := []string{"a"}
	at := func(numbers ...int32) (places []division.Place) {
		for _, n := range numbers {
			places = append(places, division.Place{Topic: "a", Number: n})
		}
		return places
	}
	got := assign(map[string]sarama.ConsumerGroupMemberMetadata{
		"a back from the dead": *subscription(topics, at(0, 1, 2, 3), 4),
		"b":                    *subscription(topics, at(2, 3), 9),
		"c":                    *subscription(topics, nil, noGeneration),
		"d":                    *subscription(topics, at(0, 1), 9),
	}, map[string]int32{"a": 8})
	want := map[string][]division.Place{
		"a back from the dead": at(4, 6), "b": at(2, 3), "c": at(5, 7), "d": at(0, 1),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
