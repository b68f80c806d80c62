// Package effects runs the effects of handlers beside the tasks whose commits asked for them: those
// of one task one after the other, without holding up anything else for long.
//
// Package runner makes the lines. Tasks push effects into their line; a goroutine of the line runs
// them and ends when none waits. Lines.mu guards all lines and their queues, and is not held while
// an effect runs. How many effects of a line wait, and since when one runs, is atomic, because
// tasks ask with every batch.
package effects

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Executor runs single effects. It is safe for concurrent use.
type Executor struct {
	Policy   brook.Retry
	Report   *report.Reporter
	Observer *operation.Observer
	App      any // the owner of the effects: see Within
}

// appKey is the key of a context of effects for the app that runs them.
type appKey struct{}

// Within reports whether ctx is that of an effect of an app.
func Within(ctx context.Context, app any) bool { return ctx.Value(appKey{}) == app }

// Run runs an effect, and again if it fails, as the policy says. If ctx ends it is not run again.
func (x *Executor) Run(ctx context.Context, e outbox.Effect) {
	ctx = context.WithValue(ctx, appKey{}, x.App)
	backoff := retry.Backoff{Policy: x.Policy, Report: x.Report, Of: e.Set}
	for ctx.Err() == nil {
		attempts := backoff.Failures() + 1
		err := x.call(ctx, e, attempts)
		if err == nil {
			backoff.Succeeded()
			return
		}
		f := failure(e, err)
		f.Final = attempts >= x.Policy.Attempts
		_ = backoff.Failed(ctx, f) // the loop sees that ctx ended
		if f.Final {
			return
		}
	}
	x.giveUp(e, backoff.Failures(), fmt.Errorf("not run: %w", context.Cause(ctx)))
}

// giveUp reports that an effect is not run, or not again.
func (x *Executor) giveUp(e outbox.Effect, attempts int, err error) {
	f := failure(e, err)
	f.Attempts, f.Final = attempts, true
	x.Report.FailureOf(e.Set, f)
}

func failure(e outbox.Effect, err error) brook.Failure {
	err = fmt.Errorf("set %s: %w", e.Set, err)
	return brook.Failure{What: "effect", Position: e.Position, Err: err}
}

// errExited is the error of an effect that called runtime.Goexit, as a test's FailNow does.
var errExited = errors.New("it ended its goroutine")

// call calls an effect and returns its error, a PanicError if it panicked. If the effect ends its
// goroutine, call reports that, because its caller does not go on.
func (x *Executor) call(ctx context.Context, e outbox.Effect, attempts int) (err error) {
	returned := false
	defer func() {
		if p := recover(); p != nil {
			err = &brook.PanicError{Value: p, Stack: debug.Stack()}
		} else if !returned {
			x.giveUp(e, attempts, errExited)
		}
	}()
	if err = x.try(ctx, e, attempts); err != nil {
		report.Probe(err)
	}
	returned = true
	return err
}

// try runs an effect once, as an operation if somebody sees it.
func (x *Executor) try(ctx context.Context, e outbox.Effect, attempts int) (err error) {
	if x.Observer == nil {
		return e.Run(ctx)
	}
	op := brook.Operation{
		Kind: brook.OperationEffect, Position: e.Position, Set: e.Set, Headers: e.Headers,
		Attempt: attempts,
	}
	within := x.Observer.Begin(ctx, &op)
	err = errExited
	defer func() {
		outcome := operation.OutcomeOf(ctx, err)
		if p := recover(); p != nil {
			outcome, err = brook.OutcomeFailed, &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
		if outcome == brook.OutcomeFailed && !errors.Is(err, errExited) && attempts < x.Policy.Attempts {
			outcome = brook.OutcomeRetry
		}
		x.Observer.End(within, &op, outcome, err)
	}()
	return e.Run(within)
}
