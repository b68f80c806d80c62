package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Only errors that wrap ErrPermanent end a run, and the first of them is what it returns.
func TestFatalErrorsEndARun(t *testing.T) {
	broken := fmt.Errorf("disk: %w", brook.ErrPermanent)
	f := newFatal()
	f.note(nil)
	f.note(errors.New("away"))
	for range 3 {
		f.note(broken) // nobody waits, although nobody heeds it yet
	}
	ctx, end := context.WithCancel(t.Context())
	stop := f.heed(ctx, end)
	<-ctx.Done()
	err := errors.New("interrupted")
	if stop(&err); err != broken {
		t.Errorf("the run returns %v", err)
	}

	ctx, end = context.WithCancel(t.Context())
	stop = f.heed(ctx, end)
	if stop(&err); ctx.Err() != nil {
		t.Error("what ended one run ended the next")
	}
	end()
}

// One call of Run or CatchUp is under way at a time, and none once the app is closed.
func TestLifetime(t *testing.T) {
	l := newLife(time.Second)
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	if err := l.run(); !errors.Is(err, brook.ErrRunning) {
		t.Errorf("beside another call: %v", err)
	}
	l.End()
	l.End()
	if err := l.run(); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("beside another call of a closed app: %v", err)
	}
	l.running.Unlock()
	if err := l.run(); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("of a closed app: %v", err)
	}
	if !l.running.TryLock() {
		t.Error("a call that was refused keeps others from running")
	}
	if context.Cause(l.Context()) != brook.ErrClosed {
		t.Errorf("the context ends with %v", context.Cause(l.Context()))
	}
}
