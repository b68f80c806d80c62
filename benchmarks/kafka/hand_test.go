package kafka

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
)

// folder folds the payments of one partition into a map, which nobody else may read meanwhile.
type folder struct {
	decode func(data []byte, p *accounts.Paid) error
	sum    summary
}

func (f *folder) record(m *sarama.ConsumerMessage) error {
	var p accounts.Paid
	if err := f.decode(m.Value, &p); err != nil {
		return err
	}
	f.sum.fold(&p)
	return nil
}

func (*folder) flush() error { return nil }

func foldWith(b *testing.B, t *topic,
	decode func([]byte, *accounts.Paid) error) (sum summary, taken time.Duration) {
	var claims [partitions]folder
	m := &member{topic: t, claim: func(p int32) (claimer, error) {
		claims[p] = folder{decode: decode, sum: summary{balances: map[string]*accounts.Balance{}}}
		return &claims[p], nil
	}}
	taken = m.run(b)
	for p := range claims {
		sum.merge(&claims[p].sum)
	}
	return sum, taken
}

// foldByHand is a consumer group, a decoder that was written for this one event, and a map for each
// partition.
func foldByHand(b *testing.B, t *topic) (summary, time.Duration) {
	return foldWith(b, t, decodePaid)
}

// foldReflected is the same with encoding/json.
func foldReflected(b *testing.B, t *topic) (summary, time.Duration) {
	return foldWith(b, t,
		func(data []byte, p *accounts.Paid) error { return json.Unmarshal(data, p) })
}
