package kafkadriver

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// linked returns an exchange with a request, the broker's end of a link, and a function that sends
// the request through sarama.
func linked(t *testing.T, silence time.Duration) (*exchange, net.Conn,
	func() (*sarama.FetchResponse, error)) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	x := &exchange{spares: &spares{}}
	c := sarama.NewConfig()
	c.Version, c.ApiVersionsRequest, c.ClientID = sarama.MaxVersion, false, "me"
	c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, dialing(func() net.Conn {
		return &link{Conn: theirs, clientID: "me", silence: silence, exchange: x}
	})
	b := sarama.NewBroker("nowhere:1")
	if err := b.Open(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return x, ours, func() (*sarama.FetchResponse, error) {
		x.response = fetchResponse{}
		x.request = &fetchRequest{partitions: map[division.Place]*request{
			{Topic: "t"}: {nil, 5, 1, 1}}}
		return b.Fetch(&sarama.FetchRequest{Version: newestFetch})
	}
}

type dialing func() net.Conn

func (d dialing) Dial(string, string) (net.Conn, error) { return d(), nil }

// received reads a request, and returns its correlation ID and body.
func received(t *testing.T, c net.Conn) ([]byte, *kmsg.FetchRequest) {
	t.Helper()
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		t.Error(err)
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		t.Error(err)
	}
	q := kmsg.NewFetchRequest()
	q.Version = newestFetch
	if err := q.ReadFrom(b[10+len("me")+1:]); err != nil {
		t.Error(err)
	}
	return b[4:8], &q
}

// answered is a response with the correlation ID of a request.
func answered(correlation, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(5+len(body)))
	return append(append(append(b, correlation...), 0), body...)
}

// The poller's request goes where sarama's was, and the response comes to the poller, in as many
// pieces as the network likes, while sarama sees the throttle time and the error, and nothing else.
func TestLink(t *testing.T) {
	x, broker, fetch := linked(t, time.Second)
	for round := range 3 {
		records := make([]byte, 100<<round)
		go func() {
			correlation, q := received(t, broker)
			if len(q.Topics) != 1 || q.Topics[0].Partitions[0].FetchOffset != 5 ||
				q.Topics[0].Partitions[0].LastFetchedEpoch != 1 {
				t.Errorf("the request is %+v", q)
			}
			for _, b := range answered(correlation, someResponse(newestFetch, records)) {
				if _, err := broker.Write([]byte{b}); err != nil {
					t.Error(err)
				}
			}
		}()
		response, err := fetch()
		if err != nil {
			t.Fatal(err)
		}
		if response.ThrottleTime != 20*time.Millisecond || len(response.Blocks) > 0 {
			t.Errorf("sarama has %+v", response)
		}
		n := 0
		if err := x.response.each(func(p *fetched) {
			n += len(p.records)
		}); err != nil || n != 4*len(records) {
			t.Errorf("the response has %d bytes of records, %v", n, err)
		}
		x.decoded()
	}
}

// What a broker should not do is an error, and soon.
func TestLinkFaults(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(correlation []byte) []byte
		want   string
		is     error
	}{
		"another answer": {answer: func([]byte) []byte {
			return answered([]byte{9, 9, 9, 9}, someResponse(newestFetch, nil))
		}, want: "an answer to the request"},
		"one that is too large": {answer: func([]byte) []byte {
			return binary.BigEndian.AppendUint32(nil, uint32(sarama.MaxResponseSize)+1)
		}, want: "sarama.MaxResponseSize"},
		"one that is too small": {answer: func(c []byte) []byte {
			return append([]byte{0, 0, 0, 4}, c...)
		}, is: errFetchResponse},
		"one that never ends": {answer: func(c []byte) []byte {
			return answered(c, someResponse(newestFetch, nil))[:40]
		}, is: os.ErrDeadlineExceeded},
		"none": {answer: func([]byte) []byte { return nil }, is: os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			_, broker, fetch := linked(t, 50*time.Millisecond)
			go func() {
				correlation, _ := received(t, broker)
				_, _ = broker.Write(c.answer(correlation)) // the link may be closed before
			}()
			_, err := fetch()
			if err == nil || c.is != nil && !errors.Is(err, c.is) ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("Fetch: %v", err)
			}
		})
	}
}

// A response that says to be large, and is not, does not take the memory.
func TestLinkClaims(t *testing.T) {
	ours, theirs := net.Pipe()
	l := &link{Conn: theirs, silence: time.Second, exchange: &exchange{expected: 1000, spares: &spares{}}}
	go func() {
		_, _ = ours.Write(make([]byte, 10))
		ours.Close()
	}()
	b, err := l.body(90 << 20)
	if err == nil || cap(b) > 1250 {
		t.Errorf("%d bytes are there for 10, %v", cap(b), err)
	}
}
