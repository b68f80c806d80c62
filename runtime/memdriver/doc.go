// Package memdriver is a partitioned log in memory: a driver for tests, for trying things out, and
// for services whose events need not outlive the process.
//
//	driver := memdriver.New(memdriver.Partitions(4))
//
// # What it does
//
// It behaves as Kafka does. A record with a key goes to the partition that Kafka's default
// partitioner chooses (murmur2), one without a key to the topic's partitions in turn. Each
// partition keeps its records in the order of publishing, with offsets that begin at 0 and have
// no gaps. Any number of readers read it, from any offset, as often as they like. Topics are made
// when they are first named by Publish or Partitions. Two drivers never share the identity of a log
// (brook.Partition.Log), and a topic keeps its own for the driver's life.
//
// # What ends with the process
//
// The log does. Views that a durable store keeps of it are views of a log that is gone: at the
// second start of such a program Run and WaitFor return brook.ErrLogChanged. Use a log that lasts
// (package kafkadriver), a store that forgets too (package mapstore), or a new directory, or other
// place, for each start.
//
// A record published without a time gets the present one, but not one before that which the driver
// gave to an earlier record of the partition, even if the clock was set back. A time that is
// given is kept, in UTC.
//
// # Groups
//
// Apps that share a Driver can divide its partitions among themselves ([Driver.Join]), as consumer
// groups of Kafka do; so several instances of a service can be tested in one process. [Driver.Grow]
// adds partitions to a topic. None of this sleeps or polls.
//
// # Concurrency and ownership
//
// All methods of a Driver are safe for concurrent use. The records of one Publish stay together in
// their partitions. A Read that waits sleeps until something is published to its partition or its
// context ends. Publish copies the bytes that it is given. What Read delivers is the log's own,
// not copied: a slice of the very records that other readers get. It must not be changed, and stays
// valid forever, also after the log was trimmed.
//
// # Memory
//
// Only [Driver.Trim] and, from the end, [Driver.Truncate] remove records. A record costs 128
// bytes beside its key, value and headers. Trim frees whole blocks of up to 4096 records,
// and record bytes in pieces of up to 256 KiB, each when nothing in it is left and no reader
// holds a chunk of it.
package memdriver
