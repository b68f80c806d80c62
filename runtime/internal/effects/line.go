package effects

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

const (
	// lineBuffer is how many effects of a line may wait before its task does.
	lineBuffer = 256
	// stuckAfter is how long a task waits for one and the same effect, which may wait for the task.
	stuckAfter = 5 * time.Second
	// mostQueued is how many effects of a line may wait at all. More are not run.
	mostQueued = 100_000
)

// Line runs effects one after the other. It is safe for concurrent use.
type Line struct {
	lines *Lines
	waits atomic.Int64 // how many effects wait
	since atomic.Int64 // when the last effect began, in nanoseconds since the lines were made

	// Guarded by Lines.mu.
	wake  func() // of the task that may wait; nil: none does
	queue []outbox.Effect
	runs  bool // a goroutine runs the queue
}

// Push has an effect run behind the others of its line. If too many wait, it is not run, which is
// reported as a failure.
func (l *Line) Push(e outbox.Effect) {
	if !l.add(e) {
		err := fmt.Errorf("not run: %d others wait", mostQueued)
		l.lines.executor.giveUp(e, 0, err)
	}
}

// add puts an effect into the line, and reports whether there is room.
func (l *Line) add(e outbox.Effect) bool {
	s := l.lines
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.queue) >= mostQueued {
		return false
	}
	l.queue = append(l.queue, e)
	l.waits.Add(1)
	if !l.runs {
		l.runs = true
		s.busy++
		s.valve.Join()
		go l.run()
	}
	return true
}

// Full returns how long the task is to stand still at most because too many effects wait; 0: it
// goes on. The time is limited because an effect that runs for long may wait for an event of the
// task. A nil line is never full.
func (l *Line) Full() time.Duration {
	if l == nil || l.waits.Load() < lineBuffer {
		return 0
	}
	ran := time.Since(l.lines.born) - time.Duration(l.since.Load())
	return max(0, stuckAfter-ran)
}

// run runs effects until none waits.
func (l *Line) run() {
	s := l.lines
	done := false
	defer func() {
		if !done { // an effect ended its goroutine
			go l.run()
		}
	}()
	for {
		s.mu.Lock()
		if len(l.queue) == 0 {
			l.runs, l.queue, done = false, nil, true
			s.valve.Leave()
			if s.busy--; s.busy == 0 && s.idle != nil {
				close(s.idle)
				s.idle = nil
			}
			s.mu.Unlock()
			return
		}
		e, wake := l.queue[0], l.wake
		l.queue[0] = outbox.Effect{}
		l.queue = l.queue[1:]
		s.mu.Unlock()
		l.since.Store(int64(time.Since(s.born)))
		if l.waits.Add(-1) == lineBuffer-1 && wake != nil {
			wake()
		}
		s.executor.Run(s.ctx, e)
	}
}
