package letters

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ErrGone is returned for a letter that can't be tried again because only the log had its record.
var ErrGone = errors.New("the letter holds only a part of its record, " +
	"and the log has the record no more: all that can be done is to drop it")

// Refetch returns the letter with its whole record, which is read from the log if the letter does
// not hold it. An error that wraps ErrGone or brook.ErrPermanent stays.
func (r *Reader) Refetch(
	ctx context.Context, letter deadletter.Letter,
) (deadletter.Letter, error) {
	if letter.Omitted == 0 {
		return letter, nil
	}
	var record brook.Record
	err := r.Retry.Ask(ctx, "read", func() (err error) {
		record, err = r.refetch(ctx, letter.Position)
		return err
	})
	if errors.Is(err, brook.ErrOutOfRange) {
		err = errors.Join(ErrGone, err)
	}
	if err == nil {
		err = letter.Hydrate(&record)
	}
	if errors.Is(err, deadletter.ErrOtherRecord) {
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	return letter, err
}

// refetch reads the record at a position from the log that the live views were made from.
func (r *Reader) refetch(ctx context.Context, at brook.Position) (brook.Record, error) {
	partitions, err := r.Config.Driver.Partitions(ctx, at.Topic)
	if err != nil {
		return brook.Record{}, err
	}
	standings, err := r.Catalog.Live().Standings(ctx, r.Reader)
	if err != nil {
		return brook.Record{}, err
	}
	for _, p := range partitions {
		if p.Number != at.Partition {
			continue
		}
		if stored := standings[partition.Of(at)]; stored.Log != p.Log || at.Offset >= p.End {
			return brook.Record{}, fmt.Errorf("%w: %w", brook.ErrOutOfRange, brook.ErrLogChanged)
		}
		return r.readOne(ctx, at)
	}
	return brook.Record{}, fmt.Errorf("%w: there is no partition %s/%d",
		brook.ErrOutOfRange, at.Topic, at.Partition)
}

// readOne reads one record that the partition has, or had.
func (r *Reader) readOne(ctx context.Context, at brook.Position) (record brook.Record, err error) {
	reader, err := r.Config.Driver.Open(ctx, at)
	if err != nil {
		return record, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		c, err := reader.Read(ctx, 1)
		if err != nil {
			return record, err
		}
		for i := range c.Records {
			if c.Records[i].Offset == at.Offset {
				return c.Records[i], nil
			}
		}
		if c.Next > at.Offset {
			return record, fmt.Errorf("%w: nothing is left at %s", brook.ErrOutOfRange, at)
		}
	}
}
