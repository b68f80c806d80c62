package brook

import "context"

// Effect is something that a handler asks to be done once its changes are committed: a call of another service, a line in a log. It promises
// nothing: a crash between the commit and the effect loses it, and so does the end of Run for those that wait; and the next owner of a partition, or an
// app over a store that forgets, may run it again where the one before was gone before it had marked how far it came. It does not run on a rebuild. What must
// happen is an [Emission]. The nil Effect is nothing.
//
// It is tried again as Config.Retry says, by default five times within about a second: then it is given up, and hooks and log are told. For a
// service that may be away for longer, set Retry, or emit an event. The instance that acts for the partition runs it; over a shared store the one that folded the event.
//
// Effects of a lane run one after the other, beside it, and hold up nothing else: no other lane, no division of the partitions, and the end of Run for two
// seconds at most. Their context ends then. The lane stands still where 256 of them wait, but not longer than five seconds for one and the
// same effect; where 100,000 wait, further ones are not run, which is told. So an effect may publish, and call Process, Redrive, Drop and Close. WaitFor refuses
// to wait for its own app ([ErrInEffect]), Run and CatchUp return [ErrRunning]. It has to give its context to all of them. It reads the app's
// Views: those of the handler that made it are over ([ErrHandlerReturned]).
type Effect func(context.Context) error
