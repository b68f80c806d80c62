package kafkadriver

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// Replacements for sarama's defaults. A broker takes some seconds to restart, and a partition to
// move to another leader; a connection that can be made at all does not take half a minute.
const (
	publishRetries = 60
	publishBackoff = 250 * time.Millisecond
	dialTimeout    = 10 * time.Second
)

// effectiveConfig returns a copy of given with what the driver's promises need. A value that equals
// sarama's default counts as not set. A value that contradicts the promises is an error.
func effectiveConfig(given *sarama.Config) (*sarama.Config, error) {
	plain := sarama.NewConfig()
	c := *plain
	if given != nil {
		c = *given
	}
	var errs []error
	refuse := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("sarama.Config."+format, args...))
		}
	}
	refuse(!c.Version.IsAtLeast(sarama.V2_8_0_0),
		"Version is %v: topics have had an identity since 2.8.0 only", c.Version)
	refuse(!c.ApiVersionsRequest,
		"ApiVersionsRequest is false: what the broker can do has to be asked")
	refuse(!slices.Contains([]int{1, plain.Net.MaxOpenRequests}, c.Net.MaxOpenRequests),
		"Net.MaxOpenRequests is %d: retries keep the order with 1 only", c.Net.MaxOpenRequests)
	refuse(!slices.Contains([]sarama.RequiredAcks{sarama.WaitForAll, plain.Producer.RequiredAcks},
		c.Producer.RequiredAcks),
		"Producer.RequiredAcks is %d: what is published has to be on all in-sync replicas, "+
			"WaitForAll", c.Producer.RequiredAcks)
	refuse(!same(c.Producer.Partitioner, plain.Producer.Partitioner) &&
		!same(c.Producer.Partitioner, sarama.NewMurmur2Partitioner),
		"Producer.Partitioner is one that other clients do not agree with: "+
			"leave it out, or NewMurmur2Partitioner")
	refuse(c.Producer.Transaction.ID != "",
		"Producer.Transaction.ID is %q: the driver makes no transactions",
		c.Producer.Transaction.ID)
	refuse(len(c.Producer.Interceptors) > 0, "Producer.Interceptors would not be called")
	refuse(len(c.Consumer.Interceptors) > 0, "Consumer.Interceptors would not be called")
	refuse(c.Consumer.Fetch.Max != 0,
		"Consumer.Fetch.Max is %d: records above it would be lost, leave it 0",
		c.Consumer.Fetch.Max)

	refuse(c.Net.ReadTimeout <= c.Consumer.MaxWaitTime,
		"Net.ReadTimeout is %v: it has to be longer than Consumer.MaxWaitTime, %v",
		c.Net.ReadTimeout, c.Consumer.MaxWaitTime)

	if c.Version == plain.Version {
		c.Version = sarama.MaxVersion // capped by what each broker supports
	}
	c.Net.MaxOpenRequests = 1
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner
	if c.Net.DialTimeout == plain.Net.DialTimeout {
		c.Net.DialTimeout = dialTimeout
	}
	if c.Producer.Retry.Max == plain.Producer.Retry.Max {
		c.Producer.Retry.Max = publishRetries
	}
	if c.Producer.Retry.Backoff == plain.Producer.Retry.Backoff {
		c.Producer.Retry.Backoff = publishBackoff
	}
	c.Consumer.IsolationLevel = sarama.ReadCommitted
	c.Metadata.Full = false // only topics that are asked for
	c.Metadata.AllowAutoTopicCreation = false
	if c.ClientID == plain.ClientID {
		c.ClientID = "brook"
	}
	if len(errs) == 0 {
		if err := c.Validate(); err != nil {
			errs = append(errs, err)
		}
	}
	return &c, errors.Join(errs...)
}

// same reports whether two partitioner constructors are the same function.
func same(a, b sarama.PartitionerConstructor) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}
