package brook

import "time"

// Hooks are told what an app does; those that are nil are not. They are called from the goroutines that do the
// work, several at a time, and hold these up: they should be quick. They may read views, and publish. They must not wait for the app: Failure
// is told of a failing commit while it is tried again, with all at rest that Process, Redrive, Drop, Rebuild and Close
// would wait for.
type Hooks struct {
	// Mode is told at the start, and at every change, how the partitions are run and why.
	Mode func(Mode)
	// Assigned is told of all partitions that the group gives the app, each time that it divides them: with Config.Group
	// to fold, else to act for. The offsets are the group's marks.
	Assigned func([]Position)
	// Commit is told of every commit.
	Commit func(Commit)
	// DeadLetter is told of every new dead letter once it is committed.
	DeadLetter func(DeadLetter)
	// Unknown is told of every event passed over because the package has no such type.
	Unknown func(Position, string)
	// Stray is told of every event that was undone and run alone. With Config.Group it becomes a dead letter instead.
	Stray func(Stray)
	// Failure is told of what failed and will be tried again, or, where Final is set, was given up.
	Failure func(Failure)
	// Index is told how far the filling of an index has come that is new in the code.
	Index func(IndexProgress)
	// Rebuild is told when a rebuild starts (done false) and when it ended, with its error.
	Rebuild func(done bool, err error)
	// Rebuilt is told what a rebuild came to, whether it was promoted or refused.
	Rebuilt func(RebuildReport)
}

// Mode tells how an app runs its partitions.
type Mode struct {
	Lanes  int    // how many run side by side
	Reason string // why not more, "" where every partition number has its own
}

// Commit tells of one commit to the store.
type Commit struct {
	Partitions []Progress
	Events     int // that were in it, of whatever outcome; of these
	Discarded  int // are of types marked discard, and tombstones
	Unknown    int // are of types that the package does not know
	Repeats    int // were folded before: emissions, and events that Config.DropRepeats remembers
	Strays     int // were undone and run alone
	Letters    int // new dead letters, of which an event may make one for each handler set
	Duration   time.Duration
}

// Progress tells how far a partition is read and committed.
type Progress struct {
	Topic     string
	Partition int32
	Next      int64 // all below is dealt with
	End       int64 // the offset of the partition's next record, as far as is known
}

// Lag gives how many offsets of the partition are yet to be dealt with.
func (p Progress) Lag() int64 { return max(0, p.End-p.Next) }

// IndexProgress tells how far the filling of a new index has come.
type IndexProgress struct {
	Collection, Field string
	Rows              int   // that were looked at
	Done              bool  // it is whole, or was given up
	Err               error // why it was given up
}

// Failure tells of something that failed.
type Failure struct {
	What     string   // what was done, for people: read, commit, store, handle, publish, mark, effect, rebuild, …
	Position Position // of the event, where there is one
	Attempts int
	Err      error
	Final    bool // it is not tried again
}
