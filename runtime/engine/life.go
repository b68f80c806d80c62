package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
)

// life is the lifetime of an app, with what goes on in it one at a time, and what Close waits for.
// It is safe for concurrent use.
type life struct {
	*lifetime.App
	running    quiesce.Mutex  // held by Run and CatchUp
	rebuilding quiesce.Mutex  // held by a rebuild
	background sync.WaitGroup // what ends after the app
}

// newLife returns the life of an app, in which calls in flight may go on for grace after Close.
func newLife(grace time.Duration) *life {
	return &life{
		App:     lifetime.New(context.Background(), grace),
		running: quiesce.NewMutex(), rebuilding: quiesce.NewMutex(),
	}
}

// run locks running. If another call holds it, run returns ErrRunning, or ErrClosed if the app is
// closed.
func (l *life) run() error {
	if !l.running.TryLock() {
		if err := l.Err(); err != nil {
			return err
		}
		return fmt.Errorf("%w: a Run or CatchUp of this app is under way: wait until it has returned",
			brook.ErrRunning)
	}
	if err := l.Err(); err != nil {
		l.running.Unlock()
		return err
	}
	return nil
}
