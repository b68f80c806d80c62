package recovery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/storetest"
)

var (
	errBad = errors.New("bad")
	id     = partition.ID{Topic: "in"}
)

// What the store holds of an app is in memory once it is loaded: positions, blocked keys, and what
// is to be published.
func TestLoad(t *testing.T) {
	before := tasktest.New(t, nil)
	before.Fails["S x"] = errBad
	before.Publish("x", "y")
	before.Follow()

	r := tasktest.Closed(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store, c.Driver = before.Store, before.Driver
	})
	owed := 0
	m := &recovery.Memory{Tasks: r.Set, Owed: func() { owed++ }}
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := r.Progress.At(id); at != 2 {
		t.Errorf("the views stand at %d, want 2", at)
	}
	if n := r.BlockedOf(id).Len(); n != 1 {
		t.Errorf("%d letters block keys, want 1", n)
	}
	if n := r.Outbox.Depth(id); n != 3 {
		t.Errorf("%d emissions are to be published, want those of T x, S y and T y", n)
	}
	if owed != 1 {
		t.Errorf("whoever takes over owed emissions was told %d times", owed)
	}
}

// rigged returns the parts of an app that folded one event, over a store that fails as f says, and
// its memory.
func rigged(t *testing.T, f *fault.Fault) (*tasktest.Rig, *recovery.Memory) {
	t.Helper()
	r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store = storetest.Faulty(c.Store, f)
	})
	m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
	r.Reload, r.Taken = m.Reload, m.TakenOver
	r.Fails["S x"] = errBad
	r.Publish("x")
	r.Follow()
	r.Outbox.Clear()
	r.Blocked.Replace(nil) // so that it shows whether they are loaded
	return r, m
}

// Memory is loaded anew once after a commit whose outcome is not known.
func TestResolveUnknown(t *testing.T) {
	r, m := rigged(t, fault.New(fault.Refuse, 0))
	if err := m.ResolveUnknown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.Outbox.Depth(id); n != 0 || r.Blocked.Len() != 0 {
		t.Fatal("memory is loaded without need")
	}
	r.Doubt(errBad)
	if err := m.ResolveUnknown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, blocked := r.Outbox.Depth(id), r.BlockedOf(id).Len(); n != 1 || blocked != 1 {
		t.Errorf("%d emissions and %d letters, want one of each", n, blocked)
	}
	if r.Unsure.Load() {
		t.Error("it is to be loaded once more")
	}
}

// If what the store holds can't be read, that stays to be done.
func TestResolveUnknownLater(t *testing.T) {
	for _, op := range []fault.Op{fault.Get, fault.Scan} {
		f := fault.New(fault.Refuse, 0, op)
		r, m := rigged(t, f)
		r.Doubt(errBad)
		f.Begin()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := m.ResolveUnknown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s fails: %v", op, err)
		}
		if !r.Unsure.Load() {
			t.Errorf("%s fails, and nobody loads memory again", op)
		}
		f.Mend()
		if err := m.ResolveUnknown(t.Context()); err != nil || r.Outbox.Depth(id) != 1 {
			t.Errorf("%s works again: %v, %d emissions", op, err, r.Outbox.Depth(id))
		}
	}
}

// What another app of the name left is loaded, whatever is known of it.
func TestTakenOver(t *testing.T) {
	r, m := rigged(t, fault.New(fault.Refuse, 0))
	if err := m.TakenOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, blocked := r.Outbox.Depth(id), r.BlockedOf(id).Len(); n != 1 || blocked != 1 {
		t.Errorf("%d emissions and %d letters, want one of each", n, blocked)
	}
}

// A reload that fails leaves memory as it is.
func TestReloadFails(t *testing.T) {
	f := fault.New(fault.Refuse, 0, fault.Scan)
	r, m := rigged(t, f)
	f.Begin()
	adopt, err := m.Reload(t.Context(), r.Catalog.Live())
	if !errors.Is(err, fault.ErrInjected) || adopt != nil || r.Blocked.Len() != 0 {
		t.Errorf("%v, %d blocked", err, r.Blocked.Len())
	}
}
