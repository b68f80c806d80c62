package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// readSize is how many records are asked for at a time; two such chunks of a partition are in memory at most.
const readSize = 512

// feed is one partition in a lane: what was read of it and how far it is folded.
type feed struct {
	id     partition.ID
	log    string
	first  int64 // the first offset folded ever
	until  int64 // what is at or past it is not taken; -1: no end
	silent int64 // what is below was acted on before: it is folded silently

	read    backlog // and not committed
	next    int64   // all below is in the batch or committed
	base    int64   // all below is committed
	ahead   int64   // all below was read
	end     int64   // of the partition, as far as is known
	waiting int     // chunks of read for which no other one was asked for yet

	attempts int       // of the head
	broken   int       // tries of the head that the store failed, one after the other
	tried    int       // attempts of the first record of the batch, before it was taken
	held     time.Time // the head is not tried before
	unstored int       // tries of the head of which not even the letter could be stored
	full     bool      // it stands still for want of room for dead letters, which was told
	outbound int       // what waited in the outbox for it when the batch began
	epoch    int64
	unseen   bool   // the store has yet to learn that there is the partition
	stored   []byte // the position as the store has it; nil: it has none
	storing  []byte // as the batch writes it
	last     anchor // of the last record that is committed
	turning  anchor // as the batch writes it
	waits    *deadletter.Blocked
	folded   map[string]brook.Sequence // lane → the highest sequence folded; filled as they are met
	window   *window                   // of Config.DropRepeats; nil: it is not known
	emits    string                    // what the streams of emissions that are caused here begin with; "": not needed yet

	rebuild *rebuilding // that reads it, nil: none
	meets   anchor      // what the live views read last, which a rebuild is to find

	credit chan struct{} // a token for each chunk that may be read ahead
}

// chunk is what a reader hands to its lane.
type chunk struct {
	feed *feed
	brook.Chunk
	err  error // that ends the feed for good
	lost *gap  // what the log lost before it, and a rebuild goes on without
}

// bookmark returns where the feed is read on. Once it is being read, what that goes by is the lane's.
func (f *feed) bookmark() bookmark {
	return bookmark{id: f.id, next: f.next, last: f.last, ahead: f.meets}
}

// read reads a partition from a bookmark on, handing chunks to the lane as it has room, until ctx ends.
func (a *App) read(ctx context.Context, f *feed, at bookmark, out chan<- chunk) {
	var reader brook.PartitionReader
	defer func() {
		if reader != nil {
			if err := reader.Close(); err != nil {
				a.report.Failure(brook.Failure{What: "close", Position: f.id.At(at.next), Attempts: 1, Err: err, Final: true})
			}
		}
	}()
	for attempts := 0; ; {
		var err error
		if reader == nil {
			reader, err = at.open(ctx, a.config.Driver)
		}
		var c brook.Chunk
		if err == nil {
			c, err = reader.Read(ctx, readSize)
		}
		fresh := false
		if err == nil {
			fresh, err = at.check(&c)
		}
		var lost *gap
		if f.rebuild != nil && errors.Is(err, brook.ErrOutOfRange) {
			if reader != nil {
				_ = reader.Close()
				reader = nil
			}
			if c, lost, err = f.rebuild.overtaken(ctx, f.id, at.next); err == nil {
				fresh, err = at.check(&c)
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrOutOfRange) && f.rebuild == nil: // retention was faster: look what is to be done
			send(ctx, out, chunk{feed: f, err: errReload})
			return
		case errors.Is(err, brook.ErrPermanent) || errors.Is(err, brook.ErrOutOfRange) || errors.Is(err, brook.ErrRetention) || errors.Is(err, brook.ErrLogChanged):
			send(ctx, out, chunk{feed: f, err: fmt.Errorf("brook: read %s: %w", f.id.At(at.next), err)})
			return
		case err != nil:
			attempts++
			a.report.Failure(brook.Failure{What: "read", Position: f.id.At(at.next), Attempts: attempts, Err: err})
			if reader != nil {
				if cerr := reader.Close(); cerr != nil {
					a.report.Failure(brook.Failure{What: "close", Position: f.id.At(at.next), Attempts: attempts, Err: cerr})
				}
				reader = nil
			}
			if retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) != nil {
				return
			}
			continue
		}
		if attempts > 0 {
			a.report.Recovered("read", attempts, f.id.At(at.next))
		}
		attempts = 0
		if !fresh {
			continue
		}
		if !send(ctx, out, chunk{feed: f, Chunk: c, lost: lost}) {
			return
		}
		select {
		case <-f.credit:
		case <-ctx.Done():
			return
		}
	}
}

