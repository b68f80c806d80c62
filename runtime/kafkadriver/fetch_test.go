package kafkadriver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/xdg-go/scram"

	brook "github.com/brookgen/brookgen/runtime"
)

// A session of SASL that ends is prolonged between fetches, also while nothing comes: with each
// mechanism, and with TLS or without.
func TestSessionEnds(t *testing.T) {
	for name, config := range map[string]func() *sarama.Config{
		"PLAIN": plain,
		"SCRAM-SHA-512": func() *sarama.Config {
			return scrammed(sarama.SASLTypeSCRAMSHA512, scram.SHA512)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "brook", secret),
				kfake.Superuser("SCRAM-SHA-512", "brook", secret),
				kfake.BrokerConfigs(map[string]string{"connections.max.reauth.ms": "1000"}))
			var authenticated, fetched atomic.Int32
			c.ControlKey(int16(kmsg.SASLAuthenticate),
				func(kmsg.Request) (kmsg.Response, error, bool) {
					c.KeepControl()
					authenticated.Add(1)
					return nil, nil, false
				})
			c.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				fetched.Add(1)
				return nil, nil, false
			})
			outlives(t, c.ListenAddrs(), config(), "t", 2500*time.Millisecond)
			if n := authenticated.Load() - 5; n < 2 { // as many connections, each once
				t.Errorf("the sessions were prolonged %d times in more than two lives", n)
			}
			if fetched.Load() == 0 {
				t.Error("nothing was fetched")
			}
		})
	}
}

// The real broker of scripts/kafka ends a session after two seconds.
func TestSessionEndsKafka(t *testing.T) {
	addrs := listeners(t, "BROOK_KAFKA_SASL")
	for name, config := range map[string]func() *sarama.Config{
		"PLAIN": plain, "OAUTHBEARER": bearing,
		"SCRAM-SHA-512": func() *sarama.Config {
			return scrammed(sarama.SASLTypeSCRAMSHA512, scram.SHA512)
		},
	} {
		t.Run(name, func(t *testing.T) {
			outlives(t, addrs, config(), newTopic(), 4500*time.Millisecond)
		})
	}
}

// A counter counts connections.
type counter struct{ n atomic.Int32 }

func (c *counter) Dial(network, addr string) (net.Conn, error) {
	c.n.Add(1)
	return net.Dial(network, addr)
}

// outlives reads a topic before and after some time. Read must not fail, and no connection break.
func outlives(t *testing.T, addrs []string, config *sarama.Config, topic string,
	some time.Duration) {
	t.Helper()
	config.Consumer.MaxWaitTime = 50 * time.Millisecond
	var connections counter
	config.Net.Proxy.Enable, config.Net.Proxy.Dialer = true, &connections
	d := open(t, addrs, config)
	at, err := d.Publish(t.Context(), numbered(topic, "k", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), at[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, failures := read(t, r, 10)
	time.Sleep(500 * time.Millisecond)
	before := connections.n.Load()
	time.Sleep(some)
	if _, err := d.Publish(t.Context(), numbered(topic, "k", 10, 20)); err != nil {
		t.Fatal(err)
	}
	rest, more := read(t, r, 20)
	wantNumbers(t, append(got, rest...), 20)
	if after := connections.n.Load(); failures+more > 0 || after != before {
		t.Errorf("Read failed %d times, of %d connections there came to be %d", failures+more,
			before, after)
	}
}

// A broker that knows an older version of Fetch is read from; one that knows none that the driver
// speaks is an error that says so.
func TestOlderFetch(t *testing.T) {
	for version := int16(10); version <= 12; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			versions := kversion.V4_0_0()
			versions.SetMaxKeyVersion(int16(kmsg.Fetch), version)
			c := fake(t, kfake.MaxVersions(versions))
			d := open(t, c.ListenAddrs(), nil)
			at, err := d.Publish(t.Context(), numbered("t", "k", 0, 10))
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Open(t.Context(), at[0])
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if version >= 11 {
				got, _ := read(t, r, 10)
				wantNumbers(t, got, 10)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := r.Read(ctx, 10); err == nil || !strings.Contains(err.Error(),
				"Fetch up to version 10") {
				t.Errorf("Read: %v", err)
			}
		})
	}
}

// Records stay what they are, whatever is fetched afterwards: no memory that they share is used
// again.
func TestRecordsStay(t *testing.T) {
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone,
		sarama.CompressionLZ4, sarama.CompressionZSTD} {
		t.Run(codec.String(), func(t *testing.T) {
			config := quick()
			config.Producer.Compression = codec
			config.Consumer.Fetch.Default = 2000 // many fetches
			d := open(t, fake(t).ListenAddrs(), config)
			const n, topics = 600, 12
			var at [topics]brook.Position
			for topic := range topics {
				for from := 0; from < n; from += 30 {
					p, err := d.Publish(t.Context(), numbered(fmt.Sprint("t", topic), "k", from,
						from+30))
					if err != nil {
						t.Fatal(err)
					}
					if from == 0 {
						at[topic] = p[0]
					}
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var readers [topics]brook.PartitionReader
			for topic := range topics {
				r, err := d.Open(ctx, at[topic])
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				readers[topic] = r
			}
			var kept [topics][]brook.Record
			for topic, r := range readers {
				for len(kept[topic]) < n {
					c, err := r.Read(ctx, 100)
					if err != nil {
						t.Fatal(err)
					}
					kept[topic] = append(kept[topic], c.Records...)
				}
			}
			for topic := range topics {
				var got []string
				for _, r := range kept[topic] {
					if string(r.Key) != "k" {
						t.Fatalf("a key is %q", r.Key)
					}
					got = append(got, string(r.Value))
				}
				wantNumbers(t, got, n)
			}
		})
	}
}

// A broker that says that the log ends in an older epoch, before what was read of it, ends the
// reader; and it is asked with the epoch of what was read last.
func TestLogCutBack(t *testing.T) {
	c := fake(t)
	config := sarama.NewConfig()
	config.Consumer.MaxWaitTime = 20 * time.Millisecond
	d := open(t, c.ListenAddrs(), config)
	at, err := d.Publish(t.Context(), numbered("t", "k", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), at[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, _ := read(t, r, 10)
	wantNumbers(t, got, 10)
	c.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		q := request.(*kmsg.FetchRequest)
		response := q.ResponseKind().(*kmsg.FetchResponse)
		for _, topic := range q.Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic = topic.Topic
			for _, p := range topic.Partitions {
				rp := kmsg.NewFetchResponseTopicPartition()
				rp.Partition, rp.HighWatermark, rp.LastStableOffset = p.Partition, 7, 7
				if p.LastFetchedEpoch < 0 {
					t.Errorf("it is asked for offset %d without an epoch", p.FetchOffset)
				}
				rp.DivergingEpoch.Epoch, rp.DivergingEpoch.EndOffset = p.LastFetchedEpoch-1, 7
				rt.Partitions = append(rt.Partitions, rp)
			}
			response.Topics = append(response.Topics, rt)
		}
		return response, nil, true
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if chunk, err := r.Read(ctx, 10); !errors.Is(err, brook.ErrOutOfRange) ||
		!strings.Contains(err.Error(), "cut back") {
		t.Errorf("Read: %+v, %v", chunk, err)
	}
}
