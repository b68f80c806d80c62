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
		"it fails again": {letters: "0 a"},
		"it succeeds now": {
			before: func(_ *testing.T, r *rig) { clear(r.fails) },
			owed:   "0 a",
		},
		"it fails at first": {
			beside: func(_ *testing.T, r *rig) { clear(r.fails) },
			owed:   "0 a",
		},
		"it was dropped": {
			before: func(t *testing.T, r *rig) {
				r.drop(t, 0, "a")
				r.handling["a x"] = func() { t.Error("it is handled") }
			},
			dropped: "0 a",
		},
		"it is dropped beside, and fails": {
			beside:  func(t *testing.T, r *rig) { r.drop(t, 0, "a") },
			dropped: "0 a",
		},
		"it is dropped beside, and succeeds": {
			before:  func(_ *testing.T, r *rig) { clear(r.fails) },
			beside:  func(t *testing.T, r *rig) { r.drop(t, 0, "a") },
			dropped: "0 a",
		},
		"it is redriven beside, and fails here": {
			beside:  func(t *testing.T, r *rig) { r.forget(t, 0, "a") },
			letters: "0 a-",
		},
		"it is redriven beside, and succeeds here": {
			before: func(_ *testing.T, r *rig) { clear(r.fails) },
			beside: func(t *testing.T, r *rig) { r.forget(t, 0, "a") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.publish(t, "x", "y")
			r.fails["a x"] = errBad
			r.follow(t)
			if letters, _, _ := r.put(t); letters != "0 a" {
				t.Fatalf("letters of the live views: %q", letters)
			}
			if c.before != nil {
				c.before(t, r)
			}
			if c.beside != nil {
				r.handling["b y"] = func() { c.beside(t, r) }
			}
			b, err := r.rebuild(t, brook.AcceptLetters())
			if err != nil {
				t.Fatal(err)
			}
			letters, owed, dropped := r.put(t)
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
		r.publish(t, text)
		r.fails["a "+text] = errBad
	}
	r.follow(t)
	clear(r.fails)
	for range 2 {
		if _, err := r.rebuild(t); err != nil {
			t.Fatal(err)
		}
		if _, owed, _ := r.put(t); strings.Count(owed, "a") != 3*manyWrites {
			t.Errorf("owed: %q", owed)
		}
	}
}

// What the live views came to when the rebuild was about to be promoted is folded then, and
// redriven once if it fails.
func TestSettlementOfWhatCameLast(t *testing.T) {
	r := newRig(t, nil)
	r.publish(t, "x", "y")
	r.fails["a x"], r.fails["a z"] = errBad, errBad
	r.follow(t)
	r.handling["a x"] = func() {
		r.handling["a x"] = func() { // it is redriven
			r.publish(t, "z")
			r.Progress.Advance(in, 3)
		}
	}
	r.handling["b z"] = func() { delete(r.fails, "a z") }
	b, err := r.rebuild(t)
	if err != nil {
		t.Fatal(err)
	}
	if letters, owed, _ := r.put(t); letters != "0 a" || owed != "" {
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
		r.publish(t, "x", "y", "z")
		r.fails["a x"], r.fails["a y"] = errBad, errBad
		r.follow(t)
		r.drop(t, 0, "a")
		clear(r.fails)
		if err := r.driver.Trim("in", 0, 2); err != nil {
			t.Fatal(err)
		}
		b, err := r.rebuild(t)
		if policy == brook.Fail {
			if !errors.Is(err, brook.ErrRetention) {
				t.Errorf("it goes on: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if letters, owed, dropped := r.put(t); letters != "1 a" || owed+dropped != "" {
			t.Errorf("letters %q, owed %q, dropped %q", letters, owed, dropped)
		}
		if n := b.task.Partition(in).Blocked.Len(); n != 1 {
			t.Errorf("%d letters block while it folds", n)
		}
	}
}
