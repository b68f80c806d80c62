package brook

import "context"

// Effect is something that a handler asks to be done once its changes are committed: a mail, a
// call of another service. It runs under Config.Retry, and not at all on a rebuild. A crash between
// commit and effect loses it; what must survive a crash is an [Emission]. The nil Effect is nothing.
type Effect func(context.Context) error
