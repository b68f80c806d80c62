package brook

import "time"

// State is what an app does as a whole, in a word or two.
type State string

// The states of an app. The first of these that is true counts: stopped, paused, waiting for the
// store, waiting for the log, starting, catching up, live.
const (
	// StateStarting is from NewApp until Run or CatchUp folds: until then each call reads where
	// views and log stand.
	StateStarting State = "starting"
	// StateCatchingUp is while a partition has events that were in the log ten seconds ago.
	StateCatchingUp State = "catching up"
	// StateLive is while the views show all that the log held ten seconds ago.
	StateLive State = "live"
	// StateWaitingForStore is while the store fails, or has not answered for five seconds.
	StateWaitingForStore State = "waiting for the store"
	// StateWaitingForLog is while the driver fails, or has not answered for five seconds.
	StateWaitingForLog State = "waiting for the log"
	// StatePaused is from Pause until Resume.
	StatePaused State = "paused"
	// StateStopped is after Run or CatchUp has returned, until it is called again, and after Close.
	StateStopped State = "stopped"
)

// Status is what an app does, how far it is, and what is left to do, as far as this instance knows
// it: with Config.Group, of the partitions that it has. It is the caller's own.
//
// It marshals to JSON with names like letters and behind_seconds; docs/operating.md lists them.
type Status struct {
	Name  string // Config.Name
	State State
	Since time.Time // the state began
	// Reason is why it is so: what the store or driver failed with, what Run ended with. It also says
	// if Pause waits for what is under way. It is "" if there is nothing to say.
	Reason string
	// FirstLive is when the views showed for the first time since NewApp all that the log held ten
	// seconds before, whoever asked; zero: they have not yet.
	FirstLive time.Time

	// Mode is how the partitions are run. Zero before they are.
	Mode Mode
	// Partitions are those that this instance folds, in the order of topic and number; after Run or
	// CatchUp has returned, those that it folded, as it left them.
	Partitions []PartitionStatus

	Letters int // dead letters, of all stages
	Parked  int // events that came too early ([Early]), and those that wait behind them
	Jobs    int // that wait, are held up by a dead letter, or are being done
	Outbox  int // emissions that are committed and not published, and effects that are deferred
	// Timers is how many timers wait; -1 while they are being counted.
	Timers int

	// Stale is how the code differs from what made the views; nil: it does not.
	Stale *StaleStatus
	// Rebuild is the rebuild or preview that is under way, else the last one since NewApp; nil:
	// there was none.
	Rebuild *RebuildStatus
	// Failures are the last things that failed, the newest first, 20 at most.
	Failures []FailureStatus
}

// Lag returns how many offsets of all partitions are yet to be dealt with.
func (s Status) Lag() (n int64) {
	for i := range s.Partitions {
		n += s.Partitions[i].Lag()
	}
	return n
}

// Behind returns how far the views are behind the log in time: that of the partition that is
// farthest behind.
func (s Status) Behind() (d time.Duration) {
	for i := range s.Partitions {
		d = max(d, s.Partitions[i].Behind)
	}
	return d
}

// PartitionStatus is how far a partition is.
type PartitionStatus struct {
	Topic     string
	Partition int32
	Next      int64 // every offset below is dealt with
	End       int64 // the offset that the partition's next record will get, as far as is known
	// Behind is how long the oldest record that is yet to be dealt with has been in the log, by its
	// time; 0 if there is none, or it was not read yet.
	Behind time.Duration
	Time   time.Time // of the last record that was dealt with; zero: none since Run began
	Moved  time.Time // when Next moved last; zero: not since Run began

	Letters, Parked, Jobs, Outbox int // as in Status, of this partition

	// Stands is why the partition stands still, for people: too many dead letters, a handler that is
	// tried again, a store that fails. It is "" if it does not.
	Stands string
}

// Lag returns how many offsets of the partition are yet to be dealt with.
func (p PartitionStatus) Lag() int64 { return max(0, p.End-p.Next) }

// StaleStatus is how the code differs from what made the views.
type StaleStatus struct {
	// Changes are differences of structure, one a line: event types, sets, topics, keys. What
	// becomes of them is up to Config.OnStale.
	Changes []string
	// Handlers are those that had other code when they made the views, one a line. What becomes of
	// them is up to Config.OnCodeChange.
	Handlers []string
	// Overtaken is set if another instance folds into the views by another structure: this one folds
	// no longer, and serves reads.
	Overtaken bool
	// Refused is set if a rebuild of the views was refused, see Rebuild: Run tries none until it is
	// called again.
	Refused bool
}

// RebuildStatus is a rebuild, or a preview of one, that is under way or over.
type RebuildStatus struct {
	Running  bool
	Preview  bool
	Began    time.Time
	Ended    time.Time       // zero while it runs
	Progress RebuildProgress // Left is the time to go
	Err      string          // what ended it; "": it runs, or was promoted
	// Report is what it came to, promoted or refused; nil while it runs, or if it ended with another
	// error.
	Report *RebuildReport
}

// FailureStatus is something that failed, once or several times in a row.
type FailureStatus struct {
	First, Last time.Time // when it failed
	What        string    // as in [Failure]
	Position    Position  // of the event, if there is one
	Attempts    int       // how often it was tried
	Error       string
	Final       bool // it is not tried again
	Recovered   bool // it worked when it was tried again
}
