package retry

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// Backoff counts the attempts of a loop that a Loop does not fit: one that does other work between
// two attempts, or has more to do after a success. It reports what fails, and waits longer after
// each failure in a row. One goroutine uses it.
type Backoff struct {
	Policy brook.Retry
	Report *report.Reporter
	Of     string // see report.Reporter.FailureOf

	failures int           // in a row
	last     brook.Failure // of these
}

// Note counts and reports a failed attempt without waiting. It sets f.Attempts.
func (b *Backoff) Note(f brook.Failure) {
	b.failures++
	f.Attempts = b.failures
	b.last = f
	b.Report.FailureOf(b.Of, f)
}

// Failed counts and reports a failed attempt, then waits as the policy says. It sets f.Attempts. If
// ctx ends, Failed returns the error of ctx. It does not wait after a failure that is final.
func (b *Backoff) Failed(ctx context.Context, f brook.Failure) error {
	b.Note(f)
	if f.Final {
		return ctx.Err()
	}
	return Sleep(ctx, Wait(b.Policy, b.failures))
}

// Succeeded begins to count anew. If attempts had failed, it reports that what they failed at works
// again, at the position of the last of them.
func (b *Backoff) Succeeded() {
	if b.failures == 0 {
		return
	}
	b.Report.RecoveredOf(b.Of, b.last.What, b.failures, b.last.Position)
	b.failures, b.last = 0, brook.Failure{}
}

// Ended notes that what failed last is not tried again, if it has not succeeded since.
func (b *Backoff) Ended() {
	if b.failures > 0 {
		b.Report.Ended(b.Of, b.last.What, b.last.Position)
	}
}

// lasts is how long a call has to last that is to last for good, until what failed before works.
const lasts = 10 * time.Second

// Lasting notes that what failed works again if the call that begins lasts for a while. It is for
// calls that do not return while all is well. The caller calls stop when the call has ended.
func (b *Backoff) Lasting() (stop func() bool) {
	if b.failures == 0 {
		return func() bool { return false }
	}
	what, pos := b.last.What, b.last.Position
	return time.AfterFunc(lasts, func() { b.Report.Worked(b.Of, what, pos) }).Stop
}

// Failures returns how many attempts failed since the last success.
func (b *Backoff) Failures() int { return b.failures }
