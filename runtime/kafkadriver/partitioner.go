package kafkadriver

import "github.com/brookgen/brookgen/runtime/internal/murmur2"

// Partition gives the partition of count that Publish chooses for a key, as Kafka's default partitioner does.
func (d *Driver) Partition(key []byte, count int) int { return murmur2.Partition(key, count) }
