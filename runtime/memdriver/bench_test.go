package memdriver_test

import (
	"context"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func benchBatch(size int) []brook.Record {
	batch := make([]brook.Record, size)
	for i := range batch {
		batch[i] = brook.Record{Topic: "t", Key: fmt.Appendf(nil, "user-%d", i),
			Value: make([]byte, 200), Headers: []brook.Header{{Key: "ce_id", Value: []byte("id")},
				{Key: "ce_type", Value: []byte("order.placed")}}}
	}
	return batch
}

// Each iteration is one record of 200 bytes with two headers.
func BenchmarkPublish(b *testing.B) {
	for _, partitions := range []int{1, 12} {
		for _, size := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("partitions=%d/batch=%d", partitions, size), func(b *testing.B) {
				b.ReportAllocs()
				ctx, batch := context.Background(), benchBatch(size)
				d := memdriver.New(memdriver.Partitions(partitions))
				n := 0
				for b.Loop() {
					if n++; n%size == 0 {
						if _, err := d.Publish(ctx, batch); err != nil {
							b.Fatal(err)
						}
					}
					if n%200_000 == 0 { // as retention does
						for p := range partitions {
							if err := d.Trim("t", int32(p), int64(n)); err != nil {
								b.Fatal(err)
							}
						}
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	ctx, d := context.Background(), memdriver.New()
	batch := benchBatch(1000)
	for range 200 {
		if _, err := d.Publish(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("max=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			records := 0
			for b.Loop() {
				r, err := d.Open(ctx, brook.Position{Topic: "t"})
				if err != nil {
					b.Fatal(err)
				}
				for c := (brook.Chunk{End: 1}); c.Next < c.End; {
					if c, err = r.Read(ctx, size); err != nil {
						b.Fatal(err)
					}
					records += len(c.Records)
				}
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
