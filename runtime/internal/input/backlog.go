package input

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// backlog is what was read of a partition and is not committed. Its records stay in the chunks that
// the driver returned, which are shared and do not change before they are released; the first of
// them are in the batch.
type backlog struct {
	chunks []chunk // none is empty
	count  int     // records in chunks
	taken  int     // of these, how many are in the batch
	next   cursor  // behind the batch
}

// chunk holds records that were read at once, and returns them to who lent them.
type chunk struct {
	records []brook.Record
	release func() // nil: they are not lent
}

// end returns the records to who lent them. Nobody may look at them any more.
func (c chunk) end() {
	if c.release != nil {
		c.release()
	}
}

// cursor points at a record of a backlog: the chunk, and the place in it.
type cursor struct{ chunk, at int }

// add adds a chunk behind all others.
func (b *backlog) add(c chunk) {
	if len(c.records) == 0 {
		c.end()
		return
	}
	b.chunks = append(b.chunks, c)
	b.count += len(c.records)
}

// at returns the record at a cursor, or nil if there is none yet.
func (b *backlog) at(c cursor) *brook.Record {
	if c.chunk == len(b.chunks) {
		return nil
	}
	return &b.chunks[c.chunk].records[c.at]
}

// after returns the cursor of the record that follows.
func (b *backlog) after(c cursor) cursor {
	if c.at++; c.at == len(b.chunks[c.chunk].records) {
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

// forget drops the batch, and releases the chunks that are all in it.
func (b *backlog) forget() {
	whole := b.next.chunk
	for _, c := range b.chunks[:whole] {
		c.end()
	}
	n := copy(b.chunks, b.chunks[whole:])
	clear(b.chunks[n:])
	b.chunks = b.chunks[:n]
	if n > 0 {
		b.chunks[0].records = b.chunks[0].records[b.next.at:]
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
		return &b.chunks[b.next.chunk].records[b.next.at-1]
	}
	records := b.chunks[b.next.chunk-1].records
	return &records[len(records)-1]
}

// timeAt returns the time of the record at a cursor, zero if there is none yet.
func (b *backlog) timeAt(c cursor) time.Time {
	if r := b.at(c); r != nil {
		return r.Time
	}
	return time.Time{}
}

// lastTime returns the time of the last record of the batch, zero if it has none.
func (b *backlog) lastTime() time.Time {
	if r := b.lastTaken(); r != nil {
		return r.Time
	}
	return time.Time{}
}
