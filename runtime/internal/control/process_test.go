package control_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

// outbound returns an event "did", encoded.
func outbound(r *tasktest.Rig, text string) *brook.Outbound {
	out := &brook.Outbound{}
	brook.Encode(out, r.Def.Events[0], &text)
	return out
}

func calls(r *tasktest.Rig) *control.Calls {
	return &control.Calls{Tasks: r.Set, Exclusive: exclusive.New(r.Set)}
}

// An event of Process is applied for all sets, with what they emit, or for none.
func TestProcess(t *testing.T) {
	r := tasktest.New(t, nil)
	x := calls(r)
	if err := x.Process(t.Context(), outbound(r, "x")); err != nil {
		t.Fatal(err)
	}
	if n := r.Outbox.Queued(); n != 2 {
		t.Errorf("%d emissions, want those of S x and T x", n)
	}
	r.Fails["T y"] = errBad
	if err := x.Process(t.Context(), outbound(r, "y")); !errors.Is(err, errBad) {
		t.Errorf("a set failed: %v", err)
	}
	if n := r.Outbox.Queued(); n != 2 || r.Lettered() != "" {
		t.Errorf("%d emissions, letters %q: something of it is stored", n, r.Lettered())
	}
}

// Process is refused where the event's rows may be another member's.
func TestProcessInAGroup(t *testing.T) {
	r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) { c.Group = true })
	if err := calls(r).Process(t.Context(), outbound(r, "x")); !errors.Is(err, brook.ErrGroup) {
		t.Errorf("the error is %v", err)
	}
}

// The effects of an event run before Process returns, and under a context that lives although the
// caller's ended: the event is committed.
func TestProcessRunsEffects(t *testing.T) {
	r := tasktest.New(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ran := 0
	r.Effect = func(ctx context.Context) error {
		cancel()
		ran++
		return ctx.Err()
	}
	if err := calls(r).Process(ctx, outbound(r, "x")); err != nil || ran != 2 {
		t.Errorf("%d effects ran, %v", ran, err)
	}
	if f := r.Failures(); len(f) > 0 {
		t.Errorf("an effect failed: %v", f[0].Err)
	}
	if err := calls(r).Process(ctx, outbound(r, "y")); !errors.Is(err, context.Canceled) || ran != 2 {
		t.Errorf("with a context that ended: %d effects ran, %v", ran, err)
	}
}

// Clear knows the collections.
func TestClear(t *testing.T) {
	x := calls(tasktest.New(t, nil))
	if err := x.Clear(t.Context(), "rows"); err != nil {
		t.Error(err)
	}
	if err := x.Clear(t.Context(), "lines"); err == nil {
		t.Error("a collection that there is not is cleared")
	}
}
