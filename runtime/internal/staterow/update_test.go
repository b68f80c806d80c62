package staterow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// count returns a change that sets the serial and counts its calls.
func count(calls *int, serial int) func(*State) error {
	return func(next *State) error {
		*calls++
		next.Serial = serial
		return nil
	}
}

// A change that loses against another process's is made again, of what that one wrote.
func TestUpdateUnderTwoWriters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a, b := opened(t, fakestore.Shared(s)), opened(t, fakestore.Shared(s))
		s.OnCommit = func() {
			must(t, b.Update(t.Context(), func(next *State) error {
				next.Highest = 7
				return nil
			}, nil))
		}
		var seen []int
		must(t, a.Update(t.Context(), func(next *State) error {
			seen = append(seen, next.Highest)
			next.Serial++
			return nil
		}, nil))
		want(t, "the changes saw", fmt.Sprint(seen), "[0 7]")
		want(t, "reloads and updates", fmt.Sprint(a.reloads, a.updates), "1 1")
		after, err := decode("shop", []byte(stored(s)))
		must(t, err)
		want(t, "stored", fmt.Sprint(after.Highest, after.Serial), "7 1")
		want(t, "memory", string(a.known.raw), stored(s))
	})
}

// What another process changed has to be read anew; a store that fails then is tried again.
func TestUpdateWhoseReloadFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, calls := fakestore.New(), 0
		a, b := opened(t, fakestore.Shared(s)), opened(t, fakestore.Shared(s))
		s.OnCommit = func() { must(t, b.Update(t.Context(), count(new(int), 1), nil)) }
		s.Reads = []error{nil, errStore} // of the row, and of the reload
		must(t, a.Update(t.Context(), count(&calls, 1), nil))
		want(t, "memory", string(a.known.raw), stored(s))
		want(t, "failures", a.failures, 1)
		want(t, "reloads", a.reloads, 2)
	})
}

// A change that finds nothing to do commits nothing; the error of a change is the update's.
func TestUpdateWithoutACommit(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s))
	before := len(s.Batches)
	must(t, a.Update(t.Context(), func(next *State) error {
		next.Serial, next.Tables[9] = 3, nil
		return ErrUnchanged
	}, nil))
	wantErr(t, a.Update(t.Context(), func(*State) error { return errStop }, nil), errStop)
	want(t, "commits", len(s.Batches)-before, 0)
	want(t, "the serial in memory", a.known.Serial, 0)
	want(t, "tables in memory", len(a.known.Tables), 0)
}

// What is to be committed with the state is in its batch, and its checks hold or nothing happens.
func TestUpdateWithExtra(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a, b := opened(t, fakestore.Shared(s)), opened(t, fakestore.Shared(s))
		key, calls := []byte("k"), 0
		extra := func(c brook.Check) *brook.Batch {
			return &brook.Batch{
				Writes: []brook.Write{{Table: "other", Key: key, Value: []byte("v")}},
				Checks: []brook.Check{c},
			}
		}
		holds := brook.Check{Table: "other", Key: key}
		must(t, a.Update(t.Context(), count(&calls, 1), extra(holds)))
		last := s.Batches[len(s.Batches)-1]
		want(t, "writes and checks", fmt.Sprint(len(last.Writes), len(last.Checks)), "2 2")
		want(t, "rows", strings.Join(s.Left(""), " "), "other shop/state")

		was := stored(s)
		wantErr(t, a.Update(t.Context(), count(&calls, 2), extra(holds)), brook.ErrConflict)
		want(t, "calls", calls, 2)
		want(t, "stored", stored(s), was)
		want(t, "memory", a.known.Serial, 1)

		// Another process changed the state as well: the change is made again, and then refused.
		calls = 0
		s.OnCommit = func() { must(t, b.Update(t.Context(), count(new(int), 5), nil)) }
		must(t, b.reload(t.Context()))
		wantErr(t, a.Update(t.Context(), count(&calls, 2), extra(holds)), brook.ErrConflict)
		want(t, "calls after another's change", calls, 2)
		want(t, "the serial", a.known.Serial, 5)
	})
}

