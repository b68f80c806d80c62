package catchup

import (
	"context"
	"errors"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

var errBad = errors.New("bad")

// catchUp returns a call of CatchUp over the parts of an app.
func catchUp(r *tasktest.Rig) *CatchUp {
	m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
	r.Reload = m.Reload
	return &CatchUp{
		Tasks: r.Set, Memory: m, Stale: &stale.Views{Tasks: r.Set, Memory: m},
		Filler: &backfill.Filler{
			Catalog: r.Catalog, Collections: r.Def.Collections, Layout: r.Code.Layout,
			Store: r.Store, Reader: r.Reader, IDs: r.IDs, Lock: r.Lock, Report: r.Report,
			Policy: r.Config.Retry, Filled: func() {},
		},
		NoteOwed: func() {}, AdoptOwed: func(context.Context) error { return nil },
	}
}

// rig returns the parts of an app that publishes.
func rig(t *testing.T, change func(*brook.Config, *delivery.Definition)) *tasktest.Rig {
	t.Helper()
	r := tasktest.New(t, change)
	r.Publisher.On.Wake = r.WakeTasks
	return r
}

// Everything that the log holds is folded, and what handlers emit is published, with what comes
// meanwhile.
func TestCatchUp(t *testing.T) {
	r := rig(t, nil)
	r.Publish("x", "y")
	r.Handling["T y"] = func() { r.Publish("z") }
	owed := 0
	c := catchUp(r)
	c.NoteOwed = func() { owed++ }
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"S x", "T x", "S y", "T y", "S z", "T z"}
	if got := r.Told(); !slices.Equal(got, want) {
		t.Errorf("published %q", got)
	}
	if n := r.Outbox.Queued(); n != 0 {
		t.Errorf("%d emissions are left", n)
	}
	if owed != 1 {
		t.Errorf("whoever takes over owed emissions was told %d times", owed)
	}
	r.Publish("late")
	if err := catchUp(r).Run(t.Context()); err != nil || len(r.Told()) != 8 {
		t.Errorf("the next call: %v, published %q", err, r.Told())
	}
}

// Topics may grow meanwhile.
func TestGrown(t *testing.T) {
	r := rig(t, nil)
	r.Publish("x")
	r.Handling["T x"] = func() {
		if err := r.Driver.Grow("in", 4); err != nil {
			t.Fatal(err)
		}
		r.Publish("y", "z")
	}
	if err := catchUp(r).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.Told(); len(got) != 6 {
		t.Errorf("published %q", got)
	}
}

// A partition that stands still for its dead letters is an error, and what came before is folded.
func TestDeadLettersFull(t *testing.T) {
	r := rig(t, func(c *brook.Config, _ *delivery.Definition) { c.MaxDeadLetters = 1 })
	r.Fails["S x"] = errBad
	r.Publish("x", "y")
	if err := catchUp(r).Run(t.Context()); !errors.Is(err, brook.ErrDeadLettersFull) {
		t.Errorf("the error is %v", err)
	}
	emissions := r.Outbox.Depth(partition.ID{Topic: "in"})
	if got := r.Lettered(); got != "0 S 1" || emissions != 1 {
		t.Errorf("letters %q, and %d emissions are to be published", got, emissions)
	}
}

// If ctx ends the call, the error is that of ctx, and another call does the rest.
func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := rig(t, nil)
	r.Publish("x", "y")
	r.Handling["S y"] = cancel
	if err := catchUp(r).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if err := catchUp(r).Run(t.Context()); err != nil || len(r.Told()) != 4 {
		t.Errorf("the next call: %v, published %q", err, r.Told())
	}
}

// A reader that fails is opened anew, and goes on where it was.
func TestReaderFails(t *testing.T) {
	for _, op := range []fault.Op{fault.Open, fault.Read, fault.Partitions} {
		f := fault.New(fault.Fail, 1, op)
		r := rig(t, nil)
		r.Publish("x", "y")
		r.Config.Driver = drivertest.Faulty(r.Driver, f)
		if err := catchUp(r).Run(t.Context()); err != nil {
			t.Fatalf("%s fails once: %v", op, err)
		}
		if got := r.Told(); len(got) != 4 || !f.Struck() {
			t.Errorf("%s fails once: published %q", op, got)
		}
	}
}

// A chunk is read only if nothing of the partition is in memory, and if there is more.
func TestInput(t *testing.T) {
	r := rig(t, nil)
	r.Publish("x")
	partitions, err := r.Partitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one := task.NewPartition(partitions[0], r.BlockedOf(partition.ID{Topic: "in"}), 0)
	tasks := r.Split([]*task.Partition{one}, brook.Mode{Lanes: 1})
	in := newInput(r.Driver, r.Set, tasks[0])
	defer in.close()
	for i, want := range []bool{true, false} {
		if more, err := in.read(t.Context()); err != nil || more != want {
			t.Errorf("read %d: %t, %v", i, more, err)
		}
	}
	if err := r.Driver.Grow("in", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := in.read(t.Context()); !errors.Is(err, task.ErrOthers) {
		t.Errorf("the topic has grown: %v", err)
	}
}
