package runner

import (
	"context"
	"errors"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Only errors that wrap ErrPermanent end a run, and the first of them is what it returns.
func TestFatalErrorsEndARun(t *testing.T) {
	broken := fmt.Errorf("disk: %w", brook.ErrPermanent)
	f := NewFatal()
	f.Note(nil)
	f.Note(errors.New("away"))
	for range 3 {
		f.Note(broken) // nobody waits, although nobody heeds it yet
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
