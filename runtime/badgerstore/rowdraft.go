package badgerstore

import (
	"hash/maphash"
	"slices"
)

// edit returns the index that the commit in progress makes.
func (t *rows) edit() *rowIndex {
	if t.draft == nil {
		ix := t.index.Load()
		t.draft = &rowIndex{blocks: slices.Clone(ix.blocks), whole: ix.whole, since: ix.since}
	}
	return t.draft
}

// current returns the index with what the commit in progress did so far.
func (t *rows) current() *rowIndex {
	if t.draft != nil {
		return t.draft
	}
	return t.index.Load()
}

// publish shows readers the draft.
func (t *rows) publish() {
	if t.draft != nil {
		t.index.Store(t.draft)
		t.draft = nil
	}
}

// put stores a version of a row.
func (t *rows) put(key []byte, v *version) {
	hash := t.hash.Load()
	if r := hash.get(key); r != nil {
		t.size -= r.size()
		r.last.Store(v)
		r.use()
		t.size += r.size()
		return
	}
	if !t.current().whole && !t.again(key) {
		t.lost = v.ts
		return
	}
	t.add(key, v, v.ts)
}

// again reports whether a row was written lately that was not there: of a table that does not fit
// into memory only such rows are taken. So rows that are written once push no others out, and cost
// 0.06 µs.
func (t *rows) again(key []byte) bool {
	if t.seen == nil {
		t.seen = new([64 << 10]uint32)
	}
	h := maphash.Bytes(rowSeed, key)
	at := &t.seen[h%uint64(len(t.seen))]
	if *at == uint32(h>>32) {
		return true
	}
	*at = uint32(h >> 32)
	return false
}

// add adds a row that is not there.
func (t *rows) add(key []byte, v *version, ts uint64) {
	hash := t.hash.Load()
	r := &row{key: string(key)}
	r.last.Store(v)
	t.edit().insert(r, ts)
	if more := hash.add(r); more != hash {
		t.hash.Store(more)
	}
	t.size += r.size()
}

// remove stores that a row does not exist. In an index that is whole it stays until no instant in
// use has it: whoever scans such an instant must come across it.
func (t *rows) remove(key []byte, ts uint64) {
	if !t.current().whole {
		t.lost = ts
	}
	r := t.hash.Load().get(key)
	if r == nil {
		return
	}
	t.size -= r.size()
	r.last.Store(&version{ts: ts, state: rowRemoved})
	t.size += r.size()
	if !t.current().whole {
		t.delete(r, ts)
		return
	}
	t.removed = append(t.removed, removal{r, ts})
}

// sweep deletes rows that were removed by commits up to inUse: all instants in use have it.
func (t *rows) sweep(ts, inUse uint64) {
	n := 0
	for ; n < len(t.removed) && t.removed[n].ts <= inUse; n++ {
		r := t.removed[n].row
		if v := r.last.Load(); v.state != rowRemoved || v.ts != t.removed[n].ts {
			continue // it was written again
		}
		t.delete(r, ts)
	}
	t.removed = slices.Delete(t.removed, 0, n)
}

// delete takes a row out.
func (t *rows) delete(r *row, ts uint64) {
	t.size -= r.size()
	t.edit().delete(r, ts)
	t.hash.Load().delete(r)
}

// evict lets go of some rows: of those of a part of the blocks that were not used since it came by.
func (t *rows) evict(ts uint64) {
	if shown := t.index.Load(); shown.whole { // and will not be before a row goes
		t.index.Store(&rowIndex{blocks: shown.blocks})
	}
	ix, hash := t.edit(), t.hash.Load()
	ix.whole, t.removed, t.lost = false, nil, ts
	for range len(ix.blocks)/16 + 1 {
		if t.hand >= len(ix.blocks) {
			t.hand = 0
		}
		if len(ix.blocks) == 0 {
			return
		}
		b := ix.own(t.hand, ts)
		kept := b.rows[:0]
		for _, r := range b.rows {
			if r.used.Swap(false) && r.last.Load().state != rowRemoved {
				kept = append(kept, r)
			} else {
				t.size -= r.size()
				hash.delete(r)
			}
		}
		clear(b.rows[len(kept):])
		b.rows = kept
		switch {
		case len(kept) == 0:
			ix.blocks = slices.Delete(ix.blocks, t.hand, t.hand+1)
		case t.hand > 0 && len(kept)+len(ix.blocks[t.hand-1].rows) <= rowsInBlock:
			before := ix.own(t.hand-1, ts)
			before.rows = append(before.rows, kept...)
			ix.blocks = slices.Delete(ix.blocks, t.hand, t.hand+1)
		default:
			t.hand++
		}
	}
}

// own returns block b, which may be changed.
func (ix *rowIndex) own(b int, ts uint64) *rowBlock {
	block := ix.blocks[b]
	if block.made != ts {
		rows := append(make([]*row, 0, min(len(block.rows)+8, rowsInBlock)), block.rows...)
		block = &rowBlock{rows: rows, made: ts}
		ix.blocks[b] = block
	}
	return block
}

// insert adds a row that is not there.
func (ix *rowIndex) insert(r *row, ts uint64) {
	b, i := ix.find(r.key)
	if len(ix.blocks) == 0 {
		ix.blocks = append(ix.blocks, &rowBlock{rows: []*row{r}, made: ts})
		return
	}
	block := ix.own(b, ts)
	if len(block.rows) == rowsInBlock {
		half := rowsInBlock / 2
		if b == len(ix.blocks)-1 && i == rowsInBlock {
			half = rowsInBlock - 1 // keys that rise leave full blocks
		}
		behind := &rowBlock{rows: slices.Clone(block.rows[half:]), made: ts}
		clear(block.rows[half:])
		block.rows = block.rows[:half]
		ix.blocks = slices.Insert(ix.blocks, b+1, behind)
		if i > half {
			block, i = behind, i-half
		}
	}
	block.rows = slices.Insert(block.rows, i, r)
}

// delete takes a row out.
func (ix *rowIndex) delete(r *row, ts uint64) {
	b, i := ix.find(r.key)
	block := ix.own(b, ts)
	if len(block.rows) == 1 {
		ix.blocks = slices.Delete(ix.blocks, b, b+1)
		return
	}
	block.rows = slices.Delete(block.rows, i, i+1)
}
