package catalog

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// IDs makes IDs that are unique in the world: a random part that no other IDs has, and a counter.
// It is safe for concurrent use.
type IDs struct {
	Prefix string // of all that Next returns; it does not change

	random [12]byte
	count  atomic.Uint64
}

// NewIDs returns an IDs with a random part of its own.
func NewIDs() *IDs {
	s := &IDs{}
	rand.Read(s.random[:]) // never fails
	s.Prefix = hex.EncodeToString(s.random[:]) + "-"
	return s
}

// Next returns an ID for an event.
func (s *IDs) Next() string { return s.Prefix + strconv.FormatUint(s.count.Add(1), 36) }

// Batch returns an ID for a commit.
func (s *IDs) Batch() (id brook.BatchID) {
	copy(id[:8], s.random[:])
	binary.BigEndian.PutUint64(id[8:], s.count.Add(1))
	return id
}
