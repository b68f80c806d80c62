package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
)

// lifetime is the time from the opening of an app until Close, with what Close waits for. It is
// safe for concurrent use.
type lifetime struct {
	ctx        context.Context // ends at Close, with ErrClosed as its cause
	cancel     context.CancelCauseFunc
	done       chan struct{} // closed by Close
	closed     atomic.Bool
	running    quiesce.Mutex  // held by Run and CatchUp
	rebuilding quiesce.Mutex  // held by a rebuild
	background sync.WaitGroup // what ends after ctx
}

func newLifetime() *lifetime {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &lifetime{
		ctx: ctx, cancel: cancel, done: make(chan struct{}),
		running: quiesce.NewMutex(), rebuilding: quiesce.NewMutex(),
	}
}

// end makes what is under way end. It may be called more than once.
func (l *lifetime) end() {
	if l.closed.CompareAndSwap(false, true) {
		close(l.done)
		l.cancel(brook.ErrClosed)
	}
}

// err returns ErrClosed if the app is closed.
func (l *lifetime) err() error {
	if l.closed.Load() {
		return brook.ErrClosed
	}
	return nil
}

// run locks running. If another call holds it, run returns ErrRunning, or ErrClosed if the app is
// closed.
func (l *lifetime) run() error {
	if !l.running.TryLock() {
		if err := l.err(); err != nil {
			return err
		}
		return fmt.Errorf("%w: a Run or CatchUp of this app is under way: wait until it has returned",
			brook.ErrRunning)
	}
	if err := l.err(); err != nil {
		l.running.Unlock()
		return err
	}
	return nil
}
