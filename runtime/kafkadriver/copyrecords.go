package kafkadriver

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// copyRecords replaces the bytes of records by copies in m, which share none with the response.
func copyRecords(records []brook.Record, m *memory) {
	size := 0
	for i := range records {
		r := &records[i]
		size += len(r.Key) + len(r.Value)
		for _, h := range r.Headers {
			size += len(h.Value)
		}
	}
	if size == 0 {
		return
	}
	slab := m.spares.bytes.take(size)
	m.bytes = append(m.bytes, slab)
	for i := range records {
		r := &records[i]
		slab = copyInto(slab, &r.Key)
		slab = copyInto(slab, &r.Value)
		for j := range r.Headers {
			slab = copyInto(slab, &r.Headers[j].Value)
		}
	}
}

// copyInto moves b into the slab. A nil b stays nil.
func copyInto(slab []byte, b *[]byte) []byte {
	if *b == nil {
		return slab
	}
	first := len(slab)
	slab = append(slab, *b...)
	*b = slab[first:len(slab):len(slab)]
	return slab
}
