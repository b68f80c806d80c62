package operation_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

type key struct{}

// recorder has the operations that ended, and what their contexts carried.
type recorder struct {
	ended  []brook.Operation
	within []any
}

func (r *recorder) observer() *operation.Observer {
	return operation.New(&brook.Hooks{
		Begin: func(ctx context.Context, op *brook.Operation) context.Context {
			return context.WithValue(ctx, key{}, op.Kind)
		},
		End: func(ctx context.Context, op *brook.Operation) {
			r.ended = append(r.ended, *op)
			r.within = append(r.within, ctx.Value(key{}))
		},
	})
}

// An operation ends with its error and its context, also if what it does panics.
func TestDo(t *testing.T) {
	bad := errors.New("bad")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx     context.Context
		do      func(context.Context) error
		outcome brook.Outcome
	}{
		{t.Context(), func(context.Context) error { return nil }, brook.OutcomeDone},
		{t.Context(), func(context.Context) error { return bad }, brook.OutcomeFailed},
		{t.Context(), func(context.Context) error { panic(bad) }, brook.OutcomeFailed},
		{over, func(ctx context.Context) error { return ctx.Err() }, brook.OutcomeCanceled},
	} {
		var r recorder
		func() {
			defer func() { _ = recover() }()
			op := brook.Operation{Kind: brook.OperationRebuild}
			err := r.observer().Do(c.ctx, op, func(ctx context.Context) error {
				if ctx.Value(key{}) != brook.OperationRebuild {
					t.Error("it goes on with another context")
				}
				return c.do(ctx)
			})
			if (err == nil) != (c.outcome == brook.OutcomeDone) {
				t.Error(err)
			}
		}()
		if len(r.ended) != 1 || r.ended[0].Outcome != c.outcome ||
			(r.ended[0].Err == nil) != (c.outcome == brook.OutcomeDone) ||
			r.ended[0].Start.IsZero() || r.within[0] != brook.OperationRebuild {
			t.Errorf("ended %+v within %v, want %s", r.ended, r.within, c.outcome)
		}
	}
}

// A hook that returns no context leaves the one that there is, and one of the three hooks is enough.
func TestNoContext(t *testing.T) {
	none := operation.New(&brook.Hooks{
		Begin: func(context.Context, *brook.Operation) context.Context { return nil },
	})
	var op brook.Operation
	if ctx := none.Begin(t.Context(), &op); ctx != t.Context() {
		t.Error("the context is another one")
	}
	none.End(t.Context(), &op, brook.OutcomeDone, nil)
	if h := none.Trace(t.Context()); h != nil {
		t.Error(h)
	}
	carry := operation.New(&brook.Hooks{
		Trace: func(context.Context) []brook.Header { return make([]brook.Header, 2) },
	})
	if ctx := carry.Begin(t.Context(), &op); ctx != t.Context() || len(carry.Trace(ctx)) != 2 {
		t.Error("the context is another one, or there is no trace")
	}
}

// The topic of a batch is known if it is for one.
func TestPublish(t *testing.T) {
	for _, topics := range [][]string{{"a"}, {"a", "a"}, {"a", "b", "a"}} {
		var records []brook.Record
		for _, topic := range topics {
			records = append(records, brook.Record{Topic: topic})
		}
		var r recorder
		err := r.observer().Publish(t.Context(), records, true,
			func(context.Context) error { return nil })
		want := map[int]string{1: "a", 2: "a", 3: ""}[len(topics)]
		if op := r.ended[0]; err != nil || op.Topic != want || op.Events != len(topics) ||
			len(op.Records) != len(topics) || !op.Called {
			t.Errorf("%v: %+v, %v", topics, op, err)
		}
	}
}

// Without hooks that see operations there is no observer, and what it is asked to do is done without
// an allocation.
func TestNone(t *testing.T) {
	o := operation.New(&brook.Hooks{Commit: func(brook.Commit) {}})
	if o != nil {
		t.Fatal("it has an observer")
	}
	store := mapstore.New()
	batch, do := &brook.Batch{}, func(context.Context) error { return nil }
	records := make([]brook.Record, 1)
	ctx := t.Context()
	allocs := testing.AllocsPerRun(100, func() {
		err := errors.Join(o.Do(ctx, brook.Operation{Kind: brook.OperationRebuild}, do),
			o.Publish(ctx, records, false, do))
		if err != nil || o.Trace(ctx) != nil {
			t.Error(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
	if err := o.Commit(ctx, store, batch, 1, false); err != nil {
		t.Error(err)
	}
}
