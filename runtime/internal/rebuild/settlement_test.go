package rebuild

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// What becomes of an event that the live views put aside depends on what is true at the promotion.
func TestSettlement(t *testing.T) {
	for name, c := range map[string]struct {
		before                 func(*testing.T, *rig) // the rebuild, once the live views followed
		beside                 func(*testing.T, *rig) // the rebuild, when it has handled the event
		letters, owed, dropped string
	}{
		"it fails again": {letters: "0 S"},
		"it succeeds now": {
			before: func(_ *testing.T, r *rig) { clear(r.Fails) },
			owed:   "0 S",
		},
		"it fails at first": {
			beside: func(_ *testing.T, r *rig) { clear(r.Fails) },
			owed:   "0 S",
		},
		"it was dropped": {
			before: func(t *testing.T, r *rig) {
				r.drop(0, "S")
				r.Handling["S x"] = func() { t.Error("it is handled") }
			},
			dropped: "0 S",
		},
		"it is dropped beside, and fails": {
			beside:  func(t *testing.T, r *rig) { r.drop(0, "S") },
			dropped: "0 S",
		},
		"it is dropped beside, and succeeds": {
			before:  func(_ *testing.T, r *rig) { clear(r.Fails) },
			beside:  func(t *testing.T, r *rig) { r.drop(0, "S") },
			dropped: "0 S",
		},
		"it is redriven beside, and fails here": {
			beside:  func(t *testing.T, r *rig) { r.forget(0, "S") },
			letters: "0 S-",
		},
		"it is redriven beside, and succeeds here": {
			before: func(_ *testing.T, r *rig) { clear(r.Fails) },
			beside: func(t *testing.T, r *rig) { r.forget(0, "S") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.Publish("x", "y")
			r.Fails["S x"] = errBad
			r.Follow()
			if letters, _, _ := r.put(); letters != "0 S" {
				t.Fatalf("letters of the live views: %q", letters)
			}
			if c.before != nil {
				c.before(t, r)
			}
			if c.beside != nil {
				r.Handling["T y"] = func() { c.beside(t, r) }
			}
			b, err := r.rebuild(brook.AcceptLetters())
			if err != nil {
				t.Fatal(err)
			}
			letters, owed, dropped := r.put()
			if letters != c.letters || owed != c.owed || dropped != c.dropped {
				t.Errorf("letters %q, owed %q, dropped %q; want %q, %q, %q",
					letters, owed, dropped, c.letters, c.owed, c.dropped)
			}
			n, want := b.task.Partition(in).Blocked.Len(), len(strings.Fields(c.letters))/2
			if n != want || r.BlockedOf(in).Len() != want {
				t.Errorf("%d letters block, and %d in the promoted views, want %d", n,
					r.BlockedOf(in).Len(), want)
			}
		})
	}
}

// A second rebuild carries over what the first one owes and nobody has published yet, however much
// it is.
func TestSettlementCarriesOwed(t *testing.T) {
	r := newRig(t, nil)
	for n := range 3 * manyWrites {
		text := strconv.Itoa(n)
		r.Publish(text)
		r.Fails["S "+text] = errBad
	}
	r.Follow()
	clear(r.Fails)
	for range 2 {
		if _, err := r.rebuild(); err != nil {
			t.Fatal(err)
		}
		if _, owed, _ := r.put(); strings.Count(owed, "S") != 3*manyWrites {
			t.Errorf("owed: %q", owed)
		}
	}
}

// What the live views came to when the rebuild was about to be promoted is folded then, and
// redriven once if it fails.
func TestSettlementOfWhatCameLast(t *testing.T) {
	r := newRig(t, nil)
	r.Publish("x", "y")
	r.Fails["S x"], r.Fails["S z"] = errBad, errBad
	r.Follow()
	r.Handling["S x"] = func() {
		r.Handling["S x"] = func() { // it is redriven
			r.Publish("z")
			r.Progress.Advance(in, 3)
		}
	}
	r.Handling["T z"] = func() { delete(r.Fails, "S z") }
	b, err := r.rebuild()
	if err != nil {
		t.Fatal(err)
	}
	if letters, owed, _ := r.put(); letters != "0 S" || owed != "" {
		t.Errorf("letters %q, owed %q", letters, owed)
	}
	if b.tally.report.Read != 3 {
		t.Errorf("it read %d events", b.tally.report.Read)
	}
}

// Letters of records that the log lost are carried over, and what was dropped of them is forgotten.
func TestSettlementOfWhatIsLost(t *testing.T) {
	for _, policy := range []brook.RetentionPolicy{brook.Fail, brook.GoOn} {
		r := newRig(t, func(c *brook.Config) { c.OnRetention = policy })
		r.Publish("x", "y", "z")
		r.Fails["S x"], r.Fails["S y"] = errBad, errBad
		r.Follow()
		r.drop(0, "S")
		clear(r.Fails)
		if err := r.Driver.Trim("in", 0, 2); err != nil {
			t.Fatal(err)
		}
		b, err := r.rebuild()
		if policy == brook.Fail {
			if !errors.Is(err, brook.ErrRetention) {
				t.Errorf("it goes on: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if letters, owed, dropped := r.put(); letters != "1 S" || owed+dropped != "" {
			t.Errorf("letters %q, owed %q, dropped %q", letters, owed, dropped)
		}
		if n := b.task.Partition(in).Blocked.Len(); n != 1 {
			t.Errorf("%d letters block while it folds", n)
		}
	}
}
