package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// count returns a change that sets the serial and counts its calls.
func count(calls *int, serial int) func(*state) error {
	return func(next *state) error {
		*calls++
		next.Serial = serial
		return nil
	}
}

// A change that loses against another process's is made again, of what that one wrote.
func TestUpdateUnderTwoWriters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newFake()
		a, b := opened(t, fenced{s}, version{}), opened(t, fenced{s}, version{})
		s.onCommit = func() {
			must(t, b.update(t.Context(), func(next *state) error {
				next.Highest = 7
				return nil
			}, nil))
		}
		var seen []int
		must(t, a.update(t.Context(), func(next *state) error {
			seen = append(seen, next.Highest)
			next.Serial++
			return nil
		}, nil))
		want(t, "the changes saw", fmt.Sprint(seen), "[0 7]")
		want(t, "reloads", fmt.Sprint(a.calls), "[reloaded 1]")
		after, err := decodeState("shop", []byte(s.stored()))
		must(t, err)
		want(t, "stored", fmt.Sprint(after.Highest, after.Serial), "7 1")
		want(t, "memory", string(a.state.raw), s.stored())
	})
}

// A change that finds nothing to do commits nothing; the error of a change is the update's.
func TestUpdateWithoutACommit(t *testing.T) {
	s := newFake()
	a := opened(t, fenced{s}, version{})
	before := len(s.batches)
	must(t, a.update(t.Context(), func(next *state) error {
		next.Serial, next.Tables[9] = 3, nil
		return errUnchanged
	}, nil))
	wantErr(t, a.update(t.Context(), func(*state) error { return errMoved }, nil), errMoved)
	want(t, "commits", len(s.batches)-before, 0)
	want(t, "the serial in memory", a.state.Serial, 0)
	want(t, "tables in memory", len(a.state.Tables), 0)
}

// What is to be committed with the state is in its batch, and its checks hold or nothing happens.
func TestUpdateWithExtra(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newFake()
		a, b := opened(t, fenced{s}, version{}), opened(t, fenced{s}, version{})
		key, calls := []byte("k"), 0
		extra := func(c brook.Check) *brook.Batch {
			return &brook.Batch{
				Writes: []brook.Write{{Table: "other", Key: key, Value: []byte("v")}},
				Checks: []brook.Check{c},
			}
		}
		holds := brook.Check{Table: "other", Key: key}
		must(t, a.update(t.Context(), count(&calls, 1), extra(holds)))
		last := s.batches[len(s.batches)-1]
		want(t, "writes and checks", fmt.Sprint(len(last.Writes), len(last.Checks)), "2 2")
		want(t, "rows", strings.Join(s.left(), " "), "other shop/state")

		was := s.stored()
		wantErr(t, a.update(t.Context(), count(&calls, 2), extra(holds)), brook.ErrConflict)
		want(t, "calls", calls, 2)
		want(t, "stored", s.stored(), was)
		want(t, "memory", a.state.Serial, 1)

		// Another process changed the state as well: the change is made again, and then refused.
		calls = 0
		s.onCommit = func() { must(t, b.update(t.Context(), count(new(int), 5), nil)) }
		must(t, b.Reload(t.Context()))
		wantErr(t, a.update(t.Context(), count(&calls, 2), extra(holds)), brook.ErrConflict)
		want(t, "calls after another's change", calls, 2)
		want(t, "the serial", a.state.Serial, 5)
	})
}

// A commit whose answer was lost is recognized by its stamp, whatever has become of the context.
func TestLostAnswer(t *testing.T) {
	for name, open := range map[string]func(*fakeStore) brook.Store{
		"one process":       func(s *fakeStore) brook.Store { return s },
		"several processes": func(s *fakeStore) brook.Store { return fenced{s} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, calls := newFake(), 0
				a := opened(t, open(s), version{})
				s.after = []error{errStore}
				must(t, a.update(t.Context(), count(&calls, 1), nil))
				want(t, "calls", calls, 1)
				want(t, "memory", string(a.state.raw), s.stored())

				ctx, cancel := context.WithCancel(t.Context())
				s.onDone, s.after = cancel, []error{context.Canceled}
				must(t, a.update(ctx, count(&calls, 2), nil))
				want(t, "memory after a cancelled commit", string(a.state.raw), s.stored())
				want(t, "calls", calls, 2)
			})
		})
	}
}

