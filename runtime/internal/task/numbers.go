package task

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
)

// skipped is how many numbers are left out by who finds those of another process, or of one that ended: more than what a
// store can have lost that was published already.
const skipped = 1 << 20

// OpenNumbers makes sure that a.numbers is what the store has. The caller holds the gate for writing.
func (s *Set) OpenNumbers(ctx context.Context) error {
	if s.Numbers != nil {
		return nil
	}
	n := &publisher.Sequence{Stream: s.stem() + "/" + rand.Text()[:16], Next: 1}
	v, err := s.Reader.Get(ctx, s.Publisher.Sending, publisher.SequenceKey)
	switch {
	case errors.Is(err, brook.ErrNotFound):
	case err != nil:
		return err
	default:
		if n, err = publisher.DecodeSequence(v.Data.([]byte)); err != nil {
			return err
		}
		n.Next += skipped
	}
	s.Numbers = n
	return nil
}

// number makes an item the next one of the numbered stream, in a lane that commits alone.
func (t *Task) number(m *brook.Message) int64 {
	n := t.set.Numbers
	number := n.Next
	n.Next++
	t.numbered = true
	outbox.Sign(m, n.Stream, brook.Sequence{Offset: number})
	return number
}

// numberWrites gives what stores the numbers that the batch used, and what makes sure that nobody else did.
func (t *Task) numberWrites() ([]brook.Write, []brook.Check) {
	if !t.numbered {
		return nil, nil
	}
	s := t.set
	b, err := json.Marshal(s.Numbers)
	if err != nil {
		panic(err) // a string and a number
	}
	check := brook.Check{Table: s.Publisher.Sending, Key: publisher.SequenceKey, Value: s.Numbers.Raw}
	s.Numbers.Raw = b
	return []brook.Write{{Table: s.Publisher.Sending, Key: publisher.SequenceKey, Value: b}}, []brook.Check{check}
}
