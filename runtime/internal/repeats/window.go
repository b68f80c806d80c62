package repeats

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// window remembers the last events of a partition by author and ID, for Config.DropRepeats. They
// are numbered, and stored in blocks of windowBlock. A commit writes the last block, and those
// that were filled since the commit before.
type window struct {
	size   int
	last   map[eventHash]int64 // the number of each event in it
	queue  []eventHash         // the same, oldest first; of an event that came twice, both
	next   int64               // the number of the next event
	stored int64               // events below are stored
	oldest int64               // the first block that the store may have
}

// eventHash is a hash of author and ID: 16 bytes of SHA-256.
type eventHash [16]byte

// windowBlock is how many events a full block has.
const windowBlock = 256

// hashEvent returns the hash of an event.
func hashEvent(m *brook.Message) (h eventHash) {
	b := make([]byte, 0, 128)
	b = append(append(append(b, m.Author...), 0), m.ID...)
	sum := sha256.Sum256(b)
	copy(h[:], sum[:])
	return h
}

// windowKey returns the key of a block.
func windowKey(id partition.ID, block int64) []byte {
	return key.AppendInt(id.AppendKey(nil), block)
}

// openWindow reads the window of a partition from the store.
func openWindow(
	ctx context.Context, reader brook.Reader, t brook.Table, id partition.ID, size int,
) (*window, error) {
	w := &window{size: size, last: map[eventHash]int64{}}
	from := id.AppendKey(nil)
	for row, err := range reader.Scan(ctx, t, from, key.Successor(from)) {
		if err != nil {
			return nil, err
		}
		r := key.Read(row.Key)
		partition.ReadID(&r)
		block := key.ReadInt[int64](&r)
		hashes := row.Value.Data.([]byte)
		const size = len(eventHash{})
		if r.End() != nil || len(hashes)%size != 0 || len(hashes) > windowBlock*size {
			return nil, fmt.Errorf("brook: stored window of %s/%d: %w: %w",
				id.Topic, id.Number, key.ErrCorrupt, brook.ErrPermanent)
		}
		switch {
		case w.next == 0:
			w.oldest = block
		case w.next != block*windowBlock:
			// Blocks between were never needed, and those before are too old.
			w.queue = nil
			clear(w.last)
		}
		w.next = block * windowBlock
		for ; len(hashes) > 0; hashes = hashes[len(eventHash{}):] {
			w.add(eventHash(hashes))
		}
	}
	w.stored = w.next
	return w, nil
}

// add adds the next event, and forgets those that are too old.
func (w *window) add(h eventHash) {
	w.last[h] = w.next
	w.queue = append(w.queue, h)
	w.next++
	for len(w.queue) > w.size {
		if first := w.queue[0]; w.last[first] == w.next-int64(len(w.queue)) {
			delete(w.last, first)
		}
		w.queue = w.queue[1:]
	}
}

// windowCleans is how many blocks that are too old one commit removes at most. There are more if
// the window was made smaller.
const windowCleans = 16

// writes appends what stores the window: the blocks that have new events, and the removal of those
// that are too old.
func (w *window) writes(writes []brook.Write, t brook.Table, id partition.ID) []brook.Write {
	if w == nil || w.stored == w.next {
		return writes
	}
	first := w.next - int64(len(w.queue)) // the oldest event
	for block := max(w.stored, first) / windowBlock; block*windowBlock < w.next; block++ {
		var value []byte
		for n := block * windowBlock; n < min((block+1)*windowBlock, w.next); n++ {
			var h eventHash
			if n >= first {
				h = w.queue[n-first]
			} else { // it is too old: nothing is known of it, and nothing needed
				binary.BigEndian.PutUint64(h[:], uint64(n))
			}
			value = append(value, h[:]...)
		}
		writes = append(writes, brook.Write{Table: t, Key: windowKey(id, block), Value: value})
	}
	for block := w.oldest; block < w.keeps(); block++ {
		writes = append(writes, brook.Write{Table: t, Key: windowKey(id, block), Op: brook.Remove})
	}
	return writes
}

// keeps returns the first block that the next commit leaves in the store.
func (w *window) keeps() int64 {
	first := (w.next - int64(len(w.queue))) / windowBlock
	return max(w.oldest, min(first, w.stored/windowBlock+1, w.oldest+windowCleans))
}

// commit notes that what writes returned is in the store.
func (w *window) commit() {
	if w != nil && w.stored != w.next {
		w.oldest, w.stored = w.keeps(), w.next
	}
}
