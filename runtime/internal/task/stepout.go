package task

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Pause waits between two tries of a task that visits no lock. If somebody who holds the quiesce
// lock runs it, others have the lock meanwhile.
func (t *Task) Pause(ctx context.Context, d time.Duration) error {
	if t.Rest == nil {
		return t.Sleep(ctx, d)
	}
	return t.Rest.Pause(ctx, d)
}

// pause waits between two tries of a commit. A task of the live views leaves the quiesce lock.
func (c *commit) pause(ctx context.Context, d time.Duration) error {
	if !c.visits {
		return c.Pause(ctx, d)
	}
	return c.stepOut(ctx, d)
}

// stepOut leaves the quiesce lock between two tries of a commit. If somebody acquired it meanwhile,
// and only memory can tell whether the batch still fits, the batch is put back, unless it is
// committed.
func (c *commit) stepOut(ctx context.Context, d time.Duration) error {
	turns := c.set.Lock.Turns()
	if c.Batch.Numbered {
		c.set.Emissions.Numbers = nil // others may number meanwhile
	}
	c.withhold()
	var err error
	if c.Rest != nil { // it runs exclusively
		turns++ // its own
		if err = c.Rest.Pause(ctx, d); c.Rest.Over {
			return err
		}
	} else {
		c.Leave()
		err = c.Sleep(ctx, d)
		if eerr := c.Enter(ctx); eerr != nil {
			return eerr
		}
	}
	others := c.set.Lock.Turns() != turns
	c.overtaken = c.overtaken || !c.set.Catalog.Fenced() && others
	if !c.overtaken { // else the letters may be dropped already: see recount
		c.restore()
	}
	return err
}

// eachLetter calls do with each letter of the batch and its partition.
func (c *commit) eachLetter(do func(*Partition, *deadletter.Letter)) {
	for i := range c.Batch.Letters {
		letter := &c.Batch.Letters[i]
		if p := c.Partition(partition.Of(letter.Position)); p != nil {
			do(p, letter)
		}
	}
}

// withhold takes the batch's letters out of the blocked keys, until restore or recount.
func (c *commit) withhold() {
	if c.withheld {
		return
	}
	c.withheld = true
	c.Batch.Parked.Undo()
	c.eachLetter(func(p *Partition, letter *deadletter.Letter) { p.Blocked.Remove(letter) })
}

// restore adds the batch's letters to the blocked keys again.
func (c *commit) restore() {
	c.withheld = false
	c.Batch.Parked.Redo()
	c.eachLetter(func(p *Partition, letter *deadletter.Letter) { p.Block(letter) })
}

// recount reads the blocked keys of the partitions anew, after a batch that was stored although its
// commit failed: what it parked may have been redriven or dropped since.
func (c *commit) recount(ctx context.Context) error {
	all, err := c.set.Letters.Blocked(ctx, c.Gen)
	if err != nil {
		return err
	}
	events, err := c.set.Letters.Parked(ctx, c.Gen)
	if err != nil {
		return err
	}
	emits := map[*deadletter.Letter]bool{}
	for i := range c.Batch.Letters {
		letter := &c.Batch.Letters[i]
		if !letter.AfterCommit() {
			continue
		}
		_, err := c.set.Reader.Get(ctx, c.Gen.Letters, letter.AppendKey(nil))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		emits[letter] = err == nil
	}
	c.Batch.Parked.Events().ReplaceOf(
		func(id partition.ID) bool { return c.Partition(id) != nil }, events)
	for _, p := range c.Partitions {
		now := all[p.ID]
		if now == nil {
			now = &deadletter.Blocked{}
		}
		p.Blocked.Replace(now)
	}
	c.eachLetter(func(p *Partition, letter *deadletter.Letter) {
		if emits[letter] {
			p.Blocked.Add(letter, false)
		}
	})
	c.withheld = false
	return nil
}