// If the outcome of a commit can't be read either, the next try finds out what it did.
func TestOutcomeUnknown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, calls := newFake(), 0
		a := opened(t, fenced{s}, version{})
		s.after, s.reads = []error{errStore}, []error{errStore}
		must(t, a.update(t.Context(), count(&calls, 1), nil))
		want(t, "calls", calls, 3) // of the next try, before and after it read its own commit
		want(t, "commits", s.count, 3)
		want(t, "memory", string(a.state.raw), s.stored())
		want(t, "failures", len(a.failures()), 1)
	})
}

// A commit that the store refuses is a Refusal, and is tried again until the context ends; but one
// that another try does not mend is not.
func TestRefusedCommit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, calls := newFake(), 0
		a := opened(t, fenced{s}, version{})
		was := s.stored()
		s.before = []error{errStore}
		must(t, a.lock.Lock(t.Context()))
		err := a.updateLocked(t.Context(), count(&calls, 1), nil)
		a.lock.Unlock()
		wantErr(t, err, errStore)
		want(t, "a Refusal", errors.As(err, &retry.Refusal{}), true)
		want(t, "stored", s.stored(), was)
		want(t, "memory", a.state.Serial, 0)

		s.before = []error{errStore, errStore, errStore}
		must(t, a.update(t.Context(), count(&calls, 2), nil))
		want(t, "memory after the store is back", string(a.state.raw), s.stored())
		want(t, "failures", len(a.failures()), 3)

		s.before = slices.Repeat([]error{errStore}, 1000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = a.update(ctx, count(&calls, 3), nil)
		wantErr(t, err, errStore)
		wantErr(t, err, context.DeadlineExceeded)

		for _, final := range []error{brook.ErrTooLarge, brook.ErrPermanent} {
			s.before, calls = []error{final}, 0
			gets := s.gets
			wantErr(t, a.update(t.Context(), count(&calls, 4), nil), final)
			want(t, "calls", calls, 1)
			want(t, "reads after an outcome that is known", s.gets-gets, 0)
		}
		must(t, a.update(t.Context(), count(&calls, 5), nil))
	})
}

// Nothing that a change makes of the maps and slices of a state is in the one before: others read
// that without a lock.
func TestChangesWorkOnACopy(t *testing.T) {
	s := newFake()
	a := claimed(t, s, version{indexed: true})
	g := a.build(t)
	must(t, a.promote(t, g))
	was := a.state
	text := fmt.Sprint(was.Dropped, was.Kept, was.Tables, was.Replaced)
	must(t, a.update(t.Context(), func(next *state) error {
		next.Dropped[0] = 77
		clear(next.Kept)
		clear(next.Tables)
		clear(next.Replaced)
		return nil
	}, nil))
	want(t, "the state before", fmt.Sprint(was.Dropped, was.Kept, was.Tables, was.Replaced), text)
}

// Two processes that find a new store agree on one state.
func TestOpenOfANewStore(t *testing.T) {
	s := newFake()
	a, b := newRig(t, fenced{s}, version{}), newRig(t, fenced{s}, version{})
	s.onCommit = func() { must(t, b.Open(t.Context())) }
	must(t, a.Open(t.Context()))
	want(t, "commits", s.count, 1)
	want(t, "memory", string(a.state.raw), string(b.state.raw))
	want(t, "the generation", a.Live().Number, 1)
	want(t, "claimed", a.Claimed(), false)
}

// Open returns the error of a store that fails, and does not wait for it.
func TestOpenOfABrokenStore(t *testing.T) {
	s := newFake()
	s.before = []error{errStore}
	wantErr(t, newRig(t, fenced{s}, version{}).Open(t.Context()), errStore)
	s.reads = []error{errStore}
	wantErr(t, newRig(t, fenced{s}, version{}).Open(t.Context()), errStore)
	s.opens = []error{errStore}
	wantErr(t, newRig(t, fenced{s}, version{}).Open(t.Context()), errStore)
	s.opens = []error{nil, nil, nil, errStore}
	wantErr(t, newRig(t, fenced{s}, version{}).Open(t.Context()), errStore)
	must(t, newRig(t, fenced{s}, version{}).Open(t.Context()))
}
