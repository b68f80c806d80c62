package kafkadriver

import (
	"encoding/binary"
	"net"
)

// A produceLink is a connection to a broker that sarama uses, and a sender publishes past it, as a
// poller fetches over a [link]. What sarama sends to publish is empty: the link sends the sender's
// request in its place, with sarama's header. sarama reads the answer itself, which has no records.
//
// One goroutine, that of the sender, writes through sarama: so the link needs no lock.
type produceLink struct {
	net.Conn
	clientID string
	outgoing *outgoing
}

// An outgoing is a request on its way through sarama. The sender sets it before it calls sarama.
type outgoing struct {
	request *produceRequest // nil: it was sent, or there is none
	frame   []byte          // of the request before; its memory is used again
}

// largestFrame bounds what is kept of a request between requests.
const largestFrame = 8 << 20

// Write sends what sarama writes, or the sender's request in its place.
func (l *produceLink) Write(frame []byte) (int, error) {
	q := l.outgoing.request
	version, header := l.produce(frame)
	if q == nil || header == 0 {
		return l.Conn.Write(frame)
	}
	l.outgoing.request = nil
	b := append(l.outgoing.frame[:0], frame[:header]...)
	b = q.append(b, version)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	if l.outgoing.frame = b; cap(b) > largestFrame {
		l.outgoing.frame = nil
	}
	if _, err := l.Conn.Write(b); err != nil {
		return 0, err
	}
	return len(frame), nil
}

// produce returns the version of a request to publish and how long its header is. It returns 0 if
// the frame is another request, or one of a version that the driver does not speak.
func (l *produceLink) produce(frame []byte) (version int16, header int) {
	header = fetchHeaderSize + len(l.clientID)
	if len(frame) <= header || binary.BigEndian.Uint16(frame[4:]) != produceKey ||
		string(frame[fetchHeaderSize:header]) != l.clientID {
		return 0, 0
	}
	version = int16(binary.BigEndian.Uint16(frame[6:]))
	switch {
	case version < oldestProduce || version > newestProduce:
		return 0, 0
	case version >= flexibleProduce:
		header++ // no tagged fields
	}
	return version, header
}
