package emission

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// skipped is how many numbers are left out by who finds those of another process, or of one that
// ended: more than what a store can have lost that was published already.
const skipped = 1 << 20

// ErrNoRecord is returned for an emission whose record the envelope can't open, or make anew with
// its number.
var ErrNoRecord = errors.New("brook: the record can't be renumbered")

// Open makes sure that Numbers is what the store has. The caller holds the quiesce lock.
func (k *Maker) Open(ctx context.Context) error {
	if k.Numbers != nil {
		return nil
	}
	name := k.Stem() + "/" + rand.Text()[:16]
	n := &publisher.Sequence{Stream: name, Next: 1, Restored: k.Restoration}
	v, err := k.Reader.Get(ctx, k.Publisher.Sending, publisher.SequenceKey)
	switch {
	case errors.Is(err, brook.ErrNotFound):
	case err != nil:
		return err
	default:
		if n, err = publisher.DecodeSequence(v.Data.([]byte)); err != nil {
			return err
		}
		n.Next += skipped
		if n.Restored != k.Restoration {
			n.Stream, n.Restored = name, k.Restoration
		}
	}
	k.Numbers = n
	return nil
}

// Number makes a message the next one of the numbered stream, and returns its number. The caller
// holds the quiesce lock, and called Open.
func (k *Maker) Number(m *brook.Message) int64 {
	n := k.Numbers
	number := n.Next
	n.Next++
	stream.Sign(m, n.Stream, brook.Sequence{Offset: number})
	return number
}

// Counted returns what stores the numbers that were used, and what makes sure that no other process
// used them. The caller holds the quiesce lock, and commits both at once.
func (k *Maker) Counted() (brook.Write, brook.Check) {
	b, err := json.Marshal(k.Numbers)
	if err != nil {
		panic(err) // a string and a number
	}
	table := k.Publisher.Sending
	check := brook.Check{Table: table, Key: publisher.SequenceKey, Value: k.Numbers.Raw}
	k.Numbers.Raw = b
	return brook.Write{Table: table, Key: publisher.SequenceKey, Value: b}, check
}

// Renumber makes an emission that has a record the next one of the numbered stream: number is
// Number, or calls it.
func (k *Maker) Renumber(item *outbox.Item, number func(*brook.Message) int64) error {
	var m brook.Message
	envelope := k.Config.Envelope
	if err := envelope.Open(&item.Record, &m); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	timed := stream.FromTimer(m.Lane, k.Stem())
	n := number(&m)
	if timed { // the fold decides about it still
		stream.Sign(&m, stream.OfTimers(m.Lane), m.Sequence)
	}
	if err := envelope.Wrap(&m, &item.Record); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	item.Free = true
	item.Key = outbox.ItemKey(item.Position, item.ID, n, slices.Index(k.Sets, item.Set),
		item.Ordinal)
	return nil
}
