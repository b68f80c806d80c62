package input

import (
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// FetchSize is how many records are asked for at a time; two such fetches of a partition are in
// memory at most.
const FetchSize = 512

// Queue is what was read of one partition, and how far it is folded. Records that were committed
// are forgotten, those of the batch can be put back, and the others wait. One goroutine uses all
// but the permits: that of the task that folds the partition.
type Queue struct {
	ID  partition.ID
	Log string // the log's identity

	First  int64 // the first offset that was ever folded
	Silent int64 // what is below was acted on before: it is folded without acting
	Epoch  int64 // of the stored position
	Parks  bool  // events of it are parked, or were
	New    bool  // the store has yet to learn that there is the partition

	Attempts int // of the head, before this one

	Gauge *gauge.Partition // shows how far it is; nil: nobody looks

	backlog backlog // what was read and is not committed
	until   int64   // what is at or past it is not taken; -1: no end
	next    int64   // all below is in the batch or committed
	base    int64   // all below is committed
	ahead   int64   // all below was read
	end     int64   // of the partition, as far as is known
	unasked int     // fetches in the backlog in whose place no permit was issued yet

	touched bool      // the batch raises the epoch of the stored position
	tried   int       // attempts of the first record of the batch, before it was taken
	paused  time.Time // the head is not tried before this time; zero: it may be

	stored  []byte // the position as the store has it; nil: it has none
	staged  []byte // as the batch writes it
	last    Anchor // of the last record that is committed
	turning Anchor // as the batch writes it
	meets   Anchor // of what the live views read last, which a rebuild is to find

	permits chan struct{} // a token for each fetch that may be made ahead
}

// NewQueue returns the queue of a partition that is read from its start.
func NewQueue(p brook.Partition) *Queue {
	q := &Queue{
		ID: partition.ID{Topic: p.Topic, Number: p.Number}, Log: p.Log, First: p.Start,
		until: -1, next: p.Start, base: p.Start, ahead: p.Start, end: p.End,
		permits: make(chan struct{}, 4),
	}
	q.permits <- struct{}{}
	return q
}

// Single returns the queue of one record that was read before and was tried so many times. It has
// nothing behind that record.
func Single(id partition.ID, log string, attempts int) *Queue {
	return &Queue{ID: id, Log: log, Attempts: attempts, until: -1}
}

// Resume makes the queue go on at a stored position, which has to be one of that very log. If the
// log no longer has it, the error wraps ErrRetention, unless goOn says to go on without what is
// missing.
func (q *Queue) Resume(
	s partition.Stored, p brook.Partition, goOn bool, report *report.Reporter,
) error {
	at := q.ID.At(s.Next)
	if err := s.Check(p); err != nil {
		return err
	}
	switch {
	case s.Next < p.Start && !goOn:
		return fmt.Errorf("%w: the views stand at %s, and the partition starts at %d: "+
			"%d records are missing; Config.OnRetention GoOn goes on without them",
			brook.ErrRetention, at, p.Start, p.Start-s.Next)
	case s.Next < p.Start:
		report.Warn("going on without events that the log no longer has",
			"position", at.String(), "missing", p.Start-s.Next)
		s.Next = p.Start
	}
	q.stored = s.Raw
	if s.Last >= p.Start {
		q.last = Anchor{s.Last, s.Sum}
	}
	q.First, q.Epoch, q.Silent = s.First, s.Epoch, max(q.Silent, s.Silent)
	q.Parks = s.Parks
	q.next, q.base, q.ahead = s.Next, s.Next, s.Next
	return nil
}

// Meet makes the reader of the queue fail if it does not find the record that views at a stored
// position read last.
func (q *Queue) Meet(s partition.Stored) { q.meets = Anchor{s.Last, s.Sum} }

// Bookmark returns where the queue is read on. The reader that gets it uses it alone.
func (q *Queue) Bookmark() Bookmark {
	return Bookmark{id: q.ID, next: q.next, last: q.last, ahead: q.meets}
}

// Append adds what was read. The queue calls release, unless it is nil, once all of the chunk is
// committed: nothing of its records may be kept.
func (q *Queue) Append(c brook.Chunk, release func()) {
	q.backlog.add(chunk{c.Records, release})
	q.ahead, q.end = max(q.ahead, c.Next), max(q.end, c.End)
	q.unasked++
	if q.Dry() {
		q.next = q.limit(q.ahead) // there were offsets without records
	}
	if q.Gauge != nil {
		q.Gauge.Took(q.backlog.timeAt(cursor{}))
	}
}

// limit caps an offset if the queue has an end.
func (q *Queue) limit(offset int64) int64 {
	if q.until >= 0 {
		return min(offset, q.until)
	}
	return offset
}

// Head returns the record that is next, or nil.
func (q *Queue) Head() *brook.Record { return q.within(q.backlog.at(q.backlog.next)) }

// within returns r, or nil if the queue ends before it.
func (q *Queue) within(r *brook.Record) *brook.Record {
	if r == nil || q.until >= 0 && r.Offset >= q.until {
		return nil
	}
	return r
}

// Dry reports whether all that was read is in the batch.
func (q *Queue) Dry() bool { return q.backlog.dry() }

// Unread reports whether the partition has records that are not here yet.
func (q *Queue) Unread() bool { return q.Dry() && q.ahead < q.limit(q.end) }

// Advance takes the head into the batch.
func (q *Queue) Advance() {
	if q.backlog.taken == 0 {
		q.tried = q.Attempts
	}
	q.next = q.backlog.at(q.backlog.next).Offset + 1
	q.backlog.take()
	if q.Dry() {
		q.next = q.limit(q.ahead)
	}
	q.Attempts, q.paused = 0, time.Time{}
}

// PauseUntil makes the head wait until t.
func (q *Queue) PauseUntil(t time.Time) { q.paused = t }

// Rewind puts the whole batch back, as if its records had not been tried.
func (q *Queue) Rewind() {
	if q.backlog.taken > 0 {
		q.Attempts, q.paused = q.tried, time.Time{}
	}
	q.backlog.rewind()
	q.next, q.touched = q.base, false
}

// Stage returns the position that a commit of the batch is to store.
func (q *Queue) Stage() []byte {
	s := partition.Stored{
		Log: q.Log, First: q.First, Next: q.next, Epoch: q.Epoch, Parks: q.Parks,
	}
	if q.turning = q.last; q.backlog.taken > 0 {
		q.turning = AnchorOf(q.backlog.lastTaken())
	}
	s.Last, s.Sum = q.turning.Offset, q.turning.Sum
	if q.next < q.Silent {
		s.Silent = q.Silent
	}
	if q.touched {
		s.Epoch++
	}
	q.staged = s.Encode()
	return q.staged
}

// Staged returns what Stage returned last.
func (q *Queue) Staged() []byte { return q.staged }

// Stored returns the position as the store has it; nil: it has none.
func (q *Queue) Stored() []byte { return q.stored }

// Show shows that the batch is in the store. It comes before anybody who waits for that is told.
func (q *Queue) Show() {
	if q.Gauge != nil {
		q.Gauge.Committed(q.next, q.backlog.timeAt(q.backlog.next), q.backlog.lastTime())
	}
}

// Committed forgets the batch, which is in the store, and permits the reader to read ahead if there
// is room.
func (q *Queue) Committed() {
	q.backlog.forget()
	q.base, q.stored, q.last, q.New = q.next, q.staged, q.turning, false
	if q.touched {
		q.Epoch++
		q.touched = false
	}
	for q.unasked > 0 && q.backlog.count < FetchSize {
		q.unasked--
		select {
		case q.permits <- struct{}{}:
		default: // nobody reads ahead
		}
	}
}

// Moved reports whether the batch moves the partition on.
func (q *Queue) Moved() bool { return q.next != q.base }

// Touch makes the commit of the batch store the position with the next epoch, even if the batch does
// not move it: it changes something else that is the partition's.
func (q *Queue) Touch() { q.touched = true }

// TouchParked is Touch for a batch that changes which events of the partition are parked.
func (q *Queue) TouchParked() { q.touched, q.Parks = true, true }

// Dirty reports whether there is a position to be stored: the batch moves or touches it, or the
// store does not know the partition.
func (q *Queue) Dirty() bool { return q.Moved() || q.New || q.touched }

// Next returns the offset below which all is in the batch or committed.
func (q *Queue) Next() int64 { return q.next }

// Base returns the offset below which all is committed.
func (q *Queue) Base() int64 { return q.base }

// Ahead returns the offset below which all was read.
func (q *Queue) Ahead() int64 { return q.ahead }

// End returns the partition's end, as far as is known.
func (q *Queue) End() int64 { return q.end }

// Target returns where the queue ends: the partition's end, or where EndAt made it end before that.
func (q *Queue) Target() int64 { return q.limit(q.end) }

// EndAt makes the queue end at an offset, or where it stands if that is higher. It returns how many
// offsets are left.
func (q *Queue) EndAt(offset int64) (left int64) {
	q.until = max(q.base, offset)
	if q.Dry() {
		q.next = q.limit(q.ahead) // offsets without records that are known already
	}
	q.end = max(q.end, q.until)
	return q.until - q.base
}

// Finished reports whether the queue has an end and reached it.
func (q *Queue) Finished() bool { return q.until >= 0 && q.base >= q.until }
