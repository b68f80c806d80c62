package kafkadriver

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// protocol is the name of the assignment protocol of brook's groups. All members of a
// group use the same one.
const protocol = "brook"

// noGeneration is the generation of a client that has never been a member.
const noGeneration = -1

// subscription returns what a member sends to the leader: its topics, and the partitions it owned
// in which generation.
func subscription(topics []string, owned []division.Place,
	generation int32) *sarama.ConsumerGroupMemberMetadata {
	m := &sarama.ConsumerGroupMemberMetadata{Version: 2, Topics: topics, GenerationID: generation}
	of := byTopic(owned)
	for _, topic := range slices.Sorted(maps.Keys(of)) {
		m.OwnedPartitions = append(m.OwnedPartitions,
			&sarama.OwnedPartition{Topic: topic, Partitions: of[topic]})
	}
	return m
}

func byTopic(places []division.Place) map[string][]int32 {
	of := map[string][]int32{}
	for _, p := range places {
		of[p.Topic] = append(of[p.Topic], p.Number)
	}
	return of
}

// assign divides the partitions among the members by their subscriptions. If several members claim
// a partition, the claim of the latest generation counts.
func assign(members map[string]sarama.ConsumerGroupMemberMetadata,
	counts map[string]int32) map[string][]division.Place {
	latest := map[division.Place]int32{}
	each := func(m sarama.ConsumerGroupMemberMetadata, do func(division.Place, int32)) {
		for _, owned := range m.OwnedPartitions {
			for _, n := range owned.Partitions {
				do(division.Place{Topic: owned.Topic, Number: n}, m.GenerationID)
			}
		}
	}
	for _, m := range members {
		each(m, func(p division.Place, generation int32) {
			if before, ok := latest[p]; !ok || generation > before {
				latest[p] = generation
			}
		})
	}
	all := make([]division.Member, 0, len(members))
	for id, m := range members {
		member := division.Member{ID: id, Topics: m.Topics}
		each(m, func(p division.Place, generation int32) {
			if latest[p] == generation {
				member.Owned = append(member.Owned, p)
			}
		})
		all = append(all, member)
	}
	return division.Divide(all, counts)
}

// partitionsOf returns the partitions of topics. A topic that does not exist has none.
func (d *Driver) partitionsOf(ctx context.Context, topics []string) ([]brook.Partition, error) {
	found, failed, err := d.lookup(ctx, topics)
	if err != nil {
		return nil, err
	}
	var all []brook.Partition
	for _, name := range topics {
		if err := failed[name]; err != nil && !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			return nil, err
		}
		if t := found[name]; t != nil {
			for n := range t.leaders {
				all = append(all, brook.Partition{Topic: name, Number: int32(n), Log: t.log()})
			}
		}
	}
	return all, nil
}

// assignAll is the leader's part: it adds each member's assignment to the sync request, and returns
// the partitions that were assigned.
func (d *Driver) assignAll(ctx context.Context, joined *sarama.JoinGroupResponse,
	sync *sarama.SyncGroupRequest) ([]brook.Partition, error) {
	members, err := joined.GetMembers()
	if err != nil {
		return nil, err
	}
	var topics []string
	for _, m := range members {
		topics = append(topics, m.Topics...)
	}
	slices.Sort(topics)
	known, err := d.partitionsOf(ctx, slices.Compact(topics))
	if err != nil {
		return nil, err
	}
	counts := map[string]int32{}
	for _, p := range known {
		counts[p.Topic]++
	}
	for id, part := range assign(members, counts) {
		if err := sync.AddGroupAssignmentMember(id,
			&sarama.ConsumerGroupMemberAssignment{Topics: byTopic(part)}); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// assigned decodes the assignment of this member.
func assigned(response *sarama.SyncGroupResponse) ([]division.Place, error) {
	if len(response.MemberAssignment) == 0 {
		return nil, nil
	}
	assignment, err := response.GetMemberAssignment()
	if err != nil {
		return nil, err
	}
	var part []division.Place
	for topic, numbers := range assignment.Topics {
		for _, n := range numbers {
			part = append(part, division.Place{Topic: topic, Number: n})
		}
	}
	slices.SortFunc(part, division.Place.Compare)
	return part, nil
}
