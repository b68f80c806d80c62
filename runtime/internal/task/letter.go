package task

import (
	"bytes"
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// letter returns the dead letter of an event that failed in a set, or in all sets if set is "". key
// is the key that it blocks, as text.
func (t *Task) letter(
	d *delivery.Delivery, set, stage string, err error, attempts int, key []byte,
) deadletter.Letter {
	if errors.Is(err, brook.ErrTooLarge) {
		stage = brook.StageApply
	}
	var stack []byte
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		stack = p.Stack
	}
	m := &d.Message
	return deadletter.Letter{Stack: stack, Owes: d.Owed(set), DeadLetter: brook.DeadLetter{
		Position: d.Position, ID: m.ID, Type: m.Type, Author: m.Author,
		Stage: stage, Set: set, Error: deadletter.ErrorText(err), Attempts: attempts,
		Time: time.Now().UTC(), Key: key, Record: *d.Record,
		Silent: d.Silent && (set == "" || !d.Owing(set)),
	}}
}

// park takes a letter into the batch, and blocks its key.
func (t *Task) park(p *Partition, letter deadletter.Letter) {
	t.Target.Silence(&letter)
	t.Batch.Letters = append(t.Batch.Letters, letter)
	p.Blocked.Add(&letter, t.set.Config.OnFailure != brook.GoOn)
}

// eachLetter calls do with each letter of the batch and the blocked keys of its partition.
func (t *Task) eachLetter(do func(*deadletter.Blocked, *deadletter.Letter)) {
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		for _, p := range t.Partitions {
			if p.ID == partition.Of(letter.Position) {
				do(p.Blocked, letter)
			}
		}
	}
}

// withhold takes the batch's letters out of the blocked keys, until restore or recount.
func (t *Task) withhold() {
	if t.withheld {
		return
	}
	t.withheld = true
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) {
		blocked.Remove(letter)
	})
}

// restore adds the batch's letters to the blocked keys again.
func (t *Task) restore() {
	t.withheld = false
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) {
		blocked.Add(letter, t.set.Config.OnFailure != brook.GoOn)
	})
}

// recount reads the blocked keys of the partitions anew, after a batch that was stored although its
// commit failed: what it parked may have been redriven or dropped since.
func (t *Task) recount(ctx context.Context) error {
	all, err := t.set.Letters.Blocked(ctx, t.Gen)
	if err != nil {
		return err
	}
	emits := map[*deadletter.Letter]bool{}
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		if letter.Stage != brook.StageEmit {
			continue
		}
		_, err := t.set.Reader.Get(ctx, t.Gen.Letters, letter.AppendKey(nil))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		emits[letter] = err == nil
	}
	for _, p := range t.Partitions {
		now := all[p.ID]
		if now == nil {
			now = &deadletter.Blocked{}
		}
		p.Blocked.Replace(now)
	}
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) {
		if emits[letter] {
			blocked.Add(letter, false)
		}
	})
	t.withheld = false
	return nil
}

// shrinkLetters removes a part of what can be read from the log again from the dead letters of a
// batch that was too large for the store. It reports whether there was any.
func (t *Task) shrinkLetters(batch *brook.Batch) (any bool) {
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.Shrink() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			t.unhold(letter, held)
		}
		w := letter.Write(t.Gen.Letters)
		for j := range batch.Writes {
			if batch.Writes[j].Table == w.Table && bytes.Equal(batch.Writes[j].Key, w.Key) {
				batch.Writes[j] = w
			}
		}
	}
	if any {
		batch.ID = t.set.IDs.Batch()
	}
	return any
}

// unhold lets later events of a key go on that the letter was to block: the key is too large to be
// kept.
func (t *Task) unhold(letter *deadletter.Letter, key []byte) {
	var blocked *deadletter.Blocked
	if p := t.Partition(partition.Of(letter.Position)); p != nil {
		blocked = p.Blocked
	} else {
		blocked = t.set.BlockedOf(partition.Of(letter.Position))
	}
	old := *letter
	old.Key = key
	blocked.Remove(&old)
	blocked.Add(letter, false)
}
