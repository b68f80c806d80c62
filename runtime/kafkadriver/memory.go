package kafkadriver

import (
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// memory is what the records of one partition in one fetch response take. Who uses them holds it:
// the poller that decodes them, each reader that has them in a part, each chunk that was returned.
// When nobody holds it any more it is used again: of 750 B that an event took on its way from Kafka
// into a map, 350 were responses and arrays of records.
type memory struct {
	spares   *spares
	holders  atomic.Int32
	records  []brook.Record
	headers  [][]brook.Header
	bytes    [][]byte        // what batches were decompressed to, or a copy of the response's
	response *responseMemory // whose bytes the records share; nil: they share none
}

// newMemory returns memory with one holder.
func newMemory(s *spares) *memory {
	m := &memory{spares: s}
	m.holders.Store(1)
	return m
}

// hold adds a holder.
func (m *memory) hold() { m.holders.Add(1) }

// release takes a holder away.
func (m *memory) release() {
	if m.holders.Add(-1) > 0 {
		return
	}
	m.spares.records.put(m.records)
	for _, h := range m.headers {
		m.spares.headers.put(h)
	}
	for _, b := range m.bytes {
		m.spares.bytes.put(b)
	}
	if m.response != nil {
		m.response.release()
	}
}

// share makes the records share the bytes of a response.
func (m *memory) share(r *responseMemory) {
	if m.response == nil {
		m.response = r
		r.holders.Add(1)
	}
}

// responseMemory is the bytes of a fetch response. The poller holds it while it decodes, and so
// does the memory of each partition whose records share the bytes.
type responseMemory struct {
	spares  *spares
	holders atomic.Int32
	bytes   []byte
}

// newResponseMemory returns the memory of a response, with one holder.
func newResponseMemory(b []byte, s *spares) *responseMemory {
	m := &responseMemory{spares: s, bytes: b}
	m.holders.Store(1)
	return m
}

// release takes a holder away.
func (m *responseMemory) release() {
	if m.holders.Add(-1) == 0 {
		m.spares.bytes.put(m.bytes)
	}
}
