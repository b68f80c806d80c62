package task

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ErrGone is why a letter can't be tried again whose record only the log had.
var ErrGone = errors.New("the letter holds only a part of its record, and the log has the record no more: all that can be done is to drop it")

// Refetch returns the letter with its whole record, read from the log where it does not hold it. An error that wraps ErrGone or
// [ErrPermanent] stays.
func (s *Set) Refetch(ctx context.Context, letter deadletter.Letter) (deadletter.Letter, error) {
	if letter.Omitted == 0 {
		return letter, nil
	}
	var r brook.Record
	err := s.Retry.Do(ctx, "read", func() (err error) {
		r, err = s.refetch(ctx, letter.Position)
		return err
	})
	if errors.Is(err, brook.ErrOutOfRange) {
		err = errors.Join(ErrGone, err)
	}
	if err == nil {
		err = letter.Hydrate(&r)
	}
	if errors.Is(err, deadletter.ErrOtherRecord) {
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	if err != nil {
		return letter, err
	}
	return letter, nil
}

// refetch reads the record at a position again, from the log that the views were made from.
func (s *Set) refetch(ctx context.Context, at brook.Position) (r brook.Record, err error) {
	partitions, err := s.Config.Driver.Partitions(ctx, at.Topic)
	if err != nil {
		return r, err
	}
	standings, err := s.Catalog.Standings(ctx, s.Reader, s.Catalog.Live())
	if err != nil {
		return r, err
	}
	for _, p := range partitions {
		if p.Number != at.Partition {
			continue
		}
		if stored := standings[partition.Of(at)]; stored.Log != p.Log || at.Offset >= p.End {
			return r, fmt.Errorf("%w: %w", brook.ErrOutOfRange, brook.ErrLogChanged)
		}
		return s.readOne(ctx, at)
	}
	return r, fmt.Errorf("%w: there is no partition %s/%d", brook.ErrOutOfRange, at.Topic, at.Partition)
}

// readOne reads one record that the partition has, or had.
func (s *Set) readOne(ctx context.Context, at brook.Position) (r brook.Record, err error) {
	reader, err := s.Config.Driver.Open(ctx, at)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		c, err := reader.Read(ctx, 1)
		if err != nil {
			return r, err
		}
		for i := range c.Records {
			if c.Records[i].Offset == at.Offset {
				return c.Records[i], nil
			}
		}
		if c.Next > at.Offset {
			return r, fmt.Errorf("%w: nothing is left at %s", brook.ErrOutOfRange, at)
		}
	}
}
