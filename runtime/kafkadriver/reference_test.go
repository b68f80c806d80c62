package kafkadriver

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/IBM/sarama"
)

// A reference has sarama encode requests and decode responses, over connections with nobody behind
// them.
type reference struct {
	broker *sarama.Broker
	frames chan []byte // what sarama sent
	answer chan []byte // bodies of responses, behind the correlation ID
}

func newReference(t testing.TB) *reference {
	r := &reference{frames: make(chan []byte, 1), answer: make(chan []byte, 1)}
	t.Cleanup(func() { r.close() })
	return r
}

func (r *reference) close() {
	if r.broker != nil {
		_ = r.broker.Close()
		r.broker = nil
	}
}

// Dial makes a connection on which each request gets the next answer.
func (r *reference) Dial(string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer ours.Close()
		for {
			var size [4]byte
			if _, err := io.ReadFull(ours, size[:]); err != nil {
				return
			}
			frame := make([]byte, 4+binary.BigEndian.Uint32(size[:]))
			copy(frame, size[:])
			if _, err := io.ReadFull(ours, frame[4:]); err != nil {
				return
			}
			r.frames <- frame
			body := <-r.answer
			reply := binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))
			reply = append(append(reply, frame[8:12]...), body...)
			if _, err := ours.Write(reply); err != nil {
				return
			}
		}
	}()
	return theirs, nil
}

// call sends a request and returns its frame, what sarama makes of the answer, and its error.
func reach[Request, Response any](t testing.TB, r *reference,
	send func(*sarama.Broker, Request) (Response, error), request Request,
	body []byte) ([]byte, Response, error) {
	t.Helper()
	if r.broker == nil {
		c := sarama.NewConfig()
		c.Version, c.ApiVersionsRequest, c.ClientID = sarama.MaxVersion, false, "brook"
		c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, r
		c.Net.ReadTimeout = 10 * time.Second
		r.broker = sarama.NewBroker("nowhere:1")
		if err := r.broker.Open(c); err != nil {
			t.Fatal(err)
		}
	}
	r.answer <- body
	response, err := send(r.broker, request)
	if err != nil {
		defer r.close()
	}
	select {
	case frame := <-r.frames:
		return frame, response, err
	case <-time.After(10 * time.Second):
		t.Fatalf("sarama sent nothing: %v", err)
		return nil, response, err
	}
}

// decode has sarama decode a response to a fetch.
func (r *reference) decode(t testing.TB, version int16,
	body []byte) (*sarama.FetchResponse, error) {
	t.Helper()
	if version >= newestFetch {
		body = append([]byte{0}, body...) // the header has no tagged fields
	}
	_, response, err := reach(t, r, (*sarama.Broker).Fetch, &sarama.FetchRequest{Version: version},
		body)
	return response, err
}

// fetch has sarama encode a fetch.
func (r *reference) fetch(t testing.TB, q *sarama.FetchRequest) []byte {
	t.Helper()
	q.SessionEpoch, q.Isolation = -1, sarama.ReadCommitted
	none := emptyReply(q.Version, 0, 0, 0)[8:]
	frame, _, err := reach(t, r, (*sarama.Broker).Fetch, q, none)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// encode has sarama encode a batch.
func (r *reference) encode(t testing.TB, b *sarama.RecordBatch) []byte {
	t.Helper()
	request := &sarama.ProduceRequest{Version: 3, RequiredAcks: sarama.WaitForAll}
	request.AddBatch("t", 0, b)
	frame, _, err := reach(t, r, (*sarama.Broker).Produce, request, make([]byte, 8))
	if err != nil {
		t.Fatal(err)
	}
	w := wireReader{left: frame[fetchHeaderSize+len("brook"):]}
	w.take(2 + 2 + 4 + 4) // no transaction
	w.text()              // the topic
	w.take(4 + 4)
	batches := w.bytes()
	if w.bad || len(w.left) > 0 {
		t.Fatalf("no batch is found in %d bytes", len(frame))
	}
	return batches
}

// written is a connection that keeps what is written.
type written struct {
	net.Conn
	bytes []byte
}

func (w *written) Write(b []byte) (int, error) {
	w.bytes = append(w.bytes, b...)
	return len(b), nil
}
