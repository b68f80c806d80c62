package memdriver

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/murmur2"
)

// Publish appends records to their topics. It fails for records without a topic only, and for all
// when ctx has ended before it began.
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
		b.add(i, t.choose(records[i].Key))
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

// A batch is what one Publish was given, sorted by partition.
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

// choose gives the partition of the next record with that key.
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

// Partition gives the partition of count that Publish chooses for a key, as Kafka's default partitioner does.
func (d *Driver) Partition(key []byte, count int) int {
	return murmur2.Partition(key, count)
}
