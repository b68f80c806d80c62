package quiesce_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/brookgen/brookgen/runtime/internal/quiesce"
)

// One at a time holds it; waits end with their contexts.
func TestMutex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := quiesce.NewMutex()
		m.Lock()
		if m.TryLock() {
			t.Error("two hold it")
		}
		ctx, cancel := context.WithCancel(t.Context())
		waited, locked := make(chan bool, 1), make(chan bool, 1)
		go func() { waited <- m.LockContext(ctx) }()
		synctest.Wait()
		cancel()
		if <-waited {
			t.Error("a wait that ended holds it")
		}
		go func() { locked <- m.LockContext(t.Context()) }()
		synctest.Wait()
		m.Unlock()
		if !<-locked {
			t.Error("a wait does not end with it")
		}
		if m.TryLock() {
			t.Error("two hold it")
		}
		m.Unlock()
		if !m.TryLock() {
			t.Error("nobody holds it, and it can't be taken")
		}
		m.Unlock()
	})
}
