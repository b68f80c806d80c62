// Package engine runs an app: it reads the log, folds events into views, publishes what handlers
// emit, and rebuilds the views when the code changes.
//
// Programs use it through the App that brookgen generates, which embeds [App]: Run, CatchUp,
// WaitFor, Rebuild, Redrive, Drop, DeadLetters, PublishAll and Close are its methods. What they run
// on, what they read and which errors they return is package brook's.
//
// All functions, and the methods of App, may be called from any goroutine, if they do not say who
// calls them. One Run or CatchUp and one rebuild of an app run at a time. Calls that change the
// live views beside Run have its tasks rest meanwhile.
//
// # For generated code
//
// What follows is no concern of programs. A package is described by a [Definition] of each
// [Handler] and [IndexRef], and opened by [NewApp]. Events go out by [Publish] and [Process], and
// through the handlers in a [Tx] by [Delivery], [Decode] and [Send].
//
// [BackstageOf], [Backstage], [EffectCall], [Seed] and [StaticSource] are for package brooktest.
package engine