func send(ctx context.Context, out chan<- chunk, c chunk) bool {
	select {
	case out <- c:
		return true
	case <-ctx.Done():
		return false
	}
}

// take adds a chunk to the feed.
func (f *feed) take(c brook.Chunk) {
	f.read.add(c.Records)
	f.ahead, f.end = max(f.ahead, c.Next), max(f.end, c.End)
	f.waiting++
	if f.read.dry() {
		f.next = f.limit(f.ahead) // there were offsets without records
	}
}

// limit caps an offset where the feed has an end.
func (f *feed) limit(offset int64) int64 {
	if f.until >= 0 {
		return min(offset, f.until)
	}
	return offset
}

// head gives the record that is next, or nil.
func (f *feed) head() *brook.Record {
	return f.within(f.read.at(f.read.next))
}

// within gives r, or nil where the feed ends before it.
func (f *feed) within(r *brook.Record) *brook.Record {
	if r == nil || f.until >= 0 && r.Offset >= f.until {
		return nil
	}
	return r
}

// unread reports whether the partition has records that are not here yet.
func (f *feed) unread() bool { return f.read.dry() && f.ahead < f.limit(f.end) }

// pass moves on behind the head.
func (f *feed) pass() {
	if f.read.taken == 0 {
		f.tried = f.attempts
	}
	f.next = f.read.at(f.read.next).Offset + 1
	f.read.take()
	if f.read.dry() {
		f.next = f.limit(f.ahead)
	}
	f.attempts, f.held = 0, time.Time{}
}

// rewind puts the whole batch back. Its tries don't count.
func (f *feed) rewind() {
	if f.read.taken > 0 {
		f.attempts, f.held = f.tried, time.Time{}
	}
	f.read.rewind()
	f.next = f.base
}

// commit forgets the batch, which is in the store, and asks for more where there is room.
func (f *feed) commit() {
	f.read.forget()
	f.base, f.stored, f.last, f.unseen = f.next, f.storing, f.turning, false
	f.window.commit()
	for f.waiting > 0 && f.read.count < readSize {
		f.waiting--
		select {
		case f.credit <- struct{}{}:
		default: // nobody reads ahead
		}
	}
}

// source gives what the streams of emissions that are caused in the partition begin with.
func (f *feed) source(a *App) string {
	if f.emits == "" {
		f.emits = a.source(f.log, f.id)
	}
	return f.emits
}

// dirty reports whether the batch moves the feed on.
func (f *feed) dirty() bool { return f.next != f.base || f.unseen }

func newFeed(id partition.ID, p brook.Partition, w *deadletter.Blocked) *feed {
	f := &feed{id: id, log: p.Log, first: p.Start, until: -1, next: p.Start, base: p.Start, ahead: p.Start, end: p.End,
		waits: w, credit: make(chan struct{}, 4)}
	f.credit <- struct{}{}
	return f
}

// follow makes the feed go on where the views stand, which has to be a place of that very log.
func (f *feed) follow(s partition.Stored, p brook.Partition, goOn bool, report *report.Reporter) error {
	at := f.id.At(s.Next)
	if err := s.Check(p); err != nil {
		return err
	}
	switch {
	case s.Next < p.Start && !goOn:
		return fmt.Errorf("%w: the views stand at %s, and the partition starts at %d: %d records are missing; Config.OnRetention GoOn goes on without them",
			brook.ErrRetention, at, p.Start, p.Start-s.Next)
	case s.Next < p.Start:
		report.Warn("going on without events that the log no longer has", "position", at.String(), "missing", p.Start-s.Next)
		s.Next = p.Start
	}
	f.stored = s.Raw
	if s.Last >= p.Start {
		f.last = anchor{s.Last, s.Sum}
	}
	f.first, f.epoch, f.silent = s.First, s.Epoch, max(f.silent, s.Silent)
	f.next, f.base, f.ahead = s.Next, s.Next, s.Next
	return nil
}
