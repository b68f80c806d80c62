package kafkadriver_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
)

// flipper dials connections on which some of the brokers' answers are changed by one byte.
type flipper struct {
	mu    sync.Mutex
	rand  *rand.Rand
	left  int // flips
	large int // what is shorter stays as it is
}

func (f *flipper) Dial(network, addr string) (net.Conn, error) {
	c, err := net.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	return &flipped{Conn: c, flipper: f}, nil
}

// spared are the first bytes of an answer: its length, what it answers, and how long to be silent.
// If they were changed, the test would spend its time waiting.
const spared = 13

type flipped struct {
	net.Conn
	flipper *flipper
	greeted bool // the first answer holds the broker's capabilities, for the whole connection
}

func (c *flipped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	f := c.flipper
	f.mu.Lock()
	defer f.mu.Unlock()
	if n > f.large && !c.greeted {
		c.greeted = true
		return n, err
	}
	if n > f.large && f.left > 0 && f.rand.IntN(3) == 0 {
		f.left--
		b[spared+f.rand.IntN(n-spared)] ^= 1 << f.rand.IntN(8)
	}
	return n, err
}

// Whatever bytes come, nothing panics and nothing hangs; and once they are right,
// so is what is read.
func TestHostileBytes(t *testing.T) {
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionLZ4,
		sarama.CompressionZSTD, sarama.CompressionSnappy, sarama.CompressionGZIP} {
		t.Run(codec.String(), func(t *testing.T) {
			addrs := fake(t).ListenAddrs()
			config := quick()
			config.Producer.Compression = codec
			const n = 500
			var at []brook.Position
			for from := 0; from < n; from += 50 {
				p, err := open(t, addrs, config).Publish(t.Context(),
					numbered("t", "k", from, from+50))
				if err != nil {
					t.Fatal(err)
				}
				at = append(at, p...)
			}
			f := &flipper{rand: rand.New(rand.NewPCG(uint64(codec), 2)), left: 100, large: 60}
			flipping := sarama.NewConfig()
			flipping.Net.ReadTimeout = 600 * time.Millisecond // for answers that never end
			flipping.Net.Proxy.Enable, flipping.Net.Proxy.Dialer = true, f
			d := open(t, addrs, flipping)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for range 50 {
				r, err := d.Open(ctx, at[0])
				if err != nil {
					continue
				}
				soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				for {
					if _, err := r.Read(soon, 20); err != nil {
						break
					}
				}
				cancel()
				r.Close()
			}
			f.mu.Lock()
			if f.left > 80 {
				t.Errorf("only %d bytes were changed", 100-f.left)
			}
			f.left = 0
			f.mu.Unlock()
			var r brook.PartitionReader
			for r == nil {
				_, err := d.Partitions(ctx, "t") // it makes up for a wrong identity
				if err == nil {
					r, err = d.Open(ctx, at[0])
				}
				if err != nil && ctx.Err() != nil {
					t.Fatal(err)
				}
			}
			defer r.Close()
			got, _ := read(t, r, n)
			wantNumbers(t, got, n)
		})
	}
}

// One partition's damaged batch holds up no other, and is not skipped.
func TestDamagedBatch(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), nil)
	bad, err := d.Publish(t.Context(), numbered("bad", "k", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	good, err := d.Publish(t.Context(), numbered("good", "k", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	c.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		r := request.(*kmsg.FetchRequest)
		for _, topic := range r.Topics {
			if topic.Topic == "bad" {
				c.KeepControl()
				return damaged(r), nil, true
			}
		}
		return nil, nil, false
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := d.Open(ctx, bad[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	other, err := d.Open(ctx, good[0])
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for range 3 {
		if chunk, err := r.Read(ctx, 10); err == nil || ctx.Err() != nil ||
			errors.Is(err, brook.ErrPermanent) {
			t.Fatalf("a damaged batch gives %+v, %v", chunk, err)
		}
	}
	got, _ := read(t, other, 10)
	wantNumbers(t, got, 10)
}

// damaged answers a fetch with a batch whose checksum is wrong.
func damaged(r *kmsg.FetchRequest) kmsg.Response {
	response := r.ResponseKind().(*kmsg.FetchResponse)
	for _, topic := range r.Topics {
		t := kmsg.NewFetchResponseTopic()
		t.Topic = topic.Topic
		for _, p := range topic.Partitions {
			rp := kmsg.NewFetchResponseTopicPartition()
			rp.Partition, rp.HighWatermark, rp.LastStableOffset = p.Partition, 10, 10
			batch := kmsg.NewRecordBatch()
			batch.Magic, batch.LastOffsetDelta, batch.NumRecords, batch.Records = 2, 9, 10,
				make([]byte, 100)
			batch.Length = 49 + 100
			rp.RecordBatches = batch.AppendTo(nil)
			t.Partitions = append(t.Partitions, rp)
		}
		response.Topics = append(response.Topics, t)
	}
	return response
}
