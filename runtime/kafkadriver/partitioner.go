package kafkadriver

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/murmur2"
)

// Partition returns the partition, of count, that Publish chooses for a key, as Kafka's
// default partitioner does.
func (d *Driver) Partition(key []byte, count int) int { return murmur2.Partition(key, count) }

// Place returns the partition that Publish would choose now for a record of the topic with that
// key. It asks the brokers if what is known of the topic is too old.
func (d *Driver) Place(ctx context.Context, topic string, key []byte) (int32, error) {
	if err := d.checkOpen(ctx); err != nil {
		return 0, err
	}
	topics, err := d.resolve(ctx, []brook.Record{{Topic: topic}})
	if err != nil {
		return 0, err
	}
	t, err := topics.topic(topic)
	if err != nil {
		return 0, err
	}
	return int32(d.Partition(key, len(t.leaders))), nil
}
