package badgerstore

import (
	"context"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/spare"
)

// commit is a unit of work for the committer that a caller waits for.
type commit struct {
	writes []write
	buf    []byte
	idle   spare.Idle
	spans  []span // of history entries

	drop *table
	do   func(*group) error // work of the store itself
	fill *fill

	err  error
	done chan struct{}
}

// write is a brook.Write, encoded.
type write struct {
	table   *table
	number  uint32 // of the table when it was staged; 0: there was nothing to remove
	keep    map[string]int
	key     []byte // the caller's
	remove  bool
	clear   bool
	value   span
	history []*brook.HistoryEntry // the caller's
	entries int                   // index of the first one in spans
}

// span is a range of commit.buf.
type span struct{ from, to int }

func (c *commit) bytes(s span) []byte { return c.buf[s.from:s.to:s.to] }

// largestSpare is the largest buffer that is kept for the next commit: one that is as large as the
// default memory takes has grown to 12 MB.
const largestSpare = 16 << 20

var commits = sync.Pool{New: func() any { return &commit{done: make(chan struct{}, 1)} }}

func (c *commit) release() {
	clear(c.writes)
	buf := c.idle.Keep(c.buf, largestSpare)
	*c = commit{writes: c.writes[:0], buf: buf, idle: c.idle, spans: c.spans[:0], done: c.done}
	commits.Put(c)
}

// Commit applies all writes of the batch, or none. Unless the store was opened with NoSync they
// are on the disk when it returns. Concurrent batches share one sync. A batch that is larger than
// [Store.Limit], or has a key of more than 64,971 bytes, is brook.ErrTooLarge. The context counts
// until the committer takes the batch.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.queue == nil {
		return ErrReadOnly
	}
	if len(b.Writes) == 0 {
		return s.usable()
	}
	c := commits.Get().(*commit)
	defer c.release()
	for i := range b.Writes {
		if err := s.encode(c, &b.Writes[i]); err != nil {
			return err
		}
	}
	return s.run(ctx, c)
}

// encode does the part of a write that can run concurrently with other commits.
func (s *Store) encode(c *commit, w *brook.Write) error {
	t, err := s.own(w.Table)
	if err != nil {
		return err
	}
	if w.Op > brook.Remove {
		return fmt.Errorf("badgerstore: table %s: unknown operation %d", t.name, w.Op)
	}
	if err := checkKey(t.table, w.Key); err != nil {
		return err
	}
	op := write{table: t.table, keep: t.keep, key: w.Key, remove: w.Op == brook.Remove,
		clear: w.Clear}
	if op.remove {
		c.writes = append(c.writes, op)
		return nil
	}
	from := len(c.buf)
	if c.buf, err = t.encode(c.buf, w.Value); err != nil {
		return err
	}
	op.value = span{from, len(c.buf)}
	op.history, op.entries = w.History, len(c.spans)
	for _, e := range w.History {
		from := len(c.buf)
		c.buf = appendEntry(c.buf, e)
		c.spans = append(c.spans, span{from, len(c.buf)})
	}
	c.writes = append(c.writes, op)
	return nil
}

// run passes c to the committer, and waits until it is done.
func (s *Store) run(ctx context.Context, c *commit) error {
	select {
	case s.queue <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		return ErrClosed
	}
	select {
	case <-c.done:
		return c.err
	case <-s.stopped:
	}
	select { // it may have been the last one
	case <-c.done:
		return c.err
	default:
		return ErrClosed
	}
}

func (c *commit) finish(err error) {
	c.err = err
	c.done <- struct{}{}
}
