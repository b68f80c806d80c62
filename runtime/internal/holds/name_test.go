package holds_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/brookgen/brookgen/runtime/internal/holds"
)

// take wants a to get the name, after so many terms.
func take(t *testing.T, n *holds.Name, a *holds.Tenant, before uint64) {
	t.Helper()
	got, ok, err := n.Take(t.Context(), a)
	if got != before || !ok || err != nil {
		t.Fatalf("Take returns %d, %v, %v, want %d", got, ok, err, before)
	}
}

// One app at a time has a name; other names are nobody's business.
func TestTake(t *testing.T) {
	var h holds.Holds
	n, a, b := h.Name("x"), &holds.Tenant{}, &holds.Tenant{}
	if h.Name("x") != n || h.Name("y") == n {
		t.Error("a name is known twice, or two are one")
	}
	take(t, n, a, 0)
	for _, other := range []*holds.Tenant{a, b} {
		if _, ok, err := n.Take(t.Context(), other); ok || err != nil {
			t.Errorf("a name that is taken: %v, %v", ok, err)
		}
	}
	take(t, h.Name("y"), b, 0)
	if term := n.Holds(a, 7); term != 1 || n.By.Load() != a || n.Live.Load() != 7 {
		t.Errorf("the holder of term %d is %p, live is %d", term, n.By.Load(), n.Live.Load())
	}
	n.Release()
	if n.By.Load() != nil || n.Live.Load() != 7 {
		t.Error("it is still held, or what is live was forgotten")
	}
	take(t, n, b, 1)
}

// What is read while an app has the name may lack what it writes.
func TestSeen(t *testing.T) {
	n := new(holds.Holds).Name("x")
	for term := range uint64(3) {
		if got := n.Seen(); got != term {
			t.Errorf("before term %d it is %d", term+1, got)
		}
		take(t, n, &holds.Tenant{}, term)
		if got := n.Seen(); got != term {
			t.Errorf("in term %d it is %d", term+1, got)
		}
		n.Release()
	}
}

// Leftovers are removed by one app at a time, which knows the store as it is.
func TestClean(t *testing.T) {
	n, a, b := new(holds.Holds).Name("x"), &holds.Tenant{}, &holds.Tenant{}
	try := func(a *holds.Tenant, known uint64, want bool) (context.Context, func()) {
		t.Helper()
		cleaning, end, ok := n.Clean(t.Context(), a, known)
		if ok != want {
			t.Fatalf("Clean returns %v", ok)
		}
		return cleaning, end
	}
	cleaning, end := try(a, 0, true)
	try(b, 0, false) // a does
	try(a, 0, false)
	take(t, n, a, 0) // its own removal is not in its way
	if cleaning.Err() != nil {
		t.Error("an app ends its own removal")
	}
	end()
	if cleaning.Err() == nil {
		t.Error("a removal that ended goes on")
	}
	try(b, 0, false) // a folds
	known := n.Holds(a, 1)
	_, end = try(a, known, true)
	end()
	n.Release()
	try(b, 0, false) // a folded since
	_, end = try(a, known, true)
	end()
}

// Who takes the name ends the removal of another app, and waits for its end.
func TestTakeEndsCleaning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, a, b := new(holds.Holds).Name("x"), &holds.Tenant{}, &holds.Tenant{}
		cleaning, end, ok := n.Clean(t.Context(), a, 0)
		if !ok {
			t.Fatal("it can't begin")
		}
		ctx, cancel := context.WithCancel(t.Context())
		refused := make(chan error, 1)
		go func() { _, _, err := n.Take(ctx, b); refused <- err }()
		synctest.Wait()
		if cleaning.Err() == nil {
			t.Error("the removal was not told to end")
		}
		cancel()
		if err := <-refused; !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that ends: %v", err)
		}
		took := false
		go func() { take(t, n, b, 0); took = true }()
		synctest.Wait()
		if took {
			t.Error("the name was taken while leftovers are removed")
		}
		end()
		synctest.Wait()
		if !took {
			t.Error("the name was not taken")
		}
	})
}
