package badger

import (
	"context"
	"sync/atomic"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	brook "github.com/brookgen/brookgen/runtime"
)

// endless is a log that makes its events when they are read, so that it takes no memory however
// long it is: first one for each of rows counters in turn, then of random ones.
type endless struct {
	rows    int
	history bool
	end     atomic.Int64
}

func (d *endless) Partitions(context.Context, ...string) ([]brook.Partition, error) {
	return []brook.Partition{{Topic: "counters", Log: "endless", End: d.end.Load()}}, nil
}

func (d *endless) Open(_ context.Context, from brook.Position) (brook.PartitionReader, error) {
	headers := []brook.Header{{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_id", Value: []byte("00000000000000000001")},
		{Key: "ce_source", Value: []byte("counters")},
		{Key: "ce_type", Value: []byte(counters.CountedType)}, {Key: "ce_time",
			Value: []byte("2024-02-29T12:00:00Z")}, {Key: "content-type",
			Value: []byte("application/json")}}
	if d.history {
		headers[3].Value = []byte(counters.AddedType)
	}
	return &endlessReader{d, from.Offset, headers}, nil
}

func (d *endless) Publish(context.Context, []brook.Record) ([]brook.Position, error) {
	return nil, brook.ErrPermanent
}

type endlessReader struct {
	log     *endless
	next    int64
	headers []brook.Header
}

func (r *endlessReader) Read(ctx context.Context, most int) (c brook.Chunk, err error) {
	end := r.log.end.Load()
	if r.next == end {
		<-ctx.Done()
		return c, ctx.Err()
	}
	for ; r.next < end && len(c.Records) < most; r.next++ {
		id := id(r.log.at(r.next))
		record := brook.Record{Topic: "counters", Offset: r.next, Key: []byte(id),
			Headers: r.headers}
		if r.log.history {
			record.Value, err = counters.AppendAddedJSON(nil,
				&counters.Added{ID: id, Amount: 1, Reason: reason})
		} else {
			record.Value, err = counters.AppendCountedJSON(nil,
				&counters.Counted{ID: id, Amount: 1, Reason: reason})
		}
		if err != nil {
			return c, err
		}
		c.Records = append(c.Records, record)
	}
	c.Next, c.End = r.next, end
	return c, nil
}

// at gives the counter of an event.
func (d *endless) at(offset int64) int {
	if offset < int64(d.rows) {
		return int(offset)
	}
	x := uint64(offset) * 0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(d.rows))
}

func (r *endlessReader) Close() error { return nil }
