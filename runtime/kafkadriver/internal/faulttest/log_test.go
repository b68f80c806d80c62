package faulttest_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// A record is one of the log, as another client than ours reads it.
type record struct{ *kgo.Record }

func (r record) header(name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// move returns the move that a record is.
func (r record) move(t *testing.T) (ledger.Moved, bool) {
	t.Helper()
	if r.header("ce_type") != ledger.MovedType {
		return ledger.Moved{}, false
	}
	m, err := ledger.DecodeMovedJSON(r.Value)
	if err != nil {
		t.Fatalf("%s/%d/%d: %v", r.Topic, r.Partition, r.Offset, err)
	}
	return m, true
}

// read returns what a topic holds, each partition in its order.
func (c *cluster) read(ctx context.Context, topic string) []record {
	c.t.Helper()
	until := map[int32]int64{}
	from := map[int32]kgo.Offset{}
	for _, end := range ends(c.t, ctx, c.steady(), topic) {
		until[end.Partition] = end.Offset
		from[end.Partition] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.addrs...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	var all []record
	for len(until) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			c.t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				all = append(all, record{r})
			}
			if r.Offset >= until[r.Partition] {
				delete(until, r.Partition)
			}
		})
	}
	return all
}
