package engine

import (
	"context"
	"errors"
	"fmt"
	"sort"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// anchor is a record that was read: where it stood and a hash of what it was. A log that was cut back and grew again, as after
// an unclean election of Kafka, has another record there.
type anchor struct {
	offset int64
	sum    uint64 // 0: the anchor is not known
}

func anchorOf(r *brook.Record) anchor { return anchor{r.Offset, partition.Checksum(r)} }

// bookmark is where a partition is read on. It is used by who reads the partition alone.
type bookmark struct {
	id    partition.ID
	next  int64  // all below was read
	last  anchor // that was read; a reader begins with it, where it is known
	ahead anchor // that is to come; not known for live views
	found bool   // the reader that is open gave last again, or what is in its place
}

// open returns a reader that begins one record before what is next, so that check can tell whether it is that log still.
func (b *bookmark) open(ctx context.Context, d brook.Driver) (brook.PartitionReader, error) {
	if b.last.sum != 0 {
		b.found = false
		r, err := d.Open(ctx, b.id.At(b.last.offset))
		if !errors.Is(err, brook.ErrOutOfRange) {
			return r, err
		}
		b.last = anchor{} // retention took it
	}
	return d.Open(ctx, b.id.At(b.next))
}

// check compares what a reader gave with what is known of the log, and leaves of it what is new. It reports whether
// that is anything.
func (b *bookmark) check(c *brook.Chunk) (fresh bool, err error) {
	if !b.found {
		if err := b.last.compare(b.id, c); err != nil {
			return false, err
		}
		b.found = b.last.offset < c.Next
	}
	if b.ahead.sum != 0 && b.ahead.offset < c.Next {
		if err := b.ahead.compare(b.id, c); err != nil {
			return false, err
		}
		b.ahead = anchor{}
	}
	for len(c.Records) > 0 && c.Records[0].Offset < b.next {
		c.Records = c.Records[1:]
	}
	if n := len(c.Records); n > 0 {
		b.last = anchorOf(&c.Records[n-1])
	}
	fresh = c.Next > b.next
	b.next = max(b.next, c.Next)
	return fresh, nil
}

// compare returns an error if c has another record at the anchor's offset. Where it has none, compaction took it, and nothing can be told.
func (k anchor) compare(id partition.ID, c *brook.Chunk) error {
	i := sort.Search(len(c.Records), func(i int) bool { return c.Records[i].Offset >= k.offset })
	if k.sum == 0 || i == len(c.Records) || c.Records[i].Offset != k.offset || partition.Checksum(&c.Records[i]) == k.sum {
		return nil
	}
	return fmt.Errorf("%w: the record at %s is not the one that the views were made from, so the log was cut back and written anew, and they hold events that it does not have; start with an empty store, or another Name",
		brook.ErrLogChanged, id.At(k.offset))
}

// lastTaken returns the last record of the batch, or nil.
func (b *backlog) lastTaken() *brook.Record {
	if b.taken == 0 {
		return nil
	}
	if b.next.at > 0 {
		return &b.chunks[b.next.chunk][b.next.at-1]
	}
	chunk := b.chunks[b.next.chunk-1]
	return &chunk[len(chunk)-1]
}
