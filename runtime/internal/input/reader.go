// Package input reads partitions of the log ahead of the tasks that fold them, and keeps what was
// read in a queue for each partition until it is committed. Queues are those of one task, and
// choose whose record is next.
//
// Each processor.Partition is made with its queue. A goroutine for each partition runs Reader.Read
// and sends what it reads to the task, which appends it to the queue. Queues and bookmarks have no
// lock: the task's goroutine uses its queues, the reader's goroutine its bookmark. Only the
// permits, a channel, pass from the one to the other. Progress has a mutex: tasks advance it, and
// any goroutine reads it or waits.
package input

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Fetch is what a reader hands to a task.
type Fetch struct {
	Queue *Queue
	brook.Chunk
	Release func() // returns the chunk's records to a driver that lent them; nil: they are not lent
	Err     error  // that ends the queue for good
	Gap     *Gap   // what the log lost before it, if the task goes on without
}

// Gap is a range of offsets that the log lost while it was read.
type Gap struct{ From, To int64 }

// Reader reads partitions. It is safe for concurrent use.
type Reader struct {
	Driver brook.Driver
	Policy brook.Retry
	Report *report.Reporter
	// Overtaken is called if the log no longer has the offset that is to be read next. It returns
	// how the reader goes on. An error that wraps retry.ErrRestart is handed to the task as it is,
	// and so ends the queue; others are as if the driver had returned them.
	Overtaken func(ctx context.Context, id partition.ID, next int64) (brook.Chunk, *Gap, error)
}

// Read reads a partition from a bookmark on, until ctx ends, and sends what it reads to the task,
// as far ahead as the queue permits. A driver that fails is tried again.
func (r *Reader) Read(ctx context.Context, q *Queue, at Bookmark, out chan<- Fetch) {
	var reader brook.PartitionReader
	closing := 0     // times that it failed since the last success
	opening := false // it failed last
	empty := 0       // answers in a row that came at once and had nothing new
	closeReader := func(attempts int, final bool) {
		if reader == nil {
			return
		}
		if err := reader.Close(); err != nil {
			at := q.ID.At(at.next)
			f := brook.Failure{What: "close", Position: at, Attempts: attempts, Err: err,
				Final: final}
			r.Report.Failure(f)
			closing++
		}
		reader = nil
	}
	backoff := retry.Backoff{Policy: r.Policy, Report: r.Report}
	defer func() {
		closeReader(1, true)
		backoff.Ended()
		if closing > 0 {
			r.Report.Ended("", "close", q.ID.At(at.next))
		}
	}()
	for {
		var err error
		if reader == nil {
			if reader, err = at.Open(ctx, r.Driver); err != nil {
				opening = true
			} else if opening { // the partition may be empty, and then nothing is read for long
				opening = false
				q.Gauge.ReadFails(nil)
				backoff.Succeeded()
			}
		}
		f := Fetch{Queue: q}
		asked := time.Now()
		if err == nil {
			q.Gauge.Asks()
			lasting := backoff.Lasting() // there may be nothing to be read
			f.Chunk, f.Release, err = ReadChunk(ctx, reader)
			lasting()
		}
		fresh := false
		if err == nil {
			fresh, err = at.Check(&f.Chunk)
		}
		if errors.Is(err, brook.ErrOutOfRange) {
			if reader != nil {
				_ = reader.Close() // it has nothing to read any more
				reader = nil
			}
			f.Release = nil
			if f.Chunk, f.Gap, err = r.Overtaken(ctx, q.ID, at.next); err == nil {
				fresh, err = at.Check(&f.Chunk)
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, retry.ErrRestart):
			send(ctx, out, Fetch{Queue: q, Err: err})
			return
		case lasting(err):
			err = fmt.Errorf("brook: read %s: %w", q.ID.At(at.next), err)
			send(ctx, out, Fetch{Queue: q, Err: err})
			return
		case err != nil:
			closeReader(backoff.Failures()+1, false)
			q.Gauge.ReadFails(err)
			f := brook.Failure{What: "read", Position: q.ID.At(at.next), Err: err}
			if backoff.Failed(ctx, f) != nil {
				return
			}
			continue
		}
		// To read again what was read before is no success, if there is more: it comes before each
		// attempt at the record that can't be read.
		if (fresh || f.Next >= f.End) && backoff.Failures() > 0 {
			q.Gauge.ReadFails(nil)
			backoff.Succeeded()
			if closing > 0 { // those that failed are gone
				r.Report.Ended("", "close", q.ID.At(at.next))
				closing = 0
			}
		}
		q.Gauge.Answers(at.next, f.End, first(f.Records))
		if !fresh {
			chunk{nil, f.Release}.end()
			if empty++; time.Since(asked) >= emptyWait {
				empty = 0
			}
			if empty > mostEmpty && retry.Sleep(ctx, emptyWait) != nil {
				return
			}
			continue
		}
		empty = 0
		if !send(ctx, out, f) {
			return
		}
		select {
		case <-q.permits:
		case <-ctx.Done():
			return
		}
	}
}

// A driver waits for a record if there is none. One that answers at once, again and again, that there
// is nothing new is asked after a while each time.
const (
	mostEmpty = 8
	emptyWait = 10 * time.Millisecond
)

// ReadChunk reads the next records of a partition, and has them lent if the driver can do that: see
// brook.Lender.
func ReadChunk(ctx context.Context, r brook.PartitionReader) (brook.Chunk, func(), error) {
	if l, ok := r.(brook.Lender); ok {
		return l.Lend(ctx, FetchSize)
	}
	c, err := r.Read(ctx, FetchSize)
	return c, nil, err
}

// first returns the time of the first record, zero if there is none.
func first(records []brook.Record) time.Time {
	if len(records) == 0 {
		return time.Time{}
	}
	return records[0].Time
}

// lasting reports whether trying again won't help a reader.
func lasting(err error) bool {
	return errors.Is(err, brook.ErrPermanent) || errors.Is(err, brook.ErrOutOfRange) ||
		errors.Is(err, brook.ErrRetention) || errors.Is(err, brook.ErrLogChanged)
}

// send sends f to a task. It reports whether the task took it before ctx ended.
func send(ctx context.Context, out chan<- Fetch, f Fetch) bool {
	select {
	case out <- f:
		return true
	case <-ctx.Done():
		return false
	}
}
