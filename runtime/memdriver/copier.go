package memdriver

import brook "github.com/brookgen/brookgen/runtime"

// pieceSize bounds how many bytes a single untrimmed record can keep alive.
const pieceSize = 256 << 10

// A copier copies what records refer to into few allocations.
type copier struct {
	left    int // bytes yet to be copied
	piece   []byte
	headers []brook.Header
}

func newCopier(records []brook.Record) copier {
	var c copier
	headers := 0
	for i := range records {
		r := &records[i]
		c.left += len(r.Key) + len(r.Value)
		headers += len(r.Headers)
		for j := range r.Headers {
			c.left += len(r.Headers[j].Value)
		}
	}
	if headers > 0 {
		c.headers = make([]brook.Header, headers)
	}
	return c
}

// bytes copies b; nil and empty stay apart.
func (c *copier) bytes(b []byte) []byte {
	n := len(b)
	switch {
	case b == nil:
		return nil
	case n == 0:
		return []byte{}
	case n > cap(c.piece)-len(c.piece):
		if n > pieceSize/8 { // a piece of its own wastes nothing of the others
			c.left -= n
			return append(make([]byte, 0, n), b...)
		}
		c.piece = make([]byte, 0, min(c.left, pieceSize))
	}
	c.left -= n
	from := len(c.piece)
	c.piece = append(c.piece, b...)
	return c.piece[from:len(c.piece):len(c.piece)]
}

// record copies everything that a record refers to.
func (c *copier) record(r *brook.Record) (key, value []byte, headers []brook.Header) {
	key, value = c.bytes(r.Key), c.bytes(r.Value)
	if n := len(r.Headers); n > 0 {
		headers, c.headers = c.headers[:n:n], c.headers[n:]
		for i, h := range r.Headers {
			headers[i] = brook.Header{Key: h.Key, Value: c.bytes(h.Value)}
		}
	}
	return key, value, headers
}
