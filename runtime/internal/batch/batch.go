// Package batch is what goes into one commit: the changes of a transaction, and besides these
// letters, emissions, positions and what else is to be stored with them, all or nothing.
// Batch.Assemble is the one place where the writes of a commit are put in one list.
//
// Each Processor makes a Batch. The goroutine that runs its task uses it, and it has no lock. It
// calls no store: its owner adds the positions, and commits what Assemble returns as a brook.Batch
// with preconditions.
package batch

import (
	"bytes"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Batch is what one commit is to bring, and what is to be told of it afterwards.
type Batch struct {
	Tx *txn.Tx

	Letters   []deadletter.Letter
	Items     []*outbox.Item // emissions
	Owed      []*outbox.Item // emissions of a rebuild, which become live with its generation
	Jobs      []*jobs.Job
	OwedJobs  []*jobs.Job     // as Owed
	Writes    []brook.Write   // of removed letters and the like
	Checks    []brook.Check   // that these rely on
	Positions []brook.Write   // of partitions, with what tells their repeats
	Effects   []outbox.Effect // to run after the commit
	Numbered  bool            // it has numbers of the numbered stream
	Parked    parked.Journal  // what changes of the parked events
	Outcomes  []Outcome       // of its events, by handler; none: it has none

	Events, Discarded, Repeats, Lapsed, Strays int
	Woken                                      int // events that were parked, and ran again
	Overdue                                    int // parked events that are reported
	Bytes                                      int // of the events' records
	Unknown                                    []Unknown
	Last                                       brook.Position // of the last event
	Started                                    time.Time
	Prefetched                                 time.Duration // time spent on prefetching

	tables  Tables
	board   *jobs.Board
	scratch []brook.Write // of Assemble
}

// Tables are those that a batch writes besides rows and indexes.
type Tables struct {
	Letters, Owed, Outbox, Parked, Jobs, OwedJobs brook.Table
	// Noted is where other processes hear of jobs; nil: nobody else writes the store.
	Noted brook.Table
}

// New returns an empty batch around a transaction.
func New(tx *txn.Tx) *Batch { return &Batch{Tx: tx} }

// On makes the batch and its transaction write a generation's tables. outbox is the app's table of
// emissions, and board has that of jobs; nil: the code has none. noted is where other processes
// hear of jobs, nil if there are none.
func (b *Batch) On(g *generation.Generation, outbox brook.Table, board *jobs.Board, noted brook.Table) {
	b.Tx.On(g.Tables, g.Unready)
	b.tables = Tables{
		Letters: g.Letters, Owed: g.Owed, Outbox: outbox, Parked: g.Parked,
		OwedJobs: g.OwedJobs,
	}
	if b.board = board; board != nil {
		b.tables.Jobs = board.Table
	}
	if board != nil && board.Shared {
		b.tables.Noted = noted
	}
}

// Size returns how many events ran in the batch, or are reported by it.
func (b *Batch) Size() int { return b.Events + b.Woken + b.Overdue }

// Assemble returns what the batch changes: rows with indexes and histories, letters, emissions, and
// what else was added to it. The writes are the caller's until Forget.
func (b *Batch) Assemble() []brook.Write {
	writes := b.Tx.Writes(b.scratch[:0])
	for i := range b.Letters {
		writes = append(writes, b.Letters[i].Write(b.tables.Letters))
	}
	for _, item := range b.Items {
		writes = append(writes, item.Write(b.tables.Outbox))
	}
	for _, item := range b.Owed {
		writes = append(writes, item.Write(b.tables.Owed))
	}
	writes = b.Parked.Writes(writes, parked.Tables{
		Events: b.tables.Parked, Letters: b.tables.Letters,
	}, b.lettered)
	for _, j := range b.Jobs {
		writes = append(writes, j.Write(b.tables.Jobs))
	}
	if b.tables.Noted != nil {
		writes = b.board.AppendNotes(writes, b.tables.Noted, b.Jobs, b.Positions)
	}
	for _, j := range b.OwedJobs {
		writes = append(writes, j.Write(b.tables.OwedJobs))
	}
	writes = append(writes, b.Writes...)
	b.scratch = append(writes, b.Positions...)
	return b.scratch
}

// lettered reports whether the batch has the letter of a key.
func (b *Batch) lettered(key []byte) bool {
	for i := range b.Letters {
		if bytes.Equal(b.Letters[i].AppendKey(nil), key) {
			return true
		}
	}
	return false
}

// Preconditions returns what the batch relies on if several processes write the store: the rows
// that its events read, the state of the app, and if they scanned, that nobody committed since what
// no position tells of. The caller adds the positions. It calls this only if the transaction tracks
// reads.
func (b *Batch) Preconditions(c *catalog.Catalog, mark *ExclusiveMark) []brook.Check {
	checks := append(b.Tx.ReadChecks(), c.Unchanged())
	if b.Tx.Scanned() {
		checks = append(checks, mark.Check(c.Meta()))
	}
	return checks
}

// ShrinkLetters removes a part of what can be read from the log again from the letters of a batch
// that was too large for the store, and from writes, which Assemble returned. It reports whether
// there was any. unblock is called for each letter whose key became too large to be kept.
func (b *Batch) ShrinkLetters(
	writes []brook.Write, unblock func(letter *deadletter.Letter, key []byte),
) (any bool) {
	for i := range b.Letters {
		letter := &b.Letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.Shrink() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			unblock(letter, held)
		}
		w := letter.Write(b.tables.Letters)
		for j := range writes {
			if writes[j].Table == w.Table && bytes.Equal(writes[j].Key, w.Key) {
				writes[j] = w
			}
		}
	}
	return any
}

// DropLetterItems removes from a batch that was too large for the store what publishes its letters
// to Config.DeadLetterTopic, and from writes, which Assemble returned. It returns what is left of
// these, and what was removed.
func (b *Batch) DropLetterItems(writes []brook.Write) (left []brook.Write, dropped []*outbox.Item) {
	b.Items = slices.DeleteFunc(b.Items, func(item *outbox.Item) bool {
		if item.Letter {
			dropped = append(dropped, item)
		}
		return item.Letter
	})
	return slices.DeleteFunc(writes, func(w brook.Write) bool {
		return w.Table == b.tables.Outbox && slices.ContainsFunc(dropped,
			func(item *outbox.Item) bool { return bytes.Equal(item.Key, w.Key) })
	}), dropped
}

// UnlessRewritten returns remove, which begins with the removal of a letter, without that if the
// batch writes the letter anew.
func (b *Batch) UnlessRewritten(remove []brook.Write) []brook.Write {
	if b.lettered(remove[0].Key) {
		return remove[1:]
	}
	return remove
}

// Forget empties the batch and keeps its memory.
func (b *Batch) Forget() {
	b.Tx.Reset()
	clear(b.scratch)
	clear(b.Positions)
	clear(b.Effects)
	clear(b.Outcomes)
	b.Parked.Forget()
	*b = Batch{
		Tx: b.Tx, Parked: b.Parked, tables: b.tables, board: b.board, scratch: b.scratch[:0],
		Positions: b.Positions[:0], Effects: b.Effects[:0], Outcomes: b.Outcomes,
		Letters: slices.Delete(b.Letters, 0, len(b.Letters)),
		Items:   slices.Delete(b.Items, 0, len(b.Items)),
		Jobs:    slices.Delete(b.Jobs, 0, len(b.Jobs)),
	}
}
