// Package kafkadriver is the driver for Apache Kafka 2.8 and later, on IBM/sarama.
//
//	driver, err := kafkadriver.Open([]string{"localhost:9092"}, nil)
//	defer driver.Close()
//	config := brook.Config{Author: "shop", Driver: driver, Store: store}
//	app, err := shop.NewApp(config, shop.Projection{})
//
// # What it promises
//
// Publishing: a record for which Publish returns a position is stored by all in-sync replicas,
// once, and in the order of the call within each partition. A key goes to the partition that
// Kafka's default partitioner chooses (murmur2), as with Java's, librdkafka's murmur2 and
// franz-go's producers. Records that brokers cannot take are tried again for a while; then they
// fail, and so do the later ones of the call and partition. A record that is refused for good
// (too large, or invalid) fails alone, with an error that wraps brook.ErrPermanent. Callers share
// batches: many goroutines that publish one record each make few requests.
//
// Reading: nothing is skipped. Each fetch ends in records, in a later position that compaction,
// markers or aborted transactions explain, or in an error; after any error that does not wrap
// brook.ErrPermanent or brook.ErrOutOfRange, Read can be called again, and goes on where it
// was. What open transactions wrote, and all behind it, is not read until they end, and is not
// counted in brook.Partition.End. [Driver.Held] returns which partitions are held up so; after half
// a minute it is logged ([Log]). While leaders move and brokers restart, Read retries for a moment
// before it returns an error.
//
// Logs: brook.Partition.Log is the topic's ID. A topic that was deleted and made anew is another
// log, and its readers get brook.ErrOutOfRange. The driver notices when a fetch fails, as it does
// after a deletion, and when a reader is opened. So it is if an unclean election made a replica the
// leader that lacks records: each fetch says of which epoch the record before was, and the broker
// says where its log diverges (KIP-320). What was read ahead is dropped; a reader that returned
// what the log does not have ends.
//
// Groups: see [Driver.Join] and [Driver.Mark]. No group is needed to read.
//
// # Configuration
//
// Open takes a *sarama.Config for addresses of proxies, TLS, SASL, client ID, compression and
// timeouts. It copies it, and never changes it. What the promises need is set. What contradicts
// them is an error that lists all of it. A value that is sarama's default counts as not set.
//
//	Version                           the newest sarama knows, 2.8 at least; negotiated
//	Net.MaxOpenRequests               1
//	Net.DialTimeout                   10 s if not set
//	Net.ReadTimeout                   limits the silence of a broker; exceeds MaxWaitTime
//	Producer.RequiredAcks             WaitForAll, with idempotence
//	Producer.Partitioner              NewMurmur2Partitioner
//	Producer.Retry                    60 tries 250 ms apart if not set: leaders take seconds to move
//	Producer.MaxMessageBytes          how large a batch may be; a larger record goes alone
//	Producer.Timeout, Compression     as they are (none, gzip, snappy, lz4, zstd)
//	Consumer.IsolationLevel           ReadCommitted
//	Consumer.Fetch.Default            how much is fetched of a partition at a time, 1 MiB if not set
//	Consumer.Fetch.MaxBytes           how much in one answer
//	MetricRegistry                    sarama's metrics count fetches and requests to publish, but
//	                                  neither their bytes nor records
//	Consumer.Fetch.Max                has to be 0: records above it would be lost
//	Consumer.Fetch.Min, MaxWaitTime   for the long poll of partitions that are read to their end
//	Consumer.Group                    see [Driver.Join]
//	Metadata.RefreshFrequency         how old what is known of topics may be, 30 s at most
//	Metadata.AllowAutoTopicCreation   false: see [CreateTopics]
//	ClientID                          "brook" if not set
//	Interceptors, Transaction.ID      are refused
//	RackID                            has no effect: the driver reads from leaders
//
// The rest of Producer and Consumer is for sarama's own clients, which the driver does not use, and
// has no effect: a batch takes what is there when the one before is answered (no Producer.Flush),
// and no channel has a size.
//
// TLS, and SASL with a password, a challenge or a token:
//
//	config := sarama.NewConfig()
//	config.Net.TLS.Enable = true
//	config.Net.TLS.Config = &tls.Config{RootCAs: pool}
//
//	config.Net.SASL.Enable = true
//	config.Net.SASL.Mechanism = sarama.SASLTypePlaintext
//	config.Net.SASL.User, config.Net.SASL.Password = user, password
//
//	// conversation has Begin, Step and Done over a client of github.com/xdg-go/scram
//	config.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA512
//	config.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient {
//		return &conversation{hash: scram.SHA512}
//	}
//
//	config.Net.SASL.Mechanism = sarama.SASLTypeOAuth
//	config.Net.SASL.TokenProvider = provider // has Token() (*sarama.AccessToken, error)
//
// Open connects, so wrong addresses, certificates and passwords show there, within 20 seconds;
// [OpenContext] ends with its context. Neither errors nor what sarama logs (nothing, unless
// sarama.Logger is set) contain passwords or tokens.
//
// # What it costs
//
// Connections: to each broker, one for short requests, one for publishing and two for fetching,
// each opened when it is first needed. A fetch asks for all partitions that a broker leads
// at once, and readers that are opened together share requests too. When a broker leaves the
// cluster, its connections are closed. A driver that has nothing to do polls each broker every
// Consumer.MaxWaitTime.
//
// Memory: a reader holds at most twice Consumer.Fetch.Default of records read ahead,
// and the result of one more fetch; compressed batches count with what they contain (1 GiB at
// most in one, or sarama.MaxDecompressedBatchSize if that is set). Records share the bytes of the
// response, or of their decompressed batch. One record keeps the whole response alive, which is at
// most eight times as large as what it has of the partition; others are copied out of it. So
// whoever keeps few of many records copies them. Beside its bytes a record takes 128 bytes, and 40
// for each header. Whatever brokers send, not more than some 25 times the bytes, decompressed,
// are allocated for it. What is on its way to brokers is bounded by [InFlight], and copied once
// more when it is sent: a connection keeps 8 MiB at most for that.
//
// Fetches and what is published go past sarama: it opens the connections, authenticates on them
// and keeps their sessions alive, and the driver puts its own requests on them, encodes records in
// the place where it copies them, and decodes fetched ones in place. A record costs no allocation
// of its own.
//
// # Limits
//
//   - Records in the format of Kafka before 0.11 are an error: brook.ErrPermanent. Kafka
//     4 can't have any.
//   - A request, and so a record, can have sarama.MaxRequestSize (100 MiB), an answer, and so a
//     batch, sarama.MaxResponseSize.
//   - Times go from 1970 to 2262, in milliseconds. A topic may be set to keep the broker's
//     time instead.
//   - Header names are texts. A header without a value comes back as nil.
//   - Two calls of Publish at the same time have no order between them. A call that ended with its
//     context may have stored some of its records.
//   - A broker has to know version 12 of Fetch, as Kafka has since 2.7. Brokers other than Kafka
//     may know 11 only: after an unclean election, readers of these continue with what the leader
//     has, unless it has less than they read.
//   - Consumers outside brook see what is published as any other records: the driver uses
//     no transactions.
package kafkadriver
