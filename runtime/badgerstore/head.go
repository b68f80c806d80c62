package badgerstore

import (
	"encoding/binary"
	"errors"
	"slices"
)

// head describes the history of a row.
type head struct {
	life  uint64 // of this history; a cleared one gets another
	order uint64 // order number of the row's next entry
	large bool   // some entry was stored in pieces
	types []run
}

// run is a range of sequence numbers of one event type: those with first <= seq < next exist.
type run struct {
	typ         uint32
	first, next uint64
}

// clone returns a copy that can be changed.
func (h *head) clone() *head {
	c := *h
	c.types = slices.Clone(h.types)
	return &c
}

// of returns the run of a type, and adds it if it is missing.
func (h *head) of(typ uint32) *run {
	for i := range h.types {
		if h.types[i].typ == typ {
			return &h.types[i]
		}
	}
	h.types = append(h.types, run{typ: typ})
	return &h.types[len(h.types)-1]
}

func (h *head) size() int { return 8 + 1 + binary.MaxVarintLen64 + runsSize(h.types) }

// encode appends: life (8 bytes), flags (1: large entries), order, runs.
func (h *head) encode(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, h.life)
	flags := byte(0)
	if h.large {
		flags = 1
	}
	dst = append(dst, flags)
	dst = binary.AppendUvarint(dst, h.order)
	return encodeRuns(dst, h.types)
}

var errHead = errors.New("the head of a history does not decode")

func decodeHead(data []byte) (*head, error) {
	if len(data) < 9 || data[8] > 1 {
		return nil, errHead
	}
	h := &head{life: binary.BigEndian.Uint64(data), large: data[8] == 1}
	order, n := binary.Uvarint(data[9:])
	if n <= 0 {
		return nil, errHead
	}
	h.order = order
	var err error
	h.types, err = decodeRuns(data[9+n:])
	return h, err
}

func runsSize(runs []run) int { return binary.MaxVarintLen32 + 3*binary.MaxVarintLen64*len(runs) }

// encodeRuns appends the number of runs, then for each its type, its first number and its length.
func encodeRuns(dst []byte, runs []run) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(runs)))
	for _, r := range runs {
		dst = binary.AppendUvarint(dst, uint64(r.typ))
		dst = binary.AppendUvarint(dst, r.first)
		dst = binary.AppendUvarint(dst, r.next-r.first)
	}
	return dst
}

func decodeRuns(data []byte) ([]run, error) {
	ok := true
	next := func() uint64 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			ok = false
			return 0
		}
		data = data[n:]
		return v
	}
	n := next()
	if !ok || n > uint64(len(data))/3 {
		return nil, errHead
	}
	runs := make([]run, 0, n+1)
	for range n {
		typ, first, count := next(), next(), next()
		if typ > 1<<32-1 || first+count < first {
			return nil, errHead
		}
		runs = append(runs, run{uint32(typ), first, first + count})
	}
	if !ok || len(data) > 0 {
		return nil, errHead
	}
	return runs, nil
}
