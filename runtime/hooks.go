package brook

import (
	"context"
	"time"
)

// Hooks are functions that an app calls to report what it does. A nil hook is not called.
//
// The goroutines that do the work call the hooks, several at a time, and wait for them: a hook must
// be safe for concurrent use, and quick. It may read views, and publish. It must not wait for the
// app: Failure is called for a failing commit while it is tried again, and at that time Process,
// Redrive, Drop, Rebuild and Close would wait for the commit; Begin and End are called while an
// event is folded. [JoinHooks] makes one of several.
type Hooks struct {
	// Begin is called when an operation begins, and returns the context that it goes on with, which
	// must be derived from ctx; nil is ctx itself. Handlers, effects, workers, drivers and stores
	// receive it. It must not end before ctx does: a handler whose context ended is run again.
	Begin func(ctx context.Context, op *Operation) context.Context
	// End is called when the operation ends, with the context that Begin returned, in the goroutine
	// that called Begin. What is still running when the process ends has no end.
	End func(ctx context.Context, op *Operation)
	// Trace returns the headers by which what the operation of a context causes belongs to its
	// trace, such as traceparent and tracestate: events that it publishes or emits, jobs, timers and
	// effects carry them. It is called when there is such a thing. Without it, all of these carry
	// the headers traceparent and tracestate of the event that caused them.
	Trace func(ctx context.Context) []Header

	// Lag is called every ten seconds with the partitions that this instance folds, that hold events
	// yet to be dealt with, and that did not move since: one that stands still, because it has too
	// many dead letters or the store refuses, commits nothing, so that Commit is not called for it.
	// The ends are asked of the driver. Without the hook nothing is asked.
	Lag func([]Progress)
	// Mode is called at the start, and at every change, with how the partitions are run and why.
	Mode func(Mode)
	// Assigned is called with all partitions that the group assigns to the app, each time that it
	// divides them: with Config.Group to fold, else to act for. The offsets are the group's marks.
	Assigned func([]Position)
	// Commit is called after every commit.
	Commit func(Commit)
	// DeadLetter is called with every new dead letter, once it is committed. The letter may share
	// its bytes with the log: they must not be changed.
	DeadLetter func(DeadLetter)
	// Unknown is called with the position and type of every event that is passed over because the
	// package has no such type.
	Unknown func(Position, string)
	// Stray is called with every event that was undone and run alone. With Config.Group the event
	// becomes a dead letter instead.
	Stray func(Stray)
	// Failure is called with what failed and will be tried again or, if Final is set, was given up.
	Failure func(Failure)
	// Index is called with how far the filling of an index that is new in the code has come.
	Index func(IndexProgress)
	// Rebuild is called when a rebuild starts (done is false) and when it has ended, with its
	// error.
	Rebuild func(done bool, err error)
	// RebuildProgress is called now and then, at most every second, with how far a rebuild or
	// preview has come.
	RebuildProgress func(RebuildProgress)
	// Rebuilt is called with the outcome of a rebuild, whether it was promoted or refused.
	Rebuilt func(RebuildReport)
}

// Mode is how an app runs its partitions.
type Mode struct {
	Lanes  int    // how many run side by side
	Reason string // why there are no more; "" if every partition number has a lane of its own
}

// Commit reports one commit to the store.
type Commit struct {
	Partitions []Progress
	Events     int           // how many were in the commit, of whatever outcome; of these
	Discarded  int           // are of types marked discard, tombstones, or dropped for all sets
	Unknown    int           // are of types that the package does not know
	Repeats    int           // were folded before: emissions, and what Config.DropRepeats remembers
	Lapsed     int           // are of timers that were cancelled, set anew or folded before
	Strays     int           // were undone and run alone
	Letters    int           // new dead letters; an event may make one for each handler set
	Parked     int           // came too early ([Early]), or wait behind such, each for a handler set
	Woken      int           // events that were parked and ran again, not among Events
	Duration   time.Duration // from taking its first event until it was stored
}

// Progress is how far a partition is read and committed.
type Progress struct {
	Topic     string
	Partition int32
	Next      int64 // every offset below is dealt with
	End       int64 // the offset that the partition's next record will get, as far as is known
}

// Lag returns how many offsets of the partition are yet to be dealt with.
func (p Progress) Lag() int64 { return max(0, p.End-p.Next) }

// Stray is an event that was undone and run alone, with all other lanes at rest. In parallel lanes
// an event may touch only rows whose key begins with its own, and its record must be in the
// partition of its key. If not, what it reads depends on how far the other lanes have come, and may
// be different when the log is folded anew.
type Stray struct {
	Position Position
	Type     string
	// Handler is Set.Method, a handler that is asserted to be partitioned and is not. It is "" if
	// the key of the record is not that of the event, or the record is not in the partition of its
	// key.
	Handler string
}

// IndexProgress is how far the filling of a new index has come.
type IndexProgress struct {
	Collection, Field string
	Rows              int   // how many were looked at
	Done              bool  // the index is complete, or was given up
	Err               error // why it was given up; nil: it was not
}

// RebuildProgress is how far a rebuild has come.
type RebuildProgress struct {
	Read  int64         // offsets of the log that are folded
	Total int64         // offsets that are to be folded, up to where the live views stand
	Took  time.Duration // since the rebuild began
	// Left is how long the rest takes if it goes on at the pace so far; 0 as long as nothing is
	// read.
	Left time.Duration
}

// Failure is something that failed.
type Failure struct {
	// What is what was done, in a few words: read, commit, store, handle, publish, mark, effect,
	// rebuild, folding, a job and its type, … docs/logs.md lists them.
	What     string
	Position Position // of the event, if there is one
	Attempts int      // how often it was tried
	Err      error
	Final    bool // it is not tried again
}
