package brook

import "context"

// Effect is something that a handler asks to have done once its changes are committed: a call of
// another service, a line in a log. The nil Effect does nothing.
//
// Effects promise nothing. An effect is lost if the process crashes between the commit and the
// effect, or if Run ends while it waits. It may run again if the next owner of a partition, or an
// app over a store that forgets, takes over before the one before it had marked how far it came. No
// effect runs on a rebuild. What must happen is an [Emission].
//
// An effect that returns an error is tried again as Config.Retry says, by default five times in all
// within about a second. Then it is given up, which the log and Hooks.Failure report. For a service
// that may be away for longer, set Config.Retry, or emit an event. The instance that acts for the
// partition runs the effect; over a shared store the instance that folded the event does.
//
// The effects of one lane run one after the other, in a goroutine of their own. They hold up no
// other lane and no division of the partitions, and the end of Run for at most two seconds, within
// which their context ends. A lane stands still while 256 of its effects wait, but not longer than
// five seconds for one and the same effect. While 100,000 of them wait, further ones are not run,
// which Hooks.Failure reports. So an effect may publish, and may call Process, Redrive, Drop and
// Close. WaitFor refuses to wait for its own app ([ErrInEffect]); Run and CatchUp return
// [ErrRunning]. An effect must pass its context to all of them. It reads the app's Views: the views
// of the handler that made it return [ErrHandlerReturned].
type Effect func(context.Context) error
