package task

import (
	"cmp"
	"context"
	"errors"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ErrOthers makes Run go on with other partitions.
var ErrOthers = errors.New("brook: the partitions are others now")

// Partitions asks the driver for what the app reads, for as long as it takes.
func (s *Set) Partitions(ctx context.Context) (partitions []brook.Partition, err error) {
	err = s.Retry.Do(ctx, "read", func() (err error) {
		partitions, err = s.Config.Driver.Partitions(ctx, s.Code.Topics...)
		return err
	})
	return partitions, err
}

// Input returns what reads partitions ahead of lanes.
func (s *Set) Input(overtaken func(context.Context, partition.ID, int64) (brook.Chunk, *input.Gap, error)) *input.Reader {
	return &input.Reader{Driver: s.Config.Driver, Policy: s.Config.Retry, Report: s.Report, Overtaken: overtaken}
}

// InOrder sorts letters as they are redriven: in log order, and of one event in the order of the sets.
func (s *Set) InOrder(all []deadletter.Letter) {
	slices.SortStableFunc(all, func(letter, m deadletter.Letter) int {
		return cmp.Or(letter.Position.Compare(m.Position), cmp.Compare(slices.Index(s.Def.Sets, letter.Set), slices.Index(s.Def.Sets, m.Set)))
	})
}

// SetAside reads what a generation put aside, and calls each with the letters.
func (s *Set) SetAside(ctx context.Context, g *catalog.Generation, each func(*deadletter.Letter) error) (deadletter.SetAside, error) {
	all := deadletter.SetAside{}
	// Letters first: one that is dropped meanwhile is among these or among those that were dropped.
	for row, err := range s.Reader.Scan(ctx, g.Letters, nil, nil) {
		if err != nil {
			return nil, err
		}
		letter, err := deadletter.Decode(row.Value)
		if err != nil {
			return nil, err
		}
		if each != nil {
			if err := each(&letter); err != nil {
				return nil, err
			}
		}
		if letter.Stage != brook.StageEmit {
			all.Add(letter.Position, deadletter.Event{Set: s.Catalog.SetNow(letter.Type, letter.Set), Key: letter.Key, Silent: letter.Silent, Owes: letter.Owes})
		}
	}
	for row, err := range s.Reader.Scan(ctx, g.Dropped, nil, nil) {
		if err != nil {
			return nil, err
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			return nil, err
		}
		all.Add(d.Position, deadletter.Event{Set: s.Catalog.SetNow(d.Type, d.Set), Dropped: true})
	}
	return all, nil
}
