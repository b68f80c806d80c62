package catalog

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// IDs makes IDs that are unique in the world: a random part of its own and a counter.
type IDs struct {
	random [12]byte
	Prefix string
	count  atomic.Uint64
}

func NewIDs() *IDs {
	s := &IDs{}
	rand.Read(s.random[:]) // never fails
	s.Prefix = hex.EncodeToString(s.random[:]) + "-"
	return s
}

// Next gives an ID for an event.
func (s *IDs) Next() string { return s.Prefix + strconv.FormatUint(s.count.Add(1), 36) }

// Batch gives an ID for a commit.
func (s *IDs) Batch() (id brook.BatchID) {
	copy(id[:8], s.random[:])
	binary.BigEndian.PutUint64(id[8:], s.count.Add(1))
	return id
}
