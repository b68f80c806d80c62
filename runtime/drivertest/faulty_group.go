package drivertest

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
)

// A faultyPeer wraps a driver that has every power.
type faultyPeer struct {
	faultyMarker
	brook.Partitioner
	brook.Placer
	grower  brook.Grower
	grouper brook.Grouper
}

func (d faultyPeer) Grown(ctx context.Context, known []brook.Partition) error {
	until, stop := d.fault.Until(ctx)
	defer stop()
	err := d.grower.Grown(until, known)
	if d.fault.Crashed() {
		return ErrCrashed
	}
	if err != nil {
		return err
	}
	return d.fault.Do(ctx, OpGrown, func() error { return nil })
}

func (d faultyPeer) Join(ctx context.Context, group string, topics []string, m brook.Member) error {
	if err := d.fault.Do(ctx, OpJoin, func() error { return nil }); err != nil {
		return err
	}
	until, stop := d.fault.Until(ctx)
	defer stop()
	err := d.grouper.Join(until, group, topics, faultyMember{m, d.fault})
	if d.fault.Crashed() {
		return ErrCrashed
	}
	return err
}

// A faultyMember is not called any more after a crash, like a process that died.
type faultyMember struct {
	member brook.Member
	fault  *Fault
}

func (m faultyMember) Release(ctx context.Context) {
	if !m.fault.Crashed() {
		until, stop := m.fault.Until(ctx)
		defer stop()
		m.member.Release(until)
	}
}

func (m faultyMember) Assign(partitions []brook.Position) {
	if !m.fault.Crashed() {
		m.member.Assign(partitions)
	}
}
