package effects

import (
	"context"
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/quiesce"
)

// grace is how long effects may go on when Run ends, and again once their context has ended.
const grace = time.Second

// Lines are the effects of one Run, a line for each task. They outlive the tasks: nothing waits for
// effects except, for a moment, the end of Run. They are safe for concurrent use.
type Lines struct {
	executor *Executor
	grace    time.Duration
	valve    *quiesce.Valve // is passed by lines that run
	born     time.Time
	ctx      context.Context // of the effects
	cancel   context.CancelFunc

	mu    sync.Mutex
	lines map[int]*Line
	busy  int           // lines that run
	idle  chan struct{} // closed when no line runs; nil: nobody waits for that
}

// Single is the number of the line of a task of all partitions. Other lines have the number of
// their task's partitions.
const Single = -1

// NewLines returns lines whose effects end with ctx, and that v waits for. limit is how long the end of Run may wait for
// effects, at most.
func NewLines(
	ctx context.Context, x *Executor, v *quiesce.Valve, limit time.Duration,
) *Lines {
	s := &Lines{
		executor: x, valve: v, grace: min(grace, limit), born: time.Now(), lines: map[int]*Line{},
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// Line returns the line of a number, and makes it if there is none. wake is called when its task,
// which waits because the line is full, may go on; nil: no task waits.
func (s *Lines) Line(number int, wake func()) *Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[number] == nil {
		s.lines[number] = &Line{lines: s}
	}
	s.lines[number].wake = wake
	return s.lines[number]
}

// End waits a moment for effects that run or wait, then ends their context, and returns when none
// runs any more, or after another moment: an effect that ignores its context goes on by itself.
func (s *Lines) End() {
	defer s.cancel()
	if s.wait() {
		return
	}
	s.cancel()
	if !s.wait() {
		s.executor.Report.Warn("an effect ignores its context, and goes on after the end of Run")
	}
}

// wait waits for a moment until no effect runs, and reports whether none does.
func (s *Lines) wait() bool {
	s.mu.Lock()
	if s.busy == 0 {
		s.mu.Unlock()
		return true
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	idle := s.idle
	s.mu.Unlock()
	timer := time.NewTimer(s.grace)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}
