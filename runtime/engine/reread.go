package engine

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// errGone is why a letter can't be tried again whose record only the log had.
var errGone = errors.New("the letter holds only a part of its record, and the log has the record no more: all that can be done is to drop it")

// whole gives the letter with its whole record, read from the log where it does not hold it. An error that wraps errGone or
// [ErrPermanent] stays.
func (a *App) whole(ctx context.Context, l deadletter.Letter) (deadletter.Letter, error) {
	if l.Omitted == 0 {
		return l, nil
	}
	var r brook.Record
	err := a.retry.Do(ctx, "read", func() (err error) {
		r, err = a.reread(ctx, l.Position)
		return err
	})
	if errors.Is(err, brook.ErrOutOfRange) {
		err = errors.Join(errGone, err)
	}
	if err == nil {
		err = l.Hydrate(&r)
	}
	if errors.Is(err, deadletter.ErrOtherRecord) {
		err = fmt.Errorf("%w: %w", errGone, err)
	}
	if err != nil {
		return l, err
	}
	return l, nil
}

// reread reads the record at a position again, from the log that the views were made from.
func (a *App) reread(ctx context.Context, at brook.Position) (r brook.Record, err error) {
	partitions, err := a.config.Driver.Partitions(ctx, at.Topic)
	if err != nil {
		return r, err
	}
	standings, err := a.catalog.Standings(ctx, a.reader, a.catalog.Live())
	if err != nil {
		return r, err
	}
	for _, p := range partitions {
		if p.Number != at.Partition {
			continue
		}
		if s := standings[partition.Of(at)]; s.Log != p.Log || at.Offset >= p.End {
			return r, fmt.Errorf("%w: %w", brook.ErrOutOfRange, brook.ErrLogChanged)
		}
		return a.readOne(ctx, at)
	}
	return r, fmt.Errorf("%w: there is no partition %s/%d", brook.ErrOutOfRange, at.Topic, at.Partition)
}

// readOne reads one record that the partition has, or had.
func (a *App) readOne(ctx context.Context, at brook.Position) (r brook.Record, err error) {
	reader, err := a.config.Driver.Open(ctx, at)
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
