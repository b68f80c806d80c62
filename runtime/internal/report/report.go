// Package report passes to hooks and log what an app does: failures, recoveries, dead letters,
// events that strayed, and what a rebuild came to.
//
// Every part that runs an app uses it, from any goroutine. A Reporter keeps the last failures, which
// recent.mu guards; nothing else of it changes, and nothing is called under that lock. Hooks are
// called by the goroutine that reports, before the line is logged.
package report

import (
	"errors"
	"log/slog"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Reporter reports to the hooks and the log of one app.
type Reporter struct {
	Hooks  brook.Hooks
	log    *slog.Logger // every line names the app
	recent recent
}

// New returns a reporter for the app of a name.
func New(name string, log *slog.Logger, hooks brook.Hooks) *Reporter {
	return &Reporter{Hooks: hooks, log: log.With("app", name)}
}

// Info writes a line to the log.
func (r *Reporter) Info(what string, args ...any) { r.log.Info("brook: "+what, args...) }

// Warn writes a line to the log that somebody should look at.
func (r *Reporter) Warn(what string, args ...any) { r.log.Warn("brook: "+what, args...) }

// Error writes a line to the log that somebody must look at.
func (r *Reporter) Error(what string, args ...any) { r.log.Error("brook: "+what, args...) }

// Failure reports what failed. Whoever reports something that is tried again reports its end, too:
// by Recovered, Worked, Ended, a failure that is final, or DeadLetter.
func (r *Reporter) Failure(f brook.Failure) { r.FailureOf("", f) }

// FailureOf is Failure for one of several things that may fail alike in a partition. of says which:
// the ID of a job, a topic, a set.
func (r *Reporter) FailureOf(of string, f brook.Failure) {
	r.recent.failed(of, &f)
	if r.Hooks.Failure != nil {
		r.Hooks.Failure(f)
	}
	if !f.Final && !Logged(f.Attempts) {
		return
	}
	log := r.Warn
	if f.Final {
		log = r.Error
	}
	args := []any{"attempts", f.Attempts, "error", f.Err}
	if !f.Position.IsZero() {
		args = append(args, "position", f.Position.String())
	}
	if p := (*brook.PanicError)(nil); errors.As(f.Err, &p) {
		args = append(args, "stack", string(p.Stack))
	}
	log(f.What+" failed", args...)
}

// Logged reports whether the log has a line for a failed attempt: what is down may stay so for
// hours, and every partition reports it.
func Logged(attempts int) bool { return attempts&(attempts-1) == 0 || attempts%64 == 0 }

// Recovered reports that what had failed works again.
func (r *Reporter) Recovered(what string, failures int, pos brook.Position) {
	r.RecoveredOf("", what, failures, pos)
}

// RecoveredOf is Recovered for what FailureOf reported.
func (r *Reporter) RecoveredOf(of, what string, failures int, pos brook.Position) {
	r.Worked(of, what, pos)
	args := []any{"failures", failures}
	if !pos.IsZero() {
		args = append(args, "position", pos.String())
	}
	r.Info(what+" works again", args...)
}

// Worked notes that what FailureOf reported works again, without a line in the log.
func (r *Reporter) Worked(of, what string, pos brook.Position) {
	r.recent.note(of, what, pos, func(f *brook.FailureStatus) { f.Recovered = true })
}

// Ended notes that what FailureOf reported is not tried again, by this process: the log says why
// elsewhere, or others do it.
func (r *Reporter) Ended(of, what string, pos brook.Position) {
	r.recent.note(of, what, pos, func(f *brook.FailureStatus) { f.Final = true })
}

// DeadLetter reports a dead letter; stack is that of a panic, nil if there was none.
func (r *Reporter) DeadLetter(l brook.DeadLetter, stack []byte) {
	if l.Attempts > 0 {
		r.recent.lettered(&l)
	}
	if r.Hooks.DeadLetter != nil {
		r.Hooks.DeadLetter(l)
	}
	if l.Attempts == 0 {
		return // it only waits
	}
	args := []any{"position", l.Position.String(), "type", l.Type,
		"stage", l.Stage, "set", l.Set, "attempts", l.Attempts, "error", l.Error}
	if stack != nil {
		args = append(args, "stack", string(stack))
	}
	r.Error("dead letter", args...)
}

// Stray reports the n-th event that ran alone. why says why it did.
func (r *Reporter) Stray(s brook.Stray, why string, n int) {
	if r.Hooks.Stray != nil {
		r.Hooks.Stray(s)
	}
	if Logged(n) {
		r.Warn("an event ran alone", "why", why, "position", s.Position.String(), "type", s.Type,
			"strays", n)
	}
}

// slowAfter is how long something may take before the log says that it goes on.
const slowAfter = 5 * time.Second

// Slow logs what goes on if it takes long, and then that it is done. done is called at its end.
func (r *Reporter) Slow(what string) (done func()) {
	started := time.Now()
	timer := time.AfterFunc(slowAfter, func() {
		r.Info("still "+what, "for", time.Since(started).Round(time.Second))
	})
	return func() {
		if !timer.Stop() {
			r.Info("done "+what, "took", time.Since(started).Round(time.Millisecond))
		}
	}
}

// Probe calls err's methods while recover is in place: a typed nil error may panic in Error or Is.
func Probe(err error) {
	_ = err.Error()
	_ = errors.Is(err, brook.ErrRetry) || errors.Is(err, brook.ErrTooLarge)
}
