package catalog

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Contexts end with their caller's, and when the app closes, after a grace if there is one.
func TestUntil(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newRig(t, newFake(), version{})
		now, cancel := a.WhileOpen(t.Context())
		defer cancel()
		later, cancel := a.Until(t.Context(), time.Minute)
		defer cancel()
		done, cancel := a.Until(t.Context(), time.Hour)
		cancel()
		<-done.Done()
		want(t, "the cause of one that is done with", context.Cause(done), context.Canceled)
		a.close()
		began := time.Now()
		<-now.Done()
		want(t, "without grace", time.Since(began), 0)
		<-later.Done()
		want(t, "with grace", time.Since(began), time.Minute)
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
