package brook

import (
	"context"
	"fmt"
	"runtime/debug"
)

// effectBuffer is how many effects of a lane may wait before the lane does.
const effectBuffer = 256

// runEffects runs a lane's effects in order until the channel is closed.
func (a *App) runEffects(ctx context.Context, effects <-chan effectRun) {
	for e := range effects {
		a.runEffect(ctx, e)
	}
}

// effectOf is the key of a context of effects for the app that runs them.
type effectOf struct{}

// runEffect runs an effect, and again where it fails, as Config.Retry says.
func (a *App) runEffect(ctx context.Context, e effectRun) {
	ctx = context.WithValue(ctx, effectOf{}, a)
	for attempts := 1; ; attempts++ {
		if err := ctx.Err(); err != nil {
			a.failure(Failure{What: "effect", Position: e.position, Attempts: attempts - 1, Err: fmt.Errorf("set %s: not run: %w", e.set, context.Cause(ctx)), Final: true})
			return
		}
		err := callEffect(ctx, e.run)
		if err == nil {
			return
		}
		final := attempts >= a.config.Retry.Attempts
		a.failure(Failure{What: "effect", Position: e.position, Attempts: attempts, Err: fmt.Errorf("set %s: %w", e.set, err), Final: final})
		if final {
			return
		}
		_ = sleep(ctx, a.config.Retry.wait(attempts)) // the end of ctx shows above
	}
}

func callEffect(ctx context.Context, run Effect) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	if err := run(ctx); err != nil {
		probe(err)
		return err
	}
	return nil
}
