package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// markTries is how often a request is tried while the coordinator moves, for about 4 s.
const markTries = 9

// Mark commits the positions as the group's offsets. While the driver has members of the group,
// these commit: positions in partitions that none of them has are refused, the others are
// committed, and the brokers refuse a client that is no longer a member. If the driver has none,
// the brokers refuse the commit while the group has other members.
func (d *Driver) Mark(ctx context.Context, group string, positions []brook.Position) error {
	if err := d.checkOpen(ctx); err != nil || len(positions) == 0 {
		return err
	}
	commits, foreign := d.commits(group, positions)
	for _, c := range commits {
		_, err := retryCoordinator(ctx, d, func() (struct{}, error) {
			return struct{}{}, d.commit(ctx, c)
		})
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var code sarama.KError
		errors.As(err, &code)
		switch code {
		case sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration, sarama.ErrFencedInstancedId,
			sarama.ErrRebalanceInProgress:
			if c.ConsumerID == "" {
				return fmt.Errorf("kafkadriver: mark group %q: "+
					"it has members, so only they can mark, and this driver has none of them: %w",
					group, err)
			}
			return fmt.Errorf("kafkadriver: mark group %q: the member lost its place, its "+
				"partitions may be others' by now: %w", group, err)
		}
		return refusal(err, "mark", group)
	}
	if len(foreign) > 0 {
		return fmt.Errorf("kafkadriver: mark group %q at %v: "+
			"the member does not have these partitions now", group, foreign)
	}
	return nil
}

// commits returns the requests: one for each member that has some of the partitions; or a single
// one without a member, if the driver has none. Positions that no member has are foreign.
func (d *Driver) commits(
	group string, positions []brook.Position,
) (commits []*sarama.OffsetCommitRequest, foreign []brook.Position) {
	d.groups.mu.Lock()
	defer d.groups.mu.Unlock()
	members := d.groups.members[group]
	requests := make([]*sarama.OffsetCommitRequest, len(members)+1)
	for _, p := range positions {
		i := slices.IndexFunc(members, func(s *membership) bool {
			return s.has[division.Place{Topic: p.Topic, Number: p.Partition}]
		})
		if i < 0 && len(members) > 0 {
			foreign = append(foreign, p)
			continue
		}
		if requests[i+1] == nil {
			requests[i+1] = sarama.NewOffsetCommitRequest(d.config, group)
			if i >= 0 {
				members[i].sign(requests[i+1])
			}
		}
		requests[i+1].AddBlockWithLeaderEpoch(p.Topic, p.Partition, p.Offset, -1, 0, "")
	}
	return slices.DeleteFunc(requests, func(r *sarama.OffsetCommitRequest) bool {
		return r == nil
	}), foreign
}

func (d *Driver) commit(ctx context.Context, request *sarama.OffsetCommitRequest) error {
	_, err := consult(ctx, d, request.ConsumerGroup, d.conn, (*sarama.Broker).CommitOffset, request,
		func(r *sarama.OffsetCommitResponse) sarama.KError {
			for _, partitions := range r.Errors {
				for _, code := range partitions {
					if code != sarama.ErrNoError {
						return code
					}
				}
			}
			return sarama.ErrNoError
		})
	return err
}

// Marks returns the offsets that the group has committed, ordered by topic and partition.
func (d *Driver) Marks(ctx context.Context, group string) ([]brook.Position, error) {
	all, err := d.offsetsOf(ctx, group, nil)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, brook.Position.Compare)
	return all, nil
}

// offsetsOf returns the committed offsets of partitions, of all if partitions is nil.
func (d *Driver) offsetsOf(ctx context.Context, group string,
	partitions map[string][]int32) ([]brook.Position, error) {
	blocks := func(r *sarama.OffsetFetchResponse) (map[string]map[int32]*sarama.OffsetFetchResponseBlock, sarama.KError) {
		if r.Version < 8 {
			return r.Blocks, r.Err
		}
		for _, g := range r.Groups {
			if g.GroupId == group {
				return g.Blocks, g.Err
			}
		}
		return nil, sarama.ErrUnknown
	}
	response, err := retryCoordinator(ctx, d, func() (*sarama.OffsetFetchResponse, error) {
		request := sarama.NewOffsetFetchRequest(d.config.Version, group, partitions)
		return consult(ctx, d, group, d.conn, (*sarama.Broker).FetchOffset, request,
			func(r *sarama.OffsetFetchResponse) sarama.KError {
				all, code := blocks(r)
				for _, partitions := range all {
					for _, block := range partitions {
						if code == sarama.ErrNoError {
							code = block.Err
						}
					}
				}
				return code
			})
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(err, sarama.ErrGroupIDNotFound) {
		return nil, nil // the group never had a member or an offset
	}
	if err != nil {
		return nil, refusal(err, "marks of", group)
	}
	all, _ := blocks(response)
	var positions []brook.Position
	for topic, partitions := range all {
		for n, block := range partitions {
			if block.Offset >= 0 {
				positions = append(positions,
					brook.Position{Topic: topic, Partition: n, Offset: block.Offset})
			}
		}
	}
	return positions, nil
}

// retryCoordinator repeats do for a while as long as only the coordinator is missing.
func retryCoordinator[T any](ctx context.Context, d *Driver, do func() (T, error)) (T, error) {
	for tries := 1; ; tries++ {
		value, err := do()
		if err == nil || !coordinatorMoves(err) || tries == markTries {
			return value, err
		}
		if err := d.pause(ctx, backoff(tries+1)); err != nil {
			return value, err
		}
	}
}
