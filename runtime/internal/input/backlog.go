package input

import brook "github.com/brookgen/brookgen/runtime"

// backlog is what was read of a partition and is not committed. Its records stay in the chunks that
// the driver returned, which are shared and never change; the first of them are in the batch.
type backlog struct {
	chunks [][]brook.Record // none is empty
	count  int              // records in chunks
	taken  int              // of these, how many are in the batch
	next   cursor           // behind the batch
}

// cursor points at a record of a backlog: the chunk, and the place in it.
type cursor struct{ chunk, at int }

// add adds a chunk behind all others.
func (b *backlog) add(records []brook.Record) {
	if len(records) > 0 {
		b.chunks = append(b.chunks, records)
		b.count += len(records)
	}
}

// at returns the record at a cursor, or nil if there is none yet.
func (b *backlog) at(c cursor) *brook.Record {
	if c.chunk == len(b.chunks) {
		return nil
	}
	return &b.chunks[c.chunk][c.at]
}

// after returns the cursor of the record that follows.
func (b *backlog) after(c cursor) cursor {
	if c.at++; c.at == len(b.chunks[c.chunk]) {
		return cursor{c.chunk + 1, 0}
	}
	return c
}

// end returns the cursor behind all records.
func (b *backlog) end() cursor { return cursor{len(b.chunks), 0} }

// dry reports whether all that was read is in the batch.
func (b *backlog) dry() bool { return b.taken == b.count }

// take moves the next record into the batch.
func (b *backlog) take() {
	b.next = b.after(b.next)
	b.taken++
}

// rewind empties the batch.
func (b *backlog) rewind() { b.taken, b.next = 0, cursor{} }

// forget drops the batch.
func (b *backlog) forget() {
	whole := b.next.chunk
	n := copy(b.chunks, b.chunks[whole:])
	clear(b.chunks[n:])
	b.chunks = b.chunks[:n]
	if n > 0 {
		b.chunks[0] = b.chunks[0][b.next.at:]
	}
	b.count -= b.taken
	b.rewind()
}

// lastTaken returns the last record of the batch, or nil.
func (b *backlog) lastTaken() *brook.Record {
	if b.taken == 0 {
		return nil
	}
	if b.next.at > 0 {
		return &b.chunks[b.next.chunk][b.next.at-1]
	}
	chunk := b.chunks[b.next.chunk-1]
	return &chunk[len(chunk)-1]
}
