package control_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// owe makes the live generation owe n emissions, caused by as many events.
func owe(t *testing.T, r *tasktest.Rig, n int) {
	t.Helper()
	var writes []brook.Write
	for i := range n {
		out := outbound(r, fmt.Sprint(i))
		cause := id.At(int64(i))
		item := &outbox.Item{
			Key: outbox.ItemKey(cause, "", 0, 0, 0), Position: cause, Author: "shop",
			Type: out.Message.Type, ID: fmt.Sprint(i), Set: "S",
		}
		if err := r.Emissions.Wrap(out, &item.Record); err != nil {
			t.Fatal(err)
		}
		writes = append(writes, item.Write(r.Catalog.Live().Owed))
	}
	if err := r.Store.Commit(t.Context(), &brook.Batch{Writes: writes}); err != nil {
		t.Fatal(err)
	}
}

// left returns how many emissions the live generation still owes.
func left(t *testing.T, r *tasktest.Rig) (n int) {
	t.Helper()
	for _, err := range r.Reader.Scan(t.Context(), r.Catalog.Live().Owed, nil, nil) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// What is owed moves into the outbox once somebody said that there may be something, however much
// it is.
func TestAdopt(t *testing.T) {
	const many = 600 // more than two commits
	f := fault.New(fault.Fail, 0, fault.Commit)
	r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store = storetest.Faulty(c.Store, f)
	})
	x := &control.Owed{Calls: calls(r)}
	owe(t, r, many)
	before := f.Count()
	if err := x.Adopt(t.Context()); err != nil || left(t, r) != many {
		t.Errorf("nobody noted it, and %d are left: %v", left(t, r), err)
	}
	x.Note()
	if err := x.Adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.Outbox.Queued(); got != many || left(t, r) != 0 {
		t.Errorf("%d are to be published, and %d left", got, left(t, r))
	}
	if n := f.Count() - before; n != 3 {
		t.Errorf("%d commits, want 3 of 256 at most", n)
	}
}

// What could not be adopted is adopted the next time.
func TestAdoptLater(t *testing.T) {
	f := fault.New(fault.Refuse, 0, fault.Commit)
	r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store = storetest.Faulty(c.Store, f)
	})
	x := &control.Owed{Calls: calls(r)}
	owe(t, r, 1)
	x.Note()
	f.Begin()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := x.Adopt(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the store refuses it: %v", err)
	}
	f.Mend()
	if err := x.Adopt(t.Context()); err != nil || r.Outbox.Queued() != 1 || left(t, r) != 0 {
		t.Errorf("%v, %d are to be published, and %d left", err, r.Outbox.Queued(), left(t, r))
	}
}
