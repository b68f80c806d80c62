package repeats_test

import (
	"encoding/hex"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// emission is one of author's stream.
func emission(author, stream string, offset int64, ordinal int32) *brook.Message {
	return &brook.Message{
		Author: author, Lane: stream,
		Sequence: brook.Sequence{Offset: offset, Ordinal: ordinal},
	}
}

// In a stream only what is higher than all before is new; streams and authors do not know each
// other.
func TestSequences(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 0)
	for i, step := range []struct {
		m      *brook.Message
		repeat bool
	}{
		{emission("a", "s", 0, 0), false},
		{emission("a", "s", 0, 0), true},
		{emission("a", "s", 0, 1), false},
		{emission("a", "s", 7, 0), false},
		{emission("a", "s", 6, 9), true},
		{emission("a", "s", 7, 0), true},
		{emission("a", "z", 6, 9), false},
		{emission("b", "s", 6, 9), false},
		{emission("b", "s", 6, 10), false},
		{&brook.Message{Author: "a"}, false}, // no emission
		{&brook.Message{Author: "a"}, false},
	} {
		if repeat, err := s.fold(f, step.m); repeat != step.repeat || err != nil {
			t.Errorf("step %d: a repeat: %t, %v; want %t", i, repeat, err, step.repeat)
		}
	}
	if s.gets != 3 {
		t.Errorf("%d reads of the store, want one for each of 3 streams", s.gets)
	}
	if n := len(s.commit(f)); n != 3 {
		t.Errorf("%d writes, want one for each of 3 streams", n)
	}
	if w := f.Writes(nil, folded, windows); len(w) != 0 {
		t.Errorf("after the commit, there is still %v to write", w)
	}
}

// What was committed is known to the next filter; what was not is not known to anybody.
func TestSequencesAreStored(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 0)
	fold := func(offset int64, want bool) {
		t.Helper()
		if repeat, err := s.fold(f, emission("a", "s", offset, 0)); repeat != want || err != nil {
			t.Errorf("offset %d is a repeat: %t, %v; want %t", offset, repeat, err, want)
		}
	}
	fold(4, false)
	s.commit(f)
	fold(8, false)
	f.Reset() // the batch is put back
	fold(8, false)
	fold(8, true)
	f = repeats.NewFilter(id, 0) // the process ended before the commit
	fold(4, true)
	fold(5, false)
	if f.Reset(); len(f.Writes(nil, folded, windows)) != 0 {
		t.Error("what was put back is written")
	}
}

// A mark is stored as documented: under topic, partition, author and stream.
func TestStoredMark(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 0)
	if _, err := s.fold(f, emission("au", "st/1", 0x0102030405, 0x0a0b)); err != nil {
		t.Fatal(err)
	}
	writes := s.commit(f)
	if len(writes) != 1 || writes[0].Table != folded {
		t.Fatalf("wrote %v, want one mark", writes)
	}
	const key, value = "696e000180000003" + "61750001" + "73742f310001",
		"0000000102030405" + "00000a0b"
	if k := hex.EncodeToString(writes[0].Key); k != key {
		t.Errorf("key %s, want %s", k, key)
	}
	if v := hex.EncodeToString(writes[0].Value.([]byte)); v != value {
		t.Errorf("value %s, want %s", v, value)
	}
}

// A damaged mark ends Run; a store that does not answer is asked again.
func TestSequenceErrors(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 0)
	s.err = errors.New("away")
	if _, err := s.fold(f, emission("a", "s", 1, 0)); !errors.Is(err, s.err) {
		t.Errorf("%v, want the store's error", err)
	}
	s.err = nil
	if repeat, err := s.fold(f, emission("a", "s", 1, 0)); repeat || err != nil {
		t.Errorf("a repeat: %t, %v: the failed read left something", repeat, err)
	}
	s.commit(f)
	for k := range s.rows[folded] {
		s.rows[folded][k] = []byte("damaged")
	}
	_, err := s.fold(repeats.NewFilter(id, 0), emission("a", "s", 1, 0))
	if !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("%v, want one that wraps ErrPermanent", err)
	}
}
