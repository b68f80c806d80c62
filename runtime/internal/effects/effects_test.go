package effects_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// rig is a runner whose reports are kept.
type rig struct {
	*effects.Executor
	log strings.Builder // read once all effects have ended

	mu       sync.Mutex
	reported []brook.Failure
}

func newRig(policy brook.Retry) *rig {
	r := &rig{}
	hooks := brook.Hooks{Failure: func(f brook.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reported = append(r.reported, f)
	}}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	r.Executor = &effects.Executor{Policy: policy, Report: report.New("shop", log, hooks), App: r}
	return r
}

// failures returns what was reported.
func (r *rig) failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reported)
}

var once = brook.Retry{Attempts: 1}

func effect(run func(context.Context) error) outbox.Effect {
	return outbox.Effect{Position: brook.Position{Topic: "in", Offset: 7}, Set: "stock", Run: run}
}

func TestEffectsOfALineKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := effects.NewLines(t.Context(), newRig(once).Executor, &quiesce.Valve{}, time.Minute)
		var ran []int
		hold := make(chan struct{})
		other := false
		lines.Line(1, nil).Push(effect(func(context.Context) error { <-hold; return nil }))
		for n := range 100 {
			lines.Line(1, nil).Push(effect(func(context.Context) error { ran = append(ran, n); return nil }))
		}
		lines.Line(2, nil).Push(effect(func(context.Context) error { other = true; return nil }))
		synctest.Wait()
		if len(ran) != 0 || !other {
			t.Errorf("%d effects overtook one that runs; that of another line ran: %t", len(ran), other)
		}
		close(hold)
		lines.End()
		if len(ran) != 100 || !slices.IsSorted(ran) {
			t.Errorf("ran in the order %v", ran)
		}
	})
}

func TestTasksWaitForAFullLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := effects.NewLines(t.Context(), newRig(once).Executor, &quiesce.Valve{}, time.Minute)
		woken := 0
		line := lines.Line(effects.Single, func() { woken++ })
		hold := make(chan struct{})
		step := effect(func(context.Context) error { <-hold; return nil })
		line.Push(step)
		synctest.Wait()
		for range effects.LineBuffer - 1 {
			line.Push(step)
		}
		if d := line.Full(); d != 0 {
			t.Errorf("full for %s with one less than it may have", d)
		}
		line.Push(step)
		if d := line.Full(); d != effects.StuckAfter {
			t.Errorf("full for %s, want %s", d, effects.StuckAfter)
		}
		time.Sleep(effects.StuckAfter - time.Second)
		if d := line.Full(); d != time.Second {
			t.Errorf("full for %s after most of that time, want 1s", d)
		}
		time.Sleep(time.Second)
		if d := line.Full(); d != 0 {
			t.Errorf("full for %s although one effect runs for long: it may wait for the task", d)
		}
		if woken != 0 {
			t.Error("woken while it is full")
		}
		hold <- struct{}{}
		synctest.Wait()
		if woken != 1 || line.Full() != 0 {
			t.Errorf("woken %d times, full for %s; want once, and 0", woken, line.Full())
		}
		close(hold)
		lines.End()
		if woken != 1 {
			t.Errorf("woken %d times, want once: the line was full once", woken)
		}
		if (*effects.Line)(nil).Full() != 0 {
			t.Error("no line is full")
		}
	})
}

func TestTooManyEffectsAreNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(once)
		lines := effects.NewLines(t.Context(), r.Executor, &quiesce.Valve{}, time.Minute)
		hold := make(chan struct{})
		line := lines.Line(0, nil)
		line.Push(effect(func(context.Context) error { <-hold; return nil }))
		synctest.Wait()
		ran := 0
		for range effects.MostQueued + 2 {
			line.Push(effect(func(context.Context) error { ran++; return nil }))
		}
		close(hold)
		lines.End()
		failures := r.failures()
		if ran != effects.MostQueued || len(failures) != 2 {
			t.Fatalf("%d ran and %d failed, want %d and 2", ran, len(failures), effects.MostQueued)
		}
		if f := failures[0]; !f.Final || f.Attempts != 0 || f.What != "effect" {
			t.Errorf("reported as %+v", f)
		}
	})
}

