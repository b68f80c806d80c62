// Package effects runs the effects of handlers beside the tasks whose commits asked for them: those of
// one task one after the other, without holding up anything else for long.
package effects

import (
	"context"
	"fmt"
	"runtime/debug"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Runner runs single effects. It is safe for concurrent use.
type Runner struct {
	Policy brook.Retry
	Report *report.Reporter
	App    any // whose effects they are, see Within
}

// appKey is the key of a context of effects for the app that runs them.
type appKey struct{}

// Within reports whether ctx is that of an effect of an app.
func Within(ctx context.Context, app any) bool { return ctx.Value(appKey{}) == app }

// Run runs an effect, and again if it fails, as the policy says.
func (r *Runner) Run(ctx context.Context, e outbox.Effect) {
	ctx = context.WithValue(ctx, appKey{}, r.App)
	for attempts := 1; ; attempts++ {
		if err := ctx.Err(); err != nil {
			r.failure(e, attempts-1, fmt.Errorf("not run: %w", context.Cause(ctx)), true)
			return
		}
		err := call(ctx, e.Run)
		if err == nil {
			return
		}
		final := attempts >= r.Policy.Attempts
		r.failure(e, attempts, err, final)
		if final {
			return
		}
		_ = retry.Sleep(ctx, retry.Wait(r.Policy, attempts)) // the end of ctx shows above
	}
}

func (r *Runner) failure(e outbox.Effect, attempts int, err error, final bool) {
	r.Report.Failure(brook.Failure{
		What: "effect", Position: e.Position, Attempts: attempts, Err: fmt.Errorf("set %s: %w", e.Set, err), Final: final,
	})
}

func call(ctx context.Context, run brook.Effect) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	if err := run(ctx); err != nil {
		report.Probe(err)
		return err
	}
	return nil
}