// A commit whose answer was lost is recognized by its stamp, whatever has become of the context.
func TestLostAnswer(t *testing.T) {
	for name, open := range map[string]func(*fakestore.Store) brook.Store{
		"one process":       func(s *fakestore.Store) brook.Store { return s },
		"several processes": func(s *fakestore.Store) brook.Store { return fakestore.Shared(s) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, calls := fakestore.New(), 0
				a := opened(t, open(s))
				s.After = []error{errStore}
				must(t, a.Update(t.Context(), count(&calls, 1), nil))
				want(t, "calls", fmt.Sprint(calls, a.updates), "1 1")
				want(t, "memory", string(a.known.raw), stored(s))

				ctx, cancel := context.WithCancel(t.Context())
				s.OnDone, s.After = cancel, []error{context.Canceled}
				must(t, a.Update(ctx, count(&calls, 2), nil))
				want(t, "memory after a cancelled commit", string(a.known.raw), stored(s))
				want(t, "calls", calls, 2)
			})
		})
	}
}

// If the outcome of a commit can't be read either, the next try finds out what it did.
func TestOutcomeUnknown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, calls := fakestore.New(), 0
		a := opened(t, fakestore.Shared(s))
		s.After, s.Reads = []error{errStore}, []error{errStore}
		must(t, a.Update(t.Context(), count(&calls, 1), nil))
		want(t, "calls", calls, 3) // of the next try, before and after it read its own commit
		want(t, "commits", s.Count, 3)
		want(t, "memory", string(a.known.raw), stored(s))
		want(t, "failures", a.failures, 1)
	})
}

// A commit that the store refuses is a Refusal, and is tried again until the context ends; but one
// that another try does not mend is not.
func TestRefusedCommit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, calls := fakestore.New(), 0
		a := opened(t, fakestore.Shared(s))
		was := stored(s)
		s.Before = []error{errStore}
		must(t, a.parts.Lock.Lock(t.Context()))
		err := a.UpdateLocked(t.Context(), count(&calls, 1), nil)
		a.parts.Lock.Unlock()
		wantErr(t, err, errStore)
		want(t, "a Refusal", errors.As(err, &retry.Refusal{}), true)
		want(t, "stored", stored(s), was)
		want(t, "memory", a.known.Serial, 0)

		s.Before = []error{errStore, errStore, errStore}
		must(t, a.Update(t.Context(), count(&calls, 2), nil))
		want(t, "memory after the store is back", string(a.known.raw), stored(s))
		want(t, "failures", a.failures, 3)

		s.Before = slices.Repeat([]error{errStore}, 1000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = a.Update(ctx, count(&calls, 3), nil)
		wantErr(t, err, errStore)
		wantErr(t, err, context.DeadlineExceeded)

		for _, final := range []error{brook.ErrTooLarge, brook.ErrPermanent} {
			s.Before, calls = []error{final}, 0
			gets := s.Gets
			wantErr(t, a.Update(t.Context(), count(&calls, 4), nil), final)
			want(t, "calls", calls, 1)
			want(t, "reads after an outcome that is known", s.Gets-gets, 0)
		}
		must(t, a.Update(t.Context(), count(&calls, 5), nil))
	})
}

// Nothing that a change makes of the maps and slices of a state is in the one before: others read
// that without a lock.
func TestChangesWorkOnACopy(t *testing.T) {
	a := opened(t, fakestore.New())
	must(t, a.Update(t.Context(), func(next *State) error {
		next.Dropped, next.Tables[1], next.Replaced[1] = []int{1}, []string{"x"}, time.Now()
		next.Kept["x"] = KeptIndex{Table: "x"}
		return nil
	}, nil))
	was := a.known
	text := fmt.Sprint(was.Dropped, was.Kept, was.Tables, was.Replaced)
	must(t, a.Update(t.Context(), func(next *State) error {
		next.Dropped[0] = 77
		clear(next.Kept)
		clear(next.Tables)
		clear(next.Replaced)
		return nil
	}, nil))
	want(t, "the state before", fmt.Sprint(was.Dropped, was.Kept, was.Tables, was.Replaced), text)
}
