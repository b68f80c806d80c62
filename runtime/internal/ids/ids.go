// Package ids makes IDs that are unique in the world, of events and of commits.
package ids

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// Source makes IDs that are unique in the world: a random part that no other Source has, and a
// counter. It is safe for concurrent use.
type Source struct {
	Prefix string // of all that Next returns; it does not change

	random [12]byte
	count  atomic.Uint64
}

// New returns a Source with a random part of its own.
func New() *Source {
	s := &Source{}
	rand.Read(s.random[:]) // never fails
	s.Prefix = hex.EncodeToString(s.random[:]) + "-"
	return s
}

// Next returns an ID for an event.
func (s *Source) Next() string { return s.Prefix + strconv.FormatUint(s.count.Add(1), 36) }

// Batch returns an ID for a commit.
func (s *Source) Batch() (id brook.BatchID) {
	copy(id[:8], s.random[:])
	binary.BigEndian.PutUint64(id[8:], s.count.Add(1))
	return id
}
