package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

const (
	effectBuffer = 256             // how many effects of a lane may wait before the lane does
	effectStuck  = 5 * time.Second // how long it does that for one and the same effect, which may wait for the lane
	effectMost   = 100_000         // how many may wait at all; more are not run
	effectGrace  = time.Second     // how long effects may go on when Run ends, and then have to heed their context
)

// effects are those of one Run, a line for each lane. They are run beside the lanes, and outlive them: nothing waits for effects but, for a
// moment, the end of Run.
type effects struct {
	app    *App
	ctx    context.Context // theirs
	cancel context.CancelFunc

	mu    sync.Mutex
	lines map[int]*effectLine // by the partition number of a lane, or oneLane
	busy  int                 // lines that run
	idle  chan struct{}       // closed when none does any more; nil: nobody wants to know
}

// oneLane is the number of a lane of all partitions.
const oneLane = -1

// effectLine runs effects one after the other.
type effectLine struct {
	effects *effects
	wake    func()       // of the lane that may wait
	waits   atomic.Int64 // how many do
	since   atomic.Int64 // when the one that runs began, in nanoseconds of the app's age

	// Guarded by effects.mu.
	queue []outbox.Effect
	runs  bool
}

func (a *App) newEffects(ctx context.Context) *effects {
	s := &effects{app: a, lines: map[int]*effectLine{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// line returns the line of a lane, which is woken when it may go on.
func (s *effects) line(number int, wake func()) *effectLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[number] == nil {
		s.lines[number] = &effectLine{effects: s}
	}
	s.lines[number].wake = wake
	return s.lines[number]
}

// push has an effect run behind the others of its line.
func (l *effectLine) push(e outbox.Effect) {
	s := l.effects
	if !l.add(e) {
		s.app.report.Failure(brook.Failure{What: "effect", Position: e.Position, Err: fmt.Errorf("set %s: not run: %d others wait", e.Set, effectMost), Final: true})
	}
}

// add puts an effect into the line, and reports whether there is room.
func (l *effectLine) add(e outbox.Effect) bool {
	s := l.effects
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.queue) >= effectMost {
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

// full returns how long the lane is to stand still at most because too many effects wait; 0: it goes on. An effect that runs for long may wait
// for an event of the lane.
func (l *effectLine) full() time.Duration {
	if l == nil || l.waits.Load() < effectBuffer {
		return 0
	}
	return max(0, effectStuck-(l.effects.app.catalog.Age()-time.Duration(l.since.Load())))
}

// run runs effects until none waits.
func (l *effectLine) run() {
	s := l.effects
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
		l.since.Store(int64(s.app.catalog.Age()))
		if l.waits.Add(-1) == effectBuffer-1 && wake != nil {
			wake()
		}
		s.app.runEffect(s.ctx, e)
	}
}

// end gives effects a moment, then ends their context, and returns when none runs any more, or after another moment: one that does not heed its
// context goes on by itself.
func (s *effects) end() {
	defer s.cancel()
	if s.wait() {
		return
	}
	s.cancel()
	if !s.wait() {
		s.app.report.Warn("an effect does not heed its context, and goes on after the end of Run")
	}
}

// wait waits until no effect runs, for a moment, and reports whether that is so.
func (s *effects) wait() bool {
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
	timer := time.NewTimer(min(effectGrace, s.app.config.ShutdownTimeout))
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}

// effectOf is the key of a context of effects for the app that runs them.
type effectOf struct{}

// runEffect runs an effect, and again where it fails, as Config.Retry says.
func (a *App) runEffect(ctx context.Context, e outbox.Effect) {
	ctx = context.WithValue(ctx, effectOf{}, a)
	for attempts := 1; ; attempts++ {
		if err := ctx.Err(); err != nil {
			a.report.Failure(brook.Failure{What: "effect", Position: e.Position, Attempts: attempts - 1, Err: fmt.Errorf("set %s: not run: %w", e.Set, context.Cause(ctx)), Final: true})
			return
		}
		err := callEffect(ctx, e.Run)
		if err == nil {
			return
		}
		final := attempts >= a.config.Retry.Attempts
		a.report.Failure(brook.Failure{What: "effect", Position: e.Position, Attempts: attempts, Err: fmt.Errorf("set %s: %w", e.Set, err), Final: final})
		if final {
			return
		}
		_ = retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) // the end of ctx shows above
	}
}

func callEffect(ctx context.Context, run brook.Effect) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	if err := run(ctx); err != nil {
		probe(err)
		return err
	}
	return nil
}
