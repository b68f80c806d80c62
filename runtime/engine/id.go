package engine

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// idSource makes IDs that are unique in the world: a random part of its own and a counter.
type idSource struct {
	random [12]byte
	prefix string
	count  atomic.Uint64
}

func newIDSource() *idSource {
	s := &idSource{}
	rand.Read(s.random[:]) // never fails
	s.prefix = hex.EncodeToString(s.random[:]) + "-"
	return s
}

// next gives an ID for an event.
func (s *idSource) next() string { return s.prefix + strconv.FormatUint(s.count.Add(1), 36) }

// batch gives an ID for a commit.
func (s *idSource) batch() (id brook.BatchID) {
	copy(id[:8], s.random[:])
	binary.BigEndian.PutUint64(id[8:], s.count.Add(1))
	return id
}
