package input

import (
	"context"
	"errors"
	"fmt"
	"sort"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Anchor is a record that was read: its offset and a hash of what it was. A log that was cut back
// and grew again, as after an unclean election of Kafka, has another record there.
type Anchor struct {
	Offset int64
	Sum    uint64 // 0: the anchor is not known
}

// AnchorOf returns the anchor of a record.
func AnchorOf(r *brook.Record) Anchor { return Anchor{r.Offset, partition.Checksum(r)} }

// Meet reads the record at the anchor's offset of a partition and compares it. An error wraps
// ErrLogChanged if it is another one. If the log no longer has it, nothing is known.
func (k Anchor) Meet(ctx context.Context, d brook.Driver, p brook.Partition) (err error) {
	if k.Sum == 0 || k.Offset < p.Start {
		return nil
	}
	id := partition.ID{Topic: p.Topic, Number: p.Number}
	defer func() {
		if errors.Is(err, brook.ErrOutOfRange) { // retention took it
			err = nil
		}
	}()
	r, err := d.Open(ctx, id.At(k.Offset))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		c, err := r.Read(ctx, 1)
		if err != nil {
			return err
		}
		if err := k.compare(id, &c); err != nil || c.Next > k.Offset {
			return err
		}
	}
}

// Bookmark is where a partition is read on. One goroutine uses it, that of the reader.
type Bookmark struct {
	id    partition.ID
	next  int64  // all below was read
	last  Anchor // of the record that was read last; a reader begins with it, if it is known
	ahead Anchor // of a record that is to come; not known for live views
	found bool   // the open reader returned the record of last again, or what is in its place
}

// Open returns a reader that begins one record before what is next, so that Check can tell whether
// it is that log still.
func (b *Bookmark) Open(ctx context.Context, d brook.Driver) (brook.PartitionReader, error) {
	if b.last.Sum != 0 {
		b.found = false
		r, err := d.Open(ctx, b.id.At(b.last.Offset))
		if !errors.Is(err, brook.ErrOutOfRange) {
			return r, err
		}
		b.last = Anchor{} // retention took it
	}
	return d.Open(ctx, b.id.At(b.next))
}

// Check compares a chunk with what is known of the log, and removes from it what was read before.
// It reports whether the chunk has anything new. If it is another log, the error wraps
// ErrLogChanged.
func (b *Bookmark) Check(c *brook.Chunk) (fresh bool, err error) {
	if !b.found {
		if err := b.last.compare(b.id, c); err != nil {
			return false, err
		}
		b.found = b.last.Offset < c.Next
	}
	if b.ahead.Sum != 0 && b.ahead.Offset < c.Next {
		if err := b.ahead.compare(b.id, c); err != nil {
			return false, err
		}
		b.ahead = Anchor{}
	}
	for len(c.Records) > 0 && c.Records[0].Offset < b.next {
		c.Records = c.Records[1:]
	}
	if n := len(c.Records); n > 0 {
		b.last = AnchorOf(&c.Records[n-1])
	}
	fresh = c.Next > b.next
	b.next = max(b.next, c.Next)
	return fresh, nil
}

// compare returns an error if c has another record at the anchor's offset. If it has none there,
// compaction took it, and nothing is known.
func (k Anchor) compare(id partition.ID, c *brook.Chunk) error {
	i := sort.Search(len(c.Records), func(i int) bool { return c.Records[i].Offset >= k.Offset })
	if k.Sum == 0 || i == len(c.Records) || c.Records[i].Offset != k.Offset {
		return nil
	}
	if partition.Checksum(&c.Records[i]) == k.Sum {
		return nil
	}
	return fmt.Errorf("%w: the record at %s is not the one that the views were made from, "+
		"so the log was cut back and written anew, and they hold events that it does not have; "+
		"start with an empty store, or another Name", brook.ErrLogChanged, id.At(k.Offset))
}
