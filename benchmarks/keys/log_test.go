package keys

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/views/bare"
	brook "github.com/brookgen/brookgen/runtime"
)

const author = "bench"

func page(i int) string { return fmt.Sprintf("page-%08d", i) }

// random returns the same sequence of n random pages of so many, each time.
func random(n, of int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = page(mix(int64(i), of))
	}
	return all
}

// mix returns a number below of that looks random.
func mix(i int64, of int) int {
	x := uint64(i) * 0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(of))
}

// endless is a log that makes its events when they are read, so that it takes no memory: a hit of
// each page in turn, then hits of random ones.
type endless struct {
	pages int
	end   atomic.Int64
}

func (l *endless) Partitions(context.Context, ...string) ([]brook.Partition, error) {
	return []brook.Partition{{Topic: author, Log: "endless", End: l.end.Load()}}, nil
}

func (l *endless) Open(_ context.Context, from brook.Position) (brook.PartitionReader, error) {
	return &reader{l, from.Offset, []brook.Header{
		{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_id", Value: []byte("00000000000000000001")},
		{Key: "ce_source", Value: []byte(author)},
		{Key: "ce_type", Value: []byte(bare.HitType)},
		{Key: "ce_time", Value: []byte("2024-02-29T12:00:00Z")},
		{Key: "content-type", Value: []byte("application/json")},
	}}, nil
}

func (l *endless) Publish(context.Context, []brook.Record) ([]brook.Position, error) {
	return nil, brook.ErrPermanent
}

func open(b *testing.B, l *endless) *reader {
	b.Helper()
	r, err := l.Open(b.Context(), brook.Position{})
	if err != nil {
		b.Fatal(err)
	}
	return r.(*reader)
}

type reader struct {
	log     *endless
	next    int64
	headers []brook.Header
}

func (r *reader) Read(ctx context.Context, most int) (c brook.Chunk, err error) {
	end := r.log.end.Load()
	if r.next == end {
		<-ctx.Done()
		return c, ctx.Err()
	}
	c.Records = make([]brook.Record, 0, min(most, int(end-r.next)))
	for ; r.next < end && len(c.Records) < most; r.next++ {
		n := int(r.next)
		if n >= r.log.pages {
			n = mix(r.next, r.log.pages)
		}
		hit := bare.Hit{Page: page(n), User: "somebody", Bytes: r.next}
		record := brook.Record{Topic: author, Offset: r.next, Key: []byte(hit.Page),
			Headers: r.headers}
		if record.Value, err = bare.AppendHitJSON(nil, &hit); err != nil {
			return c, err
		}
		c.Records = append(c.Records, record)
	}
	c.Next, c.End = r.next, end
	return c, nil
}

// each calls f with all records up to the log's end.
func (r *reader) each(ctx context.Context, f func(*brook.Record) error) error {
	for r.next < r.log.end.Load() {
		c, err := r.Read(ctx, 1000)
		if err != nil {
			return err
		}
		for i := range c.Records {
			if err := f(&c.Records[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) Close() error { return nil }
