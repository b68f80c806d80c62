package rebuild

import (
	"errors"
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
		"it was dropped": {
			before:  func(t *testing.T, r *rig) { r.drop(t, 0, "a") },
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
			if _, err := r.rebuild(t, brook.AcceptLetters()); err != nil {
				t.Fatal(err)
			}
			letters, owed, dropped := r.put(t)
			if letters != c.letters || owed != c.owed || dropped != c.dropped {
				t.Errorf("letters %q, owed %q, dropped %q; want %q, %q, %q",
					letters, owed, dropped, c.letters, c.owed, c.dropped)
			}
		})
	}
}

// A second rebuild carries over what the first one owes and nobody has published yet.
func TestSettlementCarriesOwed(t *testing.T) {
	r := newRig(t, nil)
	r.publish(t, "x", "y")
	r.fails["a x"] = errBad
	r.follow(t)
	clear(r.fails)
	for range 2 {
		if _, err := r.rebuild(t); err != nil {
			t.Fatal(err)
		}
		if _, owed, _ := r.put(t); owed != "0 a" {
			t.Errorf("owed: %q", owed)
		}
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
		_, err := r.rebuild(t)
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
	}
}
