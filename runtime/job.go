package brook

import "time"

// Request asks for a job: work outside of the views that must not be lost, such as sending a mail.
// A handler returns it, [Do] makes it. It is kept in the commit of the handler's changes, and a
// worker does it after that. The zero Request asks for nothing.
type Request[J any] struct {
	data J
	set  bool
}

// Do returns the request of a job. It keeps data, which must not be changed from then on.
func Do[J any](data J) Request[J] { return Request[J]{data, true} }

// Data returns what the job is to be done with, and false if r is the zero Request.
func (r Request[J]) Data() (J, bool) { return r.data, r.set }

// Job is a job as its worker receives it. It is done at least once: a process that ends between
// doing it and storing that it is done has it done again, with the same ID. Jobs of one type and
// key that events of one partition asked for are done in the order of these, one at a time.
type Job[J any] struct {
	// ID is the same however often the job is tried, and whoever does: by it, the service outside
	// recognizes a repeat. It begins with job/.
	ID   string
	Data J
	// Key is the job's key as text.
	Key []byte
	// Attempt is how often the job was tried, this time included. The end of Run is no try.
	Attempt int
	// Time is that of the event that asked for the job.
	Time time.Time
	// Cause is the ID of that event.
	Cause string
	// Position is where that event is in the log; zero if it did not come through the log.
	Position Position
	// Headers are the trace context of that event, traceparent and tracestate, as far as it has one;
	// what the worker publishes has it too. Its bytes must not be changed.
	Headers []Header
}

// Jobs says how jobs are done. The zero Jobs has the defaults.
type Jobs struct {
	// Attempts is how often a job is tried in all, before it becomes a dead letter of stage job; 0
	// is 25 times, which takes about half a day.
	Attempts int
	// Min is how long a job waits after its first try that failed, and Max the longest that it
	// waits; the waits double from Min, each made a little shorter by chance. 0 is a second, and an
	// hour.
	Min, Max time.Duration
	// Workers is how many jobs this process does at a time; 0 is 16. Jobs of one type, partition
	// and key are done one after the other, whatever it is.
	Workers int
	// MaxWaiting is how many jobs of a partition may wait, or be held up by a dead letter, before
	// the partition stands still; 0 is 100,000.
	MaxWaiting int
}
