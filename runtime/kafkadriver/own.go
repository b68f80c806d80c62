package kafkadriver

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// own gives records bytes of their own.
func own(records []brook.Record) {
	size := 0
	for i := range records {
		r := &records[i]
		size += len(r.Key) + len(r.Value)
		for _, h := range r.Headers {
			size += len(h.Value)
		}
	}
	slab := make([]byte, 0, size)
	for i := range records {
		r := &records[i]
		slab = keep(slab, &r.Key)
		slab = keep(slab, &r.Value)
		for j := range r.Headers {
			slab = keep(slab, &r.Headers[j].Value)
		}
	}
}

// keep moves b into the slab, and leaves nil what is nil.
func keep(slab []byte, b *[]byte) []byte {
	if *b == nil {
		return slab
	}
	first := len(slab)
	slab = append(slab, *b...)
	*b = slab[first:len(slab):len(slab)]
	return slab
}
