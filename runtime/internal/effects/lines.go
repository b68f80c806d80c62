package effects

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

const (
	lineBuffer = 256             // how many effects of a line may wait before its task does
	stuckAfter = 5 * time.Second // how long a task waits for one and the same effect, which may wait for the task
	mostQueued = 100_000         // how many may wait at all; more are not run
	grace      = time.Second     // how long effects may go on when Run ends, and then have to heed their context
)

// Lines are the effects of one Run, a line for each task. They outlive the tasks: nothing waits for
// effects but, for a moment, the end of Run.
type Lines struct {
	runner *Runner
	grace  time.Duration
	born   time.Time
	ctx    context.Context // theirs
	cancel context.CancelFunc

	mu    sync.Mutex
	lines map[int]*Line
	busy  int           // lines that run
	idle  chan struct{} // closed when none does any more; nil: nobody wants to know
}

// Single is the number of the line of a task of all partitions; others have the number of theirs.
const Single = -1

// Line runs effects one after the other.
type Line struct {
	lines *Lines
	wake  func()       // of the task that may wait
	waits atomic.Int64 // how many do
	since atomic.Int64 // when the one that runs began, in nanoseconds since the lines were made

	// Guarded by Lines.mu.
	queue []outbox.Effect
	runs  bool
}

// NewLines returns lines whose effects end with ctx. limit is how long the end of Run may wait for
// effects, at most.
func NewLines(ctx context.Context, r *Runner, limit time.Duration) *Lines {
	s := &Lines{runner: r, grace: min(grace, limit), born: time.Now(), lines: map[int]*Line{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// Line returns the line of a number. wake is called when its task, which waits, may go on; nil: nobody
// waits.
func (s *Lines) Line(number int, wake func()) *Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[number] == nil {
		s.lines[number] = &Line{lines: s}
	}
	s.lines[number].wake = wake
	return s.lines[number]
}

// Push has an effect run behind the others of its line.
func (l *Line) Push(e outbox.Effect) {
	if !l.add(e) {
		l.lines.runner.failure(e, 0, fmt.Errorf("not run: %d others wait", mostQueued), true)
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
		go l.run()
	}
	return true
}

// Full returns how long the task is to stand still at most because too many effects wait; 0: it goes
// on. An effect that runs for long may wait for an event of the task. A nil line is never full.
func (l *Line) Full() time.Duration {
	if l == nil || l.waits.Load() < lineBuffer {
		return 0
	}
	return max(0, stuckAfter-(time.Since(l.lines.born)-time.Duration(l.since.Load())))
}

// run runs effects until none waits.
func (l *Line) run() {
	s := l.lines
	whole := false
	defer func() {
		if !whole { // an effect ended its goroutine
			go l.run()
		}
	}()
	for {
		s.mu.Lock()
		if len(l.queue) == 0 {
			l.runs, l.queue, whole = false, nil, true
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
		s.runner.Run(s.ctx, e)
	}
}

// End gives effects a moment, then ends their context, and returns when none runs any more, or after
// another moment: one that does not heed its context goes on by itself.
func (s *Lines) End() {
	defer s.cancel()
	if s.wait() {
		return
	}
	s.cancel()
	if !s.wait() {
		s.runner.Report.Warn("an effect does not heed its context, and goes on after the end of Run")
	}
}

// wait waits until no effect runs, for a moment, and reports whether that is so.
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
