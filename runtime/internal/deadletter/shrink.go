package deadletter

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// maxErrorText is how many bytes of an error's text are kept; some quote what they could not take.
const maxErrorText = 16 << 10

// maxName is how much is kept of a letter's ID, Type and Author where the whole is too much for the store.
const maxName = 1 << 10

// leastName is how much is kept of them, and of its error, at the least.
const leastName = 64

// ErrorText gives what a letter keeps of an error.
func ErrorText(err error) string { return text.Cut(err.Error(), maxErrorText) }

// Shrink makes a letter smaller by the next part: the value, then the rest of the record with names that are too long, then most of
// the error, then the key that later events would wait for, last what else can be spared.
func (l *Letter) Shrink() bool {
	if l.Stage == brook.StageEmit || l.Position.IsZero() {
		return false // the log does not have it
	}
	before := sizeOf(&l.Record)
	if l.Omitted == 0 {
		l.sum = partition.Checksum(&l.Record)
	}
	switch {
	case len(l.Record.Value) > 0:
		l.Record.Value = nil
	case before > 0 || max(len(l.ID), len(l.Type), len(l.Author)) > 2*maxName:
		l.Record.Key, l.Record.Headers = nil, nil
		l.ID, l.Type, l.Author = text.Cut(l.ID, maxName), text.Cut(l.Type, maxName), text.Cut(l.Author, maxName)
	case len(l.Error) > maxName+32: // and the mark of the cut
		l.Error = text.Cut(l.Error, maxName)
	case l.Key != nil:
		l.Key = nil
	case max(len(l.ID), len(l.Type), len(l.Author), len(l.Error)) > 2*leastName:
		l.ID, l.Type, l.Author, l.Error = text.Cut(l.ID, leastName), text.Cut(l.Type, leastName), text.Cut(l.Author, leastName), text.Cut(l.Error, leastName)
	default:
		return false
	}
	l.Omitted += before - sizeOf(&l.Record)
	return true
}

// sizeOf is how many bytes key, value and headers have.
func sizeOf(r *brook.Record) int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// ErrOtherRecord is why a letter can't be made whole again.
var ErrOtherRecord = errors.New("there is another one")

// Hydrate gives the letter back the record that it holds a part of.
func (l *Letter) Hydrate(r *brook.Record) error {
	if sizeOf(r) != sizeOf(&l.Record)+l.Omitted || l.sum != 0 && partition.Checksum(r) != l.sum {
		return fmt.Errorf("%w of %d bytes", ErrOtherRecord, sizeOf(r))
	}
	l.Record, l.Omitted, l.sum = *r, 0, 0
	return nil
}
