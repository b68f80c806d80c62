package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

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
