package lifetime

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Contexts end with their caller's, and when the app ends: those of what may be in flight some time
// later.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(t.Context(), 10*time.Second)
		now, cancel := a.WhileOpen(t.Context())
		defer cancel()
		later, cancel := a.WhileEnding(t.Context())
		defer cancel()
		done, cancel := a.WhileEnding(t.Context())
		cancel()
		<-done.Done()
		wantErr(t, context.Cause(done), context.Canceled)
		if err := a.Err(); err != nil {
			t.Errorf("before the end: %v", err)
		}
		a.End()
		a.End()
		began := time.Now()
		<-now.Done()
		wantAfter(t, began, 0)
		<-later.Done()
		wantAfter(t, began, 10*time.Second)
		for _, ctx := range []context.Context{a.Context(), now, later} {
			wantErr(t, context.Cause(ctx), brook.ErrClosed)
		}
		wantErr(t, a.Err(), brook.ErrClosed)
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
	for _, test := range []struct {
		what      string
		ctx       context.Context
		err, want error
	}{
		{"of an app that is open", t.Context(), errLeft, errLeft},
		{"that says so", closed, already, already},
		{"of the context", closed, context.Canceled, brook.ErrClosed},
	} {
		if err := Closing(test.ctx, test.err); err != test.want {
			t.Errorf("an error %s: %v, want %v", test.what, err, test.want)
		}
	}
	err := Closing(closed, errLeft)
	wantErr(t, err, errLeft)
	wantErr(t, err, brook.ErrClosed)
	if errors.Is(Closing(closed, fmt.Errorf("x: %w", context.Canceled)), context.Canceled) {
		t.Error("the caller's context did not end")
	}
}

// What is in flight has a time to end after the app closed.
func TestAfter(t *testing.T) {
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

func wantErr(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("the error is %v, want %v", err, target)
	}
}

func wantAfter(t *testing.T, began time.Time, d time.Duration) {
	t.Helper()
	if after := time.Since(began); after != d {
		t.Errorf("it ended after %s, want %s", after, d)
	}
}

// A bare error of a context is told of what it ended; all others say that themselves.
func TestDuring(t *testing.T) {
	for _, bare := range []error{context.Canceled, context.DeadlineExceeded} {
		err := During("redrive", bare)
		if !errors.Is(err, bare) || err.Error() != "brook: redrive: "+bare.Error() {
			t.Errorf("%v became %v", bare, err)
		}
		if again := During("process", err); again != err {
			t.Errorf("%v became %v", err, again)
		}
	}
	if err := During("redrive", nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}
