package brooktest

import (
	"context"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Effect is an effect that a handler asked for and whose event was committed.
type Effect struct {
	ID, Type string // of the event
	Position brook.Position
	Set      string // the handler set
	Tries    int    // how often it was run: 0 if it is held
	Err      error  // of the last try

	run  brook.Effect
	call *engine.EffectCall // the same for every retry
}

// Run runs the effect, once: for effects that were held.
func (e *Effect) Run(ctx context.Context) error {
	e.Tries++
	e.Err = e.run(ctx)
	return e.Err
}

// Effects returns the effects of the last step, in the order in which they were due. They have
// run when the step returns, and again if they failed, as Config.Retry says; or not at all after
// [Scenario.HoldEffects].
func (s *Scenario[A]) Effects() []*Effect { return s.effects }

// HoldEffects makes the scenario hold effects from now on instead of running them: no mail is sent,
// and [Effect.Run] runs those that the test chooses.
func (s *Scenario[A]) HoldEffects() { s.hold = true }

// effect is called in place of every effect.
func (s *Scenario[A]) effect(ctx context.Context, call *engine.EffectCall) error {
	var e *Effect
	if i := slices.IndexFunc(s.effects, func(e *Effect) bool { return e.call == call }); i >= 0 {
		e = s.effects[i]
	} else {
		e = &Effect{ID: call.ID, Type: call.Type, Position: call.Position, Set: call.Set,
			run: call.Run, call: call}
		s.effects = append(s.effects, e)
	}
	if s.hold {
		return nil
	}
	return e.Run(ctx)
}
