package mapstore

import (
	"log/slog"
	"time"
)

// Option changes how a store is made.
type Option func(*options)

type options struct {
	path  string
	every time.Duration
	log   *slog.Logger
}

// Snapshots makes the store keep a snapshot of all that it holds in a file, so that a start need
// not fold the whole log: New reads the file, and apps go on from where it stands. The file is
// written anew within the given time after a commit, and by [Store.Close]; commits and reads go on
// meanwhile. It takes the place of the one before as a whole, and is synced. A path belongs to one
// process at a time.
//
// A file that is damaged, can't be read, or is of a later version is a warning in the log, and the
// store begins empty, as it does without a file. So it is if the file can't be written: the one
// before stays.
//
// The store forgets all the same (Durable reports false), for the commits after the last snapshot
// end with the process. Apps fold their events again, silently as far as the log's mark of the app
// says that emissions, jobs and effects have happened. What was done beside the log since the
// snapshot (Process, Redrive, Drop) is lost, and so are dead letters made since, unless their
// events fail once more. Rows that other code made are what they are in a durable store:
// Config.OnStale and Config.OnCodeChange hold for them. Delete the file to fold the log anew.
//
// With a duration of 0 or less only Close writes the file.
func Snapshots(path string, every time.Duration) Option {
	return func(o *options) { o.path, o.every = path, every }
}

// Log sets where the store logs that a snapshot can't be read or written. The default is
// slog.Default().
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }
