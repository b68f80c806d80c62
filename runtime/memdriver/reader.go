package memdriver

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

var errClosed = errors.New("memdriver: the reader is closed")

// reader reads one partition. It holds no records.
type reader struct {
	partition *partition
	next      int64
	cuts      int // number of the partition's truncations that the reader knows
	closed    bool
}

// Read returns up to max records, at least one, which are the log's own.
func (r *reader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	if r.closed {
		return brook.Chunk{}, errClosed
	}
	if max < 1 {
		max = 1
	}
	for {
		if err := ctx.Err(); err != nil {
			return brook.Chunk{}, err
		}
		chunk, wake, err := r.partition.read(r.next, max, &r.cuts)
		if err != nil {
			return brook.Chunk{}, err
		}
		if wake == nil {
			r.next = chunk.Next
			return chunk, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
		}
	}
}

// Close ends the reader.
func (r *reader) Close() error {
	r.closed = true
	return nil
}
