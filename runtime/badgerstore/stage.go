package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// fewEntries is how many history entries a commit deletes itself. More are left to the purger.
const fewEntries = 64

// stage computes the entries of a commit. It reads through the transaction, so it sees the earlier
// commits of the group.
func (g *group) stage(c *commit) error {
	if c.do != nil {
		return c.do(g)
	}
	if c.fill != nil {
		g.fills = true
		return nil
	}
	if c.drop != nil {
		g.dropTable(c.drop)
		return nil
	}
	for i := range c.writes {
		w := &c.writes[i]
		if err := g.stageWrite(c, w); err != nil {
			return fmt.Errorf("badgerstore: table %s: write at %.100q: %w", w.table.name, w.key,
				failed(err))
		}
	}
	return nil
}

func (g *group) stageWrite(c *commit, w *write) error {
	t := w.table
	w.number = t.staged.number
	if w.number == 0 {
		if w.remove {
			return nil
		}
		g.nameTable(t)
		w.number = t.staged.number
	}
	number := w.number
	key := g.key(number, kindRow, w.key)
	if t.staged.large {
		if err := g.removePieces(key, number, kindPiece, w.key); err != nil {
			return err
		}
	}
	if w.remove {
		g.remove(key)
	} else {
		g.setRow(t, key, w.key, c.bytes(w.value))
	}
	if t.staged.histories && (w.remove || w.clear) || len(w.history) > 0 {
		return g.stageHistory(c, w, number)
	}
	return nil
}

func (g *group) stageHistory(c *commit, w *write, number uint32) error {
	key := g.key(number, kindHead, w.key)
	h, err := g.head(key)
	if err != nil {
		return err
	}
	cleared := h != nil && (w.remove || w.clear)
	if cleared {
		if err := g.removeEntries(number, w.key, h, h.types); err != nil {
			return err
		}
		h = nil
	}
	changed := false
	if !w.remove && len(w.history) > 0 {
		if h == nil {
			h = &head{life: g.ts<<16 | uint64(g.number)}
		} else {
			h = h.clone()
		}
		if changed, err = g.append(c, w, number, h); err != nil {
			return err
		}
	}
	switch {
	case changed:
		g.set(key, h.encode(g.bytes.take(h.size())), 0)
	case cleared:
		h = nil
		g.remove(key)
	default:
		return nil
	}
	g.heads = append(g.heads, headChange{key, h})
	if changed && !w.table.staged.histories {
		w.table.staged.histories = true
		g.saveTable(w.table)
	}
	return nil
}

// append adds the entries of a write to h, and trims it. It reports whether h changed.
func (g *group) append(c *commit, w *write, number uint32, h *head) (changed bool, err error) {
	before := h.clone()
	types := make([]uint32, len(w.history))
	for i, e := range w.history {
		types[i] = g.typeNumber(e.Type)
		h.of(types[i]).next++
	}
	var surplus []run
	for i := range h.types {
		r := &h.types[i]
		limit, limited := w.keep[g.store.types.names[r.typ]]
		if n := uint64(max(limit, 0)); limited && r.next-r.first > n {
			first := r.next - n
			if old := before.of(r.typ); old.first < min(first, old.next) {
				surplus = append(surplus, run{r.typ, old.first, min(first, old.next)})
			}
			r.first = first
		}
	}
	if err := g.removeEntries(number, w.key, h, surplus); err != nil {
		return false, err
	}
	changed = len(surplus) > 0
	for i := range w.history {
		old := before.of(types[i])
		seq := old.next
		old.next++
		order := h.order
		h.order++
		if seq < h.of(types[i]).first {
			continue // trimmed at once
		}
		changed = true
		data := c.bytes(c.spans[w.entries+i])
		binary.BigEndian.PutUint64(data, order)
		key := g.entryKey(number, kindEntry, w.key, h.life, types[i], seq)
		if len(data) <= pieceLen(key[prefixLen:]) {
			g.set(key, data, 0)
			continue
		}
		h.large = true
		g.setPieces(key, number, kindEntryPiece, key[prefixLen:], data)
	}
	return changed, nil
}

// removeEntries deletes entries, or leaves them to the purger if there are many.
func (g *group) removeEntries(number uint32, key []byte, h *head, runs []run) error {
	n := uint64(0)
	for _, r := range runs {
		n += r.next - r.first
	}
	if n > fewEntries {
		g.deferPurge(purge{table: number, key: key, life: h.life, large: h.large, runs: runs})
		return nil
	}
	for _, r := range runs {
		for seq := r.first; seq < r.next; seq++ {
			if err := g.removeEntry(number, key, h.life, h.large, r.typ, seq); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *group) removeEntry(number uint32, key []byte, life uint64, large bool, typ uint32,
	seq uint64) error {
	k := g.entryKey(number, kindEntry, key, life, typ, seq)
	if large {
		if err := g.removePieces(k, number, kindEntryPiece, k[prefixLen:]); err != nil {
			return err
		}
	}
	g.remove(k)
	return nil
}

// head returns the head at a key, nil if there is none. The caller must not change it.
func (g *group) head(key []byte) (*head, error) {
	if h := g.store.heads.get(key); h != nil {
		return h, nil
	}
	h, err := readHead(g.txn, key)
	if h != nil {
		g.store.heads.put(key, h)
	}
	return h, err
}

func readHead(txn *badger.Txn, key []byte) (h *head, err error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = item.Value(func(data []byte) (err error) {
		if h, err = decodeHead(data); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return nil
	})
	return h, err
}

func (g *group) key(number uint32, kind byte, key []byte) []byte {
	return appendKey(g.bytes.take(prefixLen+len(key)), number, kind, key)
}

func (g *group) entryKey(number uint32, kind byte, key []byte, life uint64, typ uint32,
	seq uint64) []byte {
	return appendEntryKey(g.bytes.take(prefixLen+len(key)+entryTail), number, kind, key,
		life, typ, seq)
}
