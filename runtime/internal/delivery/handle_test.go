package delivery_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/typed"
)

var errBad = errors.New("bad")

// A set that fails leaves nothing, and the others stay as they are.
func TestSets(t *testing.T) {
	f := newFixture(t)
	f.Handle(0, f.creates("a", nil))
	f.Handle(1, f.creates("b", errBad))
	f.Handle(2, f.creates("c", nil))
	f.want("A B:handle:bad C", "a c", 2)
	if f.Effects[0].Set != "A" || f.Effects[1].Set != "C" {
		t.Errorf("effects are those of %s and %s", f.Effects[0].Set, f.Effects[1].Set)
	}
	f.Tx.Revert()
	f.want("A B:handle:bad C", "", 2)
}

// A panic is the failure of its set, with its stack.
func TestPanic(t *testing.T) {
	f := newFixture(t)
	f.Handle(0, func(ctx context.Context) error {
		_ = f.creates("a", nil)(ctx)
		panic("oh")
	})
	f.Handle(1, f.creates("b", nil))
	f.want("A:handle:panic: oh B", "b", 1)
	var p *brook.PanicError
	if !errors.As(f.Results[0].Err, &p) || !strings.Contains(string(p.Stack), "TestPanic") {
		t.Errorf("%v has no stack of the handler", f.Results[0].Err)
	}
}

// A change that can't be made fails the set, although its handler does not.
func TestChangeFails(t *testing.T) {
	f := newFixture(t)
	f.Handle(0, f.creates("a", nil))
	f.Handle(1, func(context.Context) error {
		typed.RowsOf(f.Tx, 0, counts).Apply(brook.Create("b", 1), brook.Create("c", -1))
		return nil
	})
	f.Handle(2, f.creates("c", nil))
	if len(f.Results) != 3 || f.Results[1].Err == nil {
		t.Fatalf("results are %v, want a failure of B", f.Results)
	}
	f.Results = nil
	f.want("", "a c", 2)
}

// ErrRetry says that another try may succeed.
func TestRetry(t *testing.T) {
	f := newFixture(t)
	f.Handle(0, f.creates("a", brook.ErrRetry))
	f.want("A:handle:"+brook.ErrRetry.Error()+":again", "", 0)
}

// A set whose key is blocked is not tried; its event waits behind the letter.
func TestBlocked(t *testing.T) {
	f := newFixture(t)
	f.host.blocked = map[string]brook.Position{"A": at}
	f.Handle(0, f.creates("a", nil))
	f.Handle(1, f.creates("b", nil))
	f.want("A:handle:waits behind the dead letter at "+at.String()+":waits B", "b", 1)
}

// A redriven letter runs its set only; sets that an event was dropped for do not run.
func TestOnlyAndDropped(t *testing.T) {
	f := newFixture(t)
	f.Only, f.DroppedFor = "B", nil
	for set, k := range []string{"a", "b", "c"} {
		f.Handle(set, f.creates(k, nil))
	}
	f.want("B", "b", 1)
	f = newFixture(t)
	f.DroppedFor = []string{"B"}
	for set, k := range []string{"a", "b", "c"} {
		f.Handle(set, f.creates(k, nil))
	}
	f.want("A C", "a c", 2)
}

// Of Process, the first failure ends the event. What earlier sets did is for Process to revert.
func TestOnce(t *testing.T) {
	f := newFixture(t)
	f.Once = true
	f.Handle(0, f.creates("a", nil))
	f.Handle(1, f.creates("b", errBad))
	f.Handle(2, f.creates("c", nil))
	f.want("A B:handle:bad", "a", 1)
}

// What is forced fails every set, and no handler runs.
func TestForced(t *testing.T) {
	f := newFixture(t)
	f.Forced = errBad
	f.Handle(0, func(context.Context) error { panic("it runs") })
	f.Handle(1, func(context.Context) error { panic("it runs") })
	f.want("A:apply:bad B:apply:bad", "", 0)
}

// If the store fails, the event has no outcome and no further set runs.
func TestStoreFault(t *testing.T) {
	f := newFixture(t)
	f.reader.err = errBad
	f.Handle(0, f.merges("a"))
	f.reader.err = nil
	f.Handle(1, f.creates("b", nil))
	if !errors.Is(f.Tx.StoreFault(), errBad) || len(f.Results) != 0 {
		t.Errorf("fault %v, results %v; want the store's error alone", f.Tx.StoreFault(), f.Results)
	}
}

// If the context ends, no further set runs, and there is no result.
func TestContextEnds(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.Ctx = ctx
	f.Handle(0, func(context.Context) error { cancel(); return ctx.Err() })
	f.Handle(1, f.creates("b", nil))
	f.want("", "", 0)
}

// A delivery keeps nothing of the event before.
func TestPrepareForgets(t *testing.T) {
	f := newFixture(t)
	f.Once, f.Silent, f.Only, f.DroppedFor = true, true, "A", []string{"C"}
	f.Owes, f.Forced, f.DecodeErr, f.Known = []string{"A"}, errBad, errBad, true
	f.Handle(0, f.creates("a", errBad))
	f.begin(false, false)
	if f.DecodeErr != nil || f.Known || f.Silent || f.Owes != nil {
		t.Errorf("%+v is left", f.Delivery)
	}
	for set, k := range []string{"a", "b", "c"} {
		f.Handle(set, f.creates(k, nil))
	}
	f.want("A B C", "a b c", 3)
}

// Of a silent event, only the sets that it owes act.
func TestOwing(t *testing.T) {
	f := newFixture(t)
	if !f.Owing("A") {
		t.Error("a new event is not acted on")
	}
	f.Silent, f.Owes = true, []string{"B"}
	if f.Owing("A") || !f.Owing("B") {
		t.Error("of a silent event, other sets act than those that it owes")
	}
	if f.Owed("B") != nil || len(f.Owed("")) != 1 {
		t.Errorf("the letter of a set owes %v, that of all %v; want none, and B", f.Owed("B"),
			f.Owed(""))
	}
}
