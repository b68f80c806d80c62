// Package kafka measures brook on a real Kafka broker, against programs that do the same by hand.
// All of them read the very same records: bare JSON, keyed by account, in a topic of four
// partitions. It needs a broker:
//
//	scripts/kafka run go -C benchmarks test -run '^$' -bench . -timeout 60m ./kafka
//
// BROOK_KAFKA_EVENTS is how many events there are (1,000,000 where it is not set),
// BROOK_KAFKA_BACKLOG how many BenchmarkBacklog has (10,000,000). BenchmarkRebalance of an app
// needs a Redis server too: scripts/redis run.
package kafka
