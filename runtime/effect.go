package brook

import "context"

// Effect is something that a handler asks to be done once its changes are committed: a mail, a
// call of another service. It runs under Config.Retry, and not at all on a rebuild. A crash between
// commit and effect loses it; what must survive a crash is an [Emission]. The nil Effect is nothing.
//
// Effects of a lane run one after the other, beside it, and the lane waits where 256 of them do. So an effect may publish, and call Process,
// Redrive and Drop, but it must not wait for its own app: WaitFor refuses it ([ErrInEffect]), Run and CatchUp give
// [ErrRunning], and Close gives that once it waited in vain. It has to give its context to all of them.
type Effect func(context.Context) error
