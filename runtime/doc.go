// Package brook is the runtime of typed event views: a service consumes a stream of events and
// keeps the slice of state that it needs as local, queryable views.
//
// Programs use it through the code that brookgen generates for their own events, collections and
// handlers.
//
// # Handlers
//
// A handler's parameters are what it reads, and its results are what it writes:
//
//	func (Set) Name([ctx context.Context,] e brook.Event[E] {, view or index}) ({change, emission or effect} [, error])
//
// It gets an [Event], and each [View] and [Index] that it asks for. It returns a [Change], made by
// [Create], [Merge] or [Delete], an [Emission], made by [Emit], or an [Effect]; of the first two
// also slices.
//
// # An app
//
// The generated App embeds App of package engine, whose methods run it, and runs on a [Config]: a [Driver], a [Store], and perhaps an
// [Envelope], [Retry], a [FailurePolicy], a [StalePolicy], a [RetentionPolicy] and [Hooks]. What is
// published is at a [Position]; [WithID], [WithTime] and [WithHeader] are options. What fails is a
// [DeadLetter]. Errors that can be told apart are variables: [ErrNotFound], [ErrDeadLetter],
// [ErrConfig] and so on.
//
// The generated views embed [View]. Scans return each [Entry] of a collection, watching each
// [Update].
//
// # Envelopes
//
// An [Envelope] says how an event lies in a record: [CloudEvents], the default, [PlainJSON] or
// [RawTopics]. Whoever writes another one implements two methods over [Record], [Message] and
// [Outbound], and perhaps [Unkeyed], [Bare], [AuthorChecker] or [TombstoneChecker].
//
// # Drivers and stores
//
// Whoever writes a driver implements [Driver] and [PartitionReader], and proves it with package
// drivertest. Its further powers are [Partitioner], [Placer], [Marker], [Grower] and [Grouper].
//
// Whoever writes a store implements [Store], [Reader] and [Snapshot], and proves it with package
// storetest. Its further powers are [Counter], [Fetcher], [Durable], [Dropper], [Fenced],
// [Announcer] and [Holder].
//
// # For generated code
//
// What follows is no concern of programs: generated code uses it, or package engine, which runs the
// app, and the comments say so. It may change with any version, together with brookgen;
// [GeneratedV2] makes the compiler notice.
//
// A package is described by [EventDef], [AnyEvent], [KeepAll], [Collection], [AnyCollection],
// [IndexDef] and [Entries]. Views are made by [ViewOf] and [IndexOf] of a [Source], which hands out
// a [Watcher] of each [Watched] row, and histories of a [Past] by [Events] and [EventsOf], with
// [ErrUnknownType]. Events go out as [Outbound], filled by [Encode], and handlers change [Rows], made by [RowsOf],
// of a [Transaction], one [RowChange] at a time. Values are stored by their [Shape], and
// [RebuildOptions] are set by options.
package brook
