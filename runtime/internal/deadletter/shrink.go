package deadletter

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// How many bytes of texts a letter keeps. An error may quote the value that it is about.
const (
	maxErrorText = 16 << 10 // of an error
	maxStack     = 8 << 10  // of a stack
	maxName      = 1 << 10  // of ID, Type and Author, if the whole is too much for the store
	leastName    = 64       // of these and the error, if nothing else is left to shrink
)

// ErrorText returns what a letter keeps of an error.
func ErrorText(err error) string { return text.Cut(err.Error(), maxErrorText) }

// Shrink makes a letter smaller by one step, and reports whether there was one left: the stack and
// the record's value, then the rest of the record with the ends of long names, then most of the
// error, then the key that blocks later events, last most of the names. A letter whose record the
// log does not have stays whole.
func (l *Letter) Shrink() bool {
	if l.Stage == brook.StageJob && (len(l.Stack) > 0 || len(l.Error) > maxName+32) {
		l.Stack, l.Error = nil, text.Cut(l.Error, maxName) // the rest was in the store before
		return true
	}
	if l.AfterCommit() || l.Position.IsZero() {
		return false // the log does not have the record
	}
	before, sum, stack := sizeOf(&l.Record), l.sum, len(l.Stack)
	l.Stack = nil
	if l.Omitted == 0 {
		sum = partition.Checksum(&l.Record)
	}
	switch {
	case len(l.Record.Value) > 0:
		l.Record.Value = nil
	case before > 0 || l.longestName() > 2*maxName:
		l.Record.Key, l.Record.Headers = nil, nil
		l.cutNames(maxName)
	case len(l.Error) > maxName+32: // 32 for what Cut appends
		l.Error = text.Cut(l.Error, maxName)
	case l.Key != nil:
		l.Key = nil
	case max(l.longestName(), len(l.Error)) > 2*leastName:
		l.cutNames(leastName)
		l.Error = text.Cut(l.Error, leastName)
	default:
		return stack > 0
	}
	if l.Omitted += before - sizeOf(&l.Record); l.Omitted > 0 {
		l.sum = sum
	}
	return true
}

func (l *Letter) longestName() int { return max(len(l.ID), len(l.Type), len(l.Author)) }

func (l *Letter) cutNames(n int) {
	l.ID, l.Type, l.Author = text.Cut(l.ID, n), text.Cut(l.Type, n), text.Cut(l.Author, n)
}

// sizeOf returns how many bytes key, value and headers have.
func sizeOf(r *brook.Record) int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// ErrOtherRecord is returned by Hydrate if the record is not the one that the letter was of.
var ErrOtherRecord = errors.New("there is another one")

// Hydrate puts the whole record back into a letter that holds only a part of it. r is what the log
// has at the letter's position.
func (l *Letter) Hydrate(r *brook.Record) error {
	// Names of headers that are not UTF-8 do not come back from the store as they were, so sizes
	// count only for letters of earlier versions, which have no sum.
	same := partition.Checksum(r) == l.sum
	if l.sum == 0 {
		same = sizeOf(r) == sizeOf(&l.Record)+l.Omitted
	}
	if !same {
		return fmt.Errorf("%w of %d bytes", ErrOtherRecord, sizeOf(r))
	}
	l.Record, l.Omitted, l.sum = *r, 0, 0
	return nil
}
