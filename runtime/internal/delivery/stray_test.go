package delivery_test

import (
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Beside other tasks, an event may only run in the partition of its own key.
func TestForeign(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"no key":            func(f *fixture) { f.Key = nil },
		"not keyed":         func(f *fixture) { f.Message.Keyed = false },
		"another key":       func(f *fixture) { f.record.Key = []byte("l") },
		"another partition": func(f *fixture) { f.host.elsewhere = true },
	} {
		f := newFixture(t)
		f.begin(true, false)
		change(f)
		if f.Started(placed) {
			t.Errorf("%s: handlers may run", name)
		}
		f.Handle(0, f.creates("k", nil))
		if !f.Tx.CrossKey() || len(f.Results) != 0 {
			t.Errorf("%s: results %v, want a stray", name, f.Results)
		}
		want := brook.Stray{Position: at, Type: "placed"}
		if got := f.Strayed(); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		// It may run exclusively, and is handled.
		f.begin(false, false)
		change(f)
		if !f.Started(placed) {
			t.Errorf("%s: handlers may not run exclusively", name)
		}
		// In a group that can't be: it fails in every set.
		f.begin(true, true)
		change(f)
		if !f.Started(placed) {
			t.Errorf("%s: in a group, sets do not fail", name)
		}
		f.Handle(0, f.creates("k", nil))
		if len(f.Results) != 1 || !errors.Is(f.Results[0].Err, txn.ErrCrossKey) || f.Tx.CrossKey() {
			t.Errorf("%s: in a group, results are %v", name, f.Results)
		}
	}
}

// A handler that touches the row of another key makes the event a stray, and is named.
func TestStray(t *testing.T) {
	f := newFixture(t)
	f.begin(true, false)
	if !f.Started(placed) {
		t.Fatal("handlers may not run")
	}
	f.Handle(0, f.creates("k", nil))
	f.Handle(1, f.creates("l", nil))
	f.Handle(2, f.creates("k", nil))
	if !f.Tx.CrossKey() || len(f.Results) != 1 {
		t.Errorf("results %v, want a stray in B", f.Results)
	}
	s := f.Strayed()
	if s.Handler != "B.OnPlaced" {
		t.Errorf("the handler is %q", s.Handler)
	}
	const reason = "B.OnPlaced touches a key that does not begin with the event's key"
	if got := delivery.ReasonOf(&s); got != reason {
		t.Errorf("the reason is %q", got)
	}
}

// Among the members of a group, only the set that strays fails.
func TestStrayInGroup(t *testing.T) {
	f := newFixture(t)
	f.begin(true, true)
	f.Started(placed)
	f.Handle(0, f.creates("k", nil))
	f.Handle(1, f.creates("l", nil))
	f.Handle(2, f.creates("k2", nil))
	if f.Tx.CrossKey() || len(f.Results) != 3 || f.Results[0].Err != nil {
		t.Fatalf("results %v, want three", f.Results)
	}
	if !errors.Is(f.Results[1].Err, txn.ErrCrossKey) || f.Results[1].Stage != brook.StageApply {
		t.Errorf("B fails with %v", f.Results[1].Err)
	}
	if f.Results[2].Err == nil {
		t.Error("C touched k2, which is another key")
	}
}
