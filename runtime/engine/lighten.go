package engine

import (
	"bytes"

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

// errorText gives what a letter keeps of an error.
func errorText(err error) string { return text.Cut(err.Error(), maxErrorText) }

// lighten takes from the batch's dead letters what can be read from the log again, a part at a time, because the batch was too
// large for the store. It reports whether there was any.
func (l *lane) lighten(batch *brook.Batch) (any bool) {
	for i := range l.batch.letters {
		letter := &l.batch.letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.lighten() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			l.unhold(letter, held)
		}
		w := letter.write(l.gen.letters)
		for j := range batch.Writes {
			if batch.Writes[j].Table == w.Table && bytes.Equal(batch.Writes[j].Key, w.Key) {
				batch.Writes[j] = w
			}
		}
	}
	if any {
		batch.ID = l.app.ids.batch()
	}
	return any
}

// lighten makes a letter smaller by the next part: the value, then the rest of the record with names that are too long, then most of
// the error, then the key that later events would wait for, last what else can be spared.
func (l *deadLetter) lighten() bool {
	if l.Stage == brook.StageEmit || l.Position.IsZero() {
		return false // the log does not have it
	}
	before := sizeOf(&l.Record)
	if l.Omitted == 0 {
		l.sum = sumOf(&l.Record)
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

// unhold lets later events of a key go on that the letter was to hold up: it is too large to be kept.
func (l *lane) unhold(letter *deadLetter, key []byte) {
	w := l.app.waitsOf
	for _, f := range l.feeds {
		if f.id == partition.Of(letter.Position) {
			w = func(partition.ID) *waits { return f.waits }
		}
	}
	waits, old := w(partition.Of(letter.Position)), *letter
	old.Key = key
	waits.remove(&old)
	waits.add(letter, false)
}
