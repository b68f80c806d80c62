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

// runEffect runs an effect, and again where it fails, as Config.Retry says.
func (a *App) runEffect(ctx context.Context, e effectRun) {
	for attempts := 1; ctx.Err() == nil; attempts++ {
		err := callEffect(ctx, e.run)
		if err == nil {
			return
		}
		final := attempts >= a.config.Retry.Attempts
		a.failure(Failure{What: "effect", Position: e.position, Attempts: attempts, Err: fmt.Errorf("set %s: %w", e.set, err), Final: final})
		if final || sleep(ctx, a.config.Retry.wait(attempts)) != nil {
			return
		}
	}
}

func callEffect(ctx context.Context, run Effect) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return run(ctx)
}
