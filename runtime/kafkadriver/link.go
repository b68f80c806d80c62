package kafkadriver

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// A link is a connection to a broker that sarama uses, and that fetches past it. sarama opens it,
// authenticates on it, and again when a session's life is over, and waits for quotas. What it sends
// for a fetch is empty: the link sends the poller's request in its place, with sarama's header,
// keeps the answer, and hands sarama an empty one. So records are never sarama's.
//
// sarama sends one request at a time here (Net.MaxOpenRequests is 1) in one call of Write, and
// reads the answer before the next. Its goroutines write and read in turns, each after the
// other: so a link needs no lock.
type link struct {
	net.Conn
	clientID string
	silence  time.Duration // how long the broker may send nothing
	exchange *exchange

	awaited bool // the answer to a fetch comes next
	sent    int32
	reply   []byte // what sarama is to read
}

// Write sends what sarama writes, or the poller's fetch in its place.
func (l *link) Write(frame []byte) (int, error) {
	q := l.exchange.request
	version, header := l.fetch(frame)
	if q == nil || header == 0 {
		return l.Conn.Write(frame)
	}
	l.exchange.request, l.exchange.expected = nil, q.expected()
	l.exchange.response = fetchResponse{version: version}
	b := q.append(append(l.exchange.frame[:0], frame[:header]...), version)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	l.exchange.frame = b
	if _, err := l.Conn.Write(b); err != nil {
		return 0, err
	}
	l.awaited, l.sent = true, int32(binary.BigEndian.Uint32(frame[8:]))
	return len(frame), nil
}

// fetch returns the version of a fetch and how long its header is. It returns 0 if the frame is no
// fetch, or one of a version that the driver does not speak.
func (l *link) fetch(frame []byte) (version int16, header int) {
	header = fetchHeaderSize + len(l.clientID)
	if len(frame) <= header || binary.BigEndian.Uint16(frame[4:]) != fetchKey ||
		string(frame[fetchHeaderSize:header]) != l.clientID {
		return 0, 0
	}
	switch version = int16(binary.BigEndian.Uint16(frame[6:])); version {
	case newestFetch:
		return version, header + 1 // no tagged fields
	case oldestFetch:
		return version, header
	}
	return 0, 0
}

// Read reads what the broker sends, but for answers to fetches.
func (l *link) Read(b []byte) (int, error) {
	if l.awaited {
		l.awaited = false
		if err := l.receive(); err != nil {
			return 0, err
		}
	}
	if len(l.reply) == 0 {
		return l.Conn.Read(b)
	}
	n := copy(b, l.reply)
	l.reply = l.reply[n:]
	return n, nil
}

// receive reads the answer to a fetch, and makes one for sarama that has no partitions.
func (l *link) receive() error {
	var size [4]byte
	if _, err := l.fill(size[:]); err != nil {
		return err
	}
	n := int32(binary.BigEndian.Uint32(size[:]))
	if n < 4 || n > sarama.MaxResponseSize {
		return fmt.Errorf("an answer to a fetch has %d bytes, and can have %d at most "+
			"(sarama.MaxResponseSize)", n, sarama.MaxResponseSize)
	}
	b, err := l.body(int(n))
	if err != nil {
		return err
	}
	response := &l.exchange.response
	w := wireReader{left: b, flexible: response.version >= newestFetch}
	if correlation := w.int32(); correlation != l.sent {
		return fmt.Errorf("an answer to the request %d, not %d", correlation, l.sent)
	}
	w.tags(nil)
	response.body, response.memory = w.left, newResponseMemory(b, l.exchange.spares)
	throttle, code := w.int32(), w.int16()
	if w.bad {
		return errFetchResponse
	}
	l.reply = emptyReply(response.version, l.sent, throttle, code)
	return nil
}

// body reads n bytes. A response that says to be larger than can be expected has to prove it before
// it gets the memory.
func (l *link) body(n int) ([]byte, error) {
	b := l.exchange.spares.bytes.take(min(n, l.exchange.expected))
	b = b[:min(n, cap(b))]
	for read := 0; ; {
		m, err := l.fill(b[read:])
		if read += m; err != nil || read == n {
			return b, err
		}
		b = slices.Grow(b, min(n-read, read))
		b = b[:min(n, cap(b))]
	}
}

// fill reads until b is full.
func (l *link) fill(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if err = l.SetReadDeadline(time.Now().Add(l.silence)); err != nil {
			return n, err
		}
		var m int
		m, err = l.Conn.Read(b[n:])
		n += m
	}
	if n == len(b) {
		err = nil
	}
	return n, err
}

// emptyReply returns a response to a fetch that has no partitions.
func emptyReply(version int16, correlation, throttle int32, code int16) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4, 32), uint32(correlation))
	if version >= newestFetch {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(throttle))
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	b = binary.BigEndian.AppendUint32(b, 0) // the session
	if version >= newestFetch {
		b = append(b, 1, 0)
	} else {
		b = binary.BigEndian.AppendUint32(b, 0)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}
