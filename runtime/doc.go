// Package brook is the runtime of typed event views: a service consumes a stream of events and
// keeps the slice of state that it needs as local views, which it can query.
//
// A program uses it through the code that brookgen generates for its events, collections and
// handlers. The sections below are in the order in which a program meets them; what it never needs
// is under the last heading. [Version] is the version of all of brook.
//
// # Handlers
//
// The parameters of a handler are what it reads, and its results are what it writes:
//
//	func (Set) Name([ctx context.Context,] e brook.Event[E] {, view or index}) (
//		{change, emission, timer, request or effect} [, error])
//
// A handler receives an [Event], or a [Tombstone] of its topic ([TombstoneSuffix]), and each [View]
// and [Index] that it asks for. It returns a [Change], which has an [Op] and is made by [Create],
// [Insert], [Merge], [Modify] or [Delete], an [Emission], made by [Emit], a [Timer], made by [At]
// or [Cancel], a [Request] of a job, made by [Do], or an [Effect]; of all but effects also slices.
// An error that wraps [ErrRetry] has the handler called again; one made by [Early] has it called
// again once a row appears that it asked for in vain, and one made by [FailWith] publishes that it
// failed.
//
// A worker receives a [Job]. Its results are emissions, and an error.
//
// # Views
//
// The views of an app are each a [View]; an [Index] reads by a tagged field. Scans yield each
// [Entry] of a collection, or of a [Page] of it, which [Map] and [Values] collect; Watch and
// Changes yield each [Update]. [Must] makes errors panics, for tests and small programs.
//
// # An app
//
// The generated App embeds App of package engine, whose methods run it. It is made from a [Config]:
// a [Driver], a [Store], and perhaps an [Envelope], [Retry], [Jobs], a [FailurePolicy], a
// [StalePolicy], a [CodeChangePolicy], a [RetentionPolicy] (with the values [Wait], [GoOn], [Fail],
// [Stop], [Tell] and [RebuildStale]), and [Hooks], which report a [Mode], [Commit], [Progress],
// [Stray], [Failure], [IndexProgress] or [RebuildProgress], and see each [Operation] begin and end,
// which has an [OperationKind] and an [Outcome]. [JoinHooks] makes one of several.
//
// Its [Status] has a [State], a [PartitionStatus] of each partition, a [StaleStatus] if other code
// made the views, the last [RebuildStatus], and a [FailureStatus] of each thing that failed lately.
// The states are [StateStarting], [StateCatchingUp], [StateLive], [StateWaitingForStore],
// [StateWaitingForLog], [StatePaused] and [StateStopped].
//
// What is published, each an [Outgoing], has a [Position]. A [PublishOption] is [WithID],
// [WithTime] or [WithHeader]. An event that fails becomes a [DeadLetter]. A rebuild ends with a
// [RebuildReport], which has a [FailureCount] of each failure; [AcceptLetters] and [Review] are
// each a [RebuildOption]. How rebuilt views differ is a [Diff], with a [CollectionDiff] of each
// collection and up to [DiffSamples] of each kind of [RowDiff].
//
// # Errors
//
// Errors that callers distinguish are variables, and are found by errors.Is. Of reading:
// [ErrNotFound], [ErrNotReady], [ErrUnreadable], [ErrHandlerReturned] and [ErrSnapshotMoved]. Of an
// event: [ErrUnique], [ErrConflict] and [ErrTooLarge]. Of an app: [ErrDeadLetter], [ErrClosed],
// [ErrRunning], [ErrInEffect], [ErrConfig], [ErrStale], [ErrRebuildRefused], [ErrGroup] and
// [ErrDeadLettersFull]. Of the log: [ErrOutOfRange], [ErrLogChanged] and [ErrRetention]. What
// trying again can't mend wraps [ErrPermanent]. [PublishError], [RecordError], [PanicError] and
// [RebuildRefusedError] say more.
//
// # Envelopes
//
// An [Envelope] says how an event lies in a record: [CloudEvents], the default, [PlainJSON] or
// [RawTopics]. Another one implements two methods over a [Record], with each [Header], and a
// [Message], with its [Sequence]; and perhaps [Unkeyed], [Bare], [AuthorChecker] or
// [TombstoneChecker].
//
// # Drivers and stores
//
// A driver implements [Driver] over each [Partition] and its [PartitionReader], which returns a
// [Chunk] at a time; package drivertest proves it. Its further powers are [Partitioner], [Placer],
// [Marker], [Grower], [Withholder] (of what is [Held]) and [Grouper], which calls a [Member]; a
// power of its readers is [Lender].
//
// A store implements [Store], [Reader] and [Snapshot]; package storetest proves it. It is asked for
// a [Table] by a [TableSpec], with the [Codec] of its values; a [Row] has a [Value], and a history
// of type [HistoryEntry]. A [Batch] has a [BatchID], each [Write] with its [WriteOp], and each
// [Check]. Its further powers are [Counter], [Fetcher] (by [TableKey]), [Reverser], [Durable],
// [Dropper], [Fenced], [Announcer] (of each [Announcement]), [Holder] (of [Holds]), [Backuper] and
// [Restored].
//
// # For generated code
//
// What follows is for generated code and for package engine, which runs the app, and is no concern
// of programs; the comments say so. It may change with any version, together with brookgen:
// [GeneratedV3] makes the compiler notice.
//
// A package is described by [EventDef], its [EventVersion]s, [KeepAll], [Collection], [IndexDef]
// and [Entries]. None of these knows the types of users, because generic code is compiled anew for
// each of them: views are [RowReader]s, which [RowReaders] and [RowReaderOf] make of a [Source].
// They find rows by keys in a [KeyBuffer]. A row is a [Reading], which an [Ending] ends, several
// are a [Scan], and those that change a [Watching], made of a [Watcher] of each [Watched] row;
// [Fill], [PageOf], [ScanEntries], [ScanValues] and [Updates] know their types. [Events] and
// [EventsOf] read a [Past]. [Encode] fills an [Outbound] with the [DataOf] an event. [Apply] makes
// the changes of handlers to [Rows], made by [RowsOf], of a [Transaction], one [RowChange] at a
// time. Values are stored by their [Shape]. Options of a rebuild set [RebuildOptions].
package brook
