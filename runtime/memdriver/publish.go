package memdriver

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/murmur2"
)

// Publish appends records to their topics. It returns an error for records without a
// topic, for those placed in a partition that their topic does not have, and for all if ctx
// ended before it began.
func (d *Driver) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := batch{
		records:   records,
		positions: make([]brook.Position, len(records)),
		following: make([]int, len(records)),
		copier:    newCopier(records),
	}
	var (
		t       *topic
		refused *brook.PublishError
	)
	for i := range records {
		if t == nil || t.name != records[i].Topic {
			next, err := d.demand(records[i].Topic)
			if err != nil {
				if refused == nil {
					refused = &brook.PublishError{Errs: make([]error, len(records))}
				}
				refused.Errs[i] = err
				continue
			}
			t = next
		}
		p, err := t.place(&records[i])
		if err != nil {
			if refused == nil {
				refused = &brook.PublishError{Errs: make([]error, len(records))}
			}
			refused.Errs[i] = err
			continue
		}
		b.add(i, p)
	}
	now := time.Now().UTC()
	for _, r := range b.runs {
		r.partition.append(&b, r.first, now)
	}
	if refused != nil {
		return b.positions, refused
	}
	return b.positions, nil
}

// A batch is the records of one Publish, sorted by partition.
type batch struct {
	records   []brook.Record
	positions []brook.Position
	runs      []run
	following []int // by record: the next one of its partition, 0 for none
	copier    copier
}

// A run is the records of a batch that go to one partition, as a list.
type run struct {
	partition   *partition
	first, last int
}

func (b *batch) add(i int, p *partition) {
	for j := range b.runs { // few: at most the partitions of the topics
		if r := &b.runs[j]; r.partition == p {
			b.following[r.last] = i
			r.last = i
			return
		}
	}
	b.runs = append(b.runs, run{p, i, i})
}

// place returns the partition of the next record: its own, or that of its key.
func (t *topic) place(r *brook.Record) (*partition, error) {
	if !r.Placed {
		return t.choose(r.Key), nil
	}
	all := t.all()
	if r.Partition < 0 || int(r.Partition) >= len(all) {
		return nil, fmt.Errorf("memdriver: there is no partition %s/%d: %w", t.name, r.Partition,
			brook.ErrOutOfRange)
	}
	return all[r.Partition], nil
}

// choose returns the partition of the next record with that key.
func (t *topic) choose(key []byte) *partition {
	partitions := t.all()
	n := uint32(len(partitions))
	switch {
	case n == 1:
		return partitions[0]
	case key == nil:
		return partitions[(t.turn.Add(1)-1)%n]
	default:
		return partitions[murmur2.Partition(key, int(n))]
	}
}

// Place returns the partition that Publish would choose now for a record of the topic with that
// key; it makes a topic that does not exist.
func (d *Driver) Place(ctx context.Context, topic string, key []byte) (int32, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	t, err := d.demand(topic)
	if err != nil {
		return 0, err
	}
	return int32(murmur2.Partition(key, len(t.all()))), nil
}

// Partition returns the partition of count that Publish chooses for a key, as Kafka's
// default partitioner does.
func (d *Driver) Partition(key []byte, count int) int {
	return murmur2.Partition(key, count)
}
