package lifetime

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
)

type valueKey struct{}

// bound is the context of a call with what may end it.
type bound struct {
	context.Context
	leave  context.CancelCauseFunc // ends the caller's context
	close  func()                  // ends the app
	finish func()                  // ends the call
}

func newBound() bound {
	values := context.WithValue(context.Background(), valueKey{}, "v")
	caller, leave := context.WithCancelCause(values)
	app, closing := context.WithCancelCause(context.Background())
	ctx, finish := begin(caller, app)
	return bound{ctx, leave, func() { closing(brook.ErrClosed) }, finish}
}

var errLeft = errors.New("the caller left")

// The context of a call has one end, with its cause, whatever is asked of it first.
func TestCallEnds(t *testing.T) {
	for name, end := range map[string]struct {
		end   func(bound)
		cause error
	}{
		"caller":          {func(b bound) { b.leave(errLeft) }, errLeft},
		"app":             {func(b bound) { b.close() }, brook.ErrClosed},
		"call":            {func(b bound) { b.finish() }, context.Canceled},
		"caller then app": {func(b bound) { b.leave(errLeft); b.close() }, errLeft},
		"app then call": {func(b bound) {
			b.close()
			synctest.Wait()
			_ = b.Err()
			b.finish()
		}, brook.ErrClosed},
	} {
		for before, ask := range map[string]func(bound){
			"nothing": func(bound) {},
			"Err":     func(b bound) { _ = b.Err() },
			"Done":    func(b bound) { b.Done() },
		} {
			for after, see := range map[string]func(bound) error{
				"Cause": func(b bound) error { return context.Cause(b) },
				"Done": func(b bound) error {
					<-b.Done()
					return context.Cause(b)
				},
				"a child": func(b bound) error {
					child, cancel := context.WithCancel(b)
					defer cancel()
					<-child.Done()
					return context.Cause(child)
				},
			} {
				t.Run(name+"/"+before+"/"+after, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						b := newBound()
						defer b.finish()
						ask(b)
						if err := b.Err(); err != nil {
							t.Fatalf("it ended early: %v", err)
						}
						end.end(b)
						if before == "Done" {
							synctest.Wait()
						}
						if cause := see(b); !errors.Is(cause, end.cause) {
							t.Errorf("its cause is %v, want %v", cause, end.cause)
						}
						first := b.Err()
						b.leave(errLeft)
						b.close()
						b.finish()
						if err := b.Err(); err != first || err != context.Canceled {
							t.Errorf("its error was %v, and is %v", first, err)
						}
						if b.Value(valueKey{}) != "v" {
							t.Error("the caller's values are gone")
						}
					})
				})
			}
		}
	}
}

// A child ends with the context, with its cause.
func TestCallChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBound()
		defer b.finish()
		child, cancel := context.WithCancel(b)
		defer cancel()
		b.close()
		synctest.Wait()
		if !errors.Is(context.Cause(child), brook.ErrClosed) {
			t.Errorf("the child's cause is %v", context.Cause(child))
		}
	})
}

// A call that waits for nothing allocates its context and the function that ends it.
func TestCallAllocations(t *testing.T) {
	caller, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := testing.AllocsPerRun(100, func() {
		ctx, end := begin(caller, caller)
		if ctx.Err() != nil {
			t.Error("it ended")
		}
		end()
	})
	if n > 2 {
		t.Errorf("%v allocations", n)
	}
}
