package catalog

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Contexts end with their caller's, and when the app closes: those of what may be in flight
// Config.ShutdownTimeout later.
func TestWhileEnding(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newRig(t, newFake(), version{})
		now, cancel := a.WhileOpen(t.Context())
		defer cancel()
		later, cancel := a.WhileEnding(t.Context())
		defer cancel()
		done, cancel := a.WhileEnding(t.Context())
		cancel()
		<-done.Done()
		want(t, "the cause of one that is done with", context.Cause(done), context.Canceled)
		a.close()
		began := time.Now()
		<-now.Done()
		want(t, "without grace", time.Since(began), 0)
		<-later.Done()
		want(t, "with grace", time.Since(began), 10*time.Second)
		for _, ctx := range []context.Context{now, later} {
			wantErr(t, context.Cause(ctx), brook.ErrClosed)
		}
	})
}

// What ended because the app closed wraps ErrClosed, and what failed keeps its error.
func TestClosing(t *testing.T) {
	closed, cancel := context.WithCancelCause(t.Context())
	cancel(brook.ErrClosed)
	already := fmt.Errorf("x: %w", brook.ErrClosed)
	if err := Closing(closed, nil); err != nil {
		t.Error(err)
	}
	want(t, "of an app that is open", Closing(t.Context(), errStore), errStore)
	want(t, "that says so", Closing(closed, already), already)
	want(t, "of the context", Closing(closed, context.Canceled), brook.ErrClosed)
	err := Closing(closed, errStore)
	wantErr(t, err, errStore)
	wantErr(t, err, brook.ErrClosed)
	if errors.Is(Closing(closed, fmt.Errorf("x: %w", context.Canceled)), context.Canceled) {
		t.Error("the caller's context did not end")
	}
}

type valueKey struct{}

// bound is a lifetime with what may end it.
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

// A lifetime has one end, with its cause, whatever is asked of it first.
func TestLifetimeEnds(t *testing.T) {
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
func TestLifetimeChild(t *testing.T) {
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

// What is in flight has a time to end after the app closed.
func TestLifetimeAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app, closing := context.WithCancel(t.Context())
		later := after(app, time.Minute)
		time.Sleep(time.Hour)
		if later.Err() != nil {
			t.Fatal("it ended while the app was open")
		}
		closing()
		time.Sleep(time.Minute - 1)
		if later.Err() != nil {
			t.Fatal("it ended before its time")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if cause := context.Cause(later); !errors.Is(cause, brook.ErrClosed) {
			t.Errorf("its cause is %v", cause)
		}
	})
}

// A call that waits for nothing allocates its context and the function that ends it.
func TestLifetimeAllocations(t *testing.T) {
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