// An effect that hears of its context has a moment, and then another one; one that does not is left
// behind.
func TestEnd(t *testing.T) {
	const grace = 100 * time.Millisecond
	free := make(chan struct{})
	for name, c := range map[string]struct {
		run     func(context.Context) error
		took    time.Duration
		log     string
		failure error
	}{
		"short":               {func(context.Context) error { time.Sleep(grace / 2); return nil }, grace / 2, "", nil},
		"heeds its context":   {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, grace, "", context.Canceled},
		"ignores its context": {func(context.Context) error { <-free; return nil }, 2 * grace, "ignores its context", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free = make(chan struct{})
				r := newRig(brook.Retry{Attempts: 9, Min: time.Hour, Max: time.Hour})
				lines := effects.NewLines(t.Context(), r.Executor, &quiesce.Valve{}, grace)
				lines.Line(0, nil).Push(effect(c.run))
				started := time.Now()
				lines.End()
				if took := time.Since(started); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if !strings.Contains(r.log.String(), c.log) || c.log == "" && strings.Contains(r.log.String(), "ignores") {
					t.Errorf("the log: %q, want %q", r.log.String(), c.log)
				}
				last := error(nil)
				for _, f := range r.failures() {
					last = f.Err
				}
				if !errors.Is(last, c.failure) {
					t.Errorf("failed with %v, want %v", last, c.failure)
				}
				close(free)
			})
		})
	}
}

// An effect that waits for its next attempt is given up when Run ends, and those behind it are not
// run.
func TestEndGivesUpWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(brook.Retry{Attempts: 9, Min: time.Hour, Max: time.Hour})
		lines := effects.NewLines(t.Context(), r.Executor, &quiesce.Valve{}, time.Second)
		lines.Line(0, nil).Push(effect(func(context.Context) error { return io.ErrUnexpectedEOF }))
		ran := false
		lines.Line(0, nil).Push(effect(func(context.Context) error { ran = true; return nil }))
		started := time.Now()
		lines.End()
		f := r.failures()
		if ran || time.Since(started) != time.Second || len(f) != 3 {
			t.Fatalf("the second one ran: %t; ended after %s with %d failures, want 1s and 3", ran, time.Since(started), len(f))
		}
		for n, attempts := range []int{1, 1, 0} {
			if f[n].Attempts != attempts || f[n].Final != (n > 0) {
				t.Errorf("failure %d: %+v, want %d attempts", n, f[n], attempts)
			}
		}
	})
}

func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(brook.Retry{Attempts: 3, Min: time.Second, Max: time.Second})
		calls := 0
		r.Run(t.Context(), effect(func(ctx context.Context) error {
			if calls++; !effects.Within(ctx, r) || effects.Within(ctx, t) {
				t.Error("its context is not that of an effect of the app")
			}
			return io.ErrUnexpectedEOF
		}))
		f := r.failures()
		if calls != 3 || len(f) != 3 || f[1].Final || !f[2].Final || f[2].Attempts != 3 {
			t.Fatalf("called %d times, reported %+v", calls, f)
		}
		if !errors.Is(f[0].Err, io.ErrUnexpectedEOF) || !strings.Contains(f[0].Err.Error(), "set stock") || f[0].Position.Offset != 7 {
			t.Errorf("reported as %+v", f[0])
		}
		calls = 0
		r.Run(t.Context(), effect(func(context.Context) error {
			if calls++; calls == 1 {
				return io.ErrUnexpectedEOF
			}
			return nil
		}))
		if calls != 2 || !strings.Contains(r.log.String(), "effect works again") {
			t.Errorf("called %d times; the log: %s", calls, r.log.String())
		}
	})
}

// typed is an error that panics when it is asked.
type typed struct{ text string }

func (e *typed) Error() string { return e.text }

// An effect that panics or ends its goroutine fails, and the others of its line run all the same.
func TestPanicsAndGoexit(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(context.Context) error
		want string
	}{
		"panic":             {func(context.Context) error { panic("out of stock") }, "out of stock"},
		"a typed nil error": {func(context.Context) error { return (*typed)(nil) }, "nil pointer"},
		"goexit":            {func(context.Context) error { runtime.Goexit(); return nil }, "ended its goroutine"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(once)
				lines := effects.NewLines(t.Context(), r.Executor, &quiesce.Valve{}, time.Second)
				ran := false
				lines.Line(0, nil).Push(effect(c.run))
				lines.Line(0, nil).Push(effect(func(context.Context) error { ran = true; return nil }))
				lines.End()
				f := r.failures()
				if !ran || len(f) != 1 || !f[0].Final || f[0].Attempts != 1 || !strings.Contains(f[0].Err.Error(), c.want) {
					t.Errorf("the next one ran: %t; reported %+v, want %q", ran, f, c.want)
				}
			})
		})
	}
}
