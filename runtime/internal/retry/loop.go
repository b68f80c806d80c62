// Package retry tries again what failed: how long to wait between tries, what is not tried again,
// which errors callers get when their context ends, and what is being waited for.
//
// The app makes one Loop for all its parts. Whoever tries again by itself makes its own Backoff or
// Contention, and uses it in one goroutine. All functions, and all methods but those of Contention,
// may be called from any goroutine. Pending.mu guards the requests; nothing is called under it.
package retry

import (
	"cmp"
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// Loop tries again what store or driver must do. It is safe for concurrent use.
type Loop struct {
	Policy  brook.Retry
	Report  *report.Reporter
	Pending Pending // what is being tried
}

// Do does something that the store is asked for until it succeeds, fails for good or ctx ends: see
// GaveUp. what says what it is, for people.
func (l *Loop) Do(ctx context.Context, what string, do func() error) error {
	r := l.Pending.Begin(what)
	defer l.Pending.End(r)
	return l.DoPausing(ctx, what, r, Sleep, do)
}

// DoApart is Do for a caller who holds no lock: between two tries it is outside of the valve that
// the work of ctx has passed, so that an app whose store fails can be paused.
func (l *Loop) DoApart(ctx context.Context, what string, do func() error) error {
	r := l.Pending.Begin(what)
	defer l.Pending.End(r)
	outside := func(ctx context.Context, d time.Duration) error {
		return quiesce.Outside(ctx, func() error { return Sleep(ctx, d) })
	}
	return l.DoPausing(ctx, what, r, outside, do)
}

// Ask is Do for what is asked of the driver.
func (l *Loop) Ask(ctx context.Context, what string, do func() error) error {
	r := l.Pending.begin(what, true)
	defer l.Pending.End(r)
	return l.DoPausing(ctx, what, r, Sleep, do)
}

// DoPausing is Do for a caller who does more between two tries than to wait. r is nil if do runs
// handlers.
func (l *Loop) DoPausing(ctx context.Context, what string, r *Request,
	pause func(context.Context, time.Duration) error, do func() error) error {
	var last error
	defer func() { // also if do panics
		if last != nil {
			l.Report.Ended("", what, brook.Position{})
		}
	}()
	for attempts := 1; ; attempts++ {
		err := do()
		if err == nil && attempts > 1 {
			l.Report.Recovered(what, attempts-1, brook.Position{})
			last = nil
		}
		if err == nil || Final(err) {
			return err
		}
		if why := Ending(ctx); why != nil {
			return GaveUp(why, what, attempts, err, last)
		}
		last = err
		l.Pending.Failed(r, attempts, err)
		l.Report.Failure(brook.Failure{What: what, Attempts: attempts, Err: err})
		if perr := pause(ctx, Wait(l.Policy, attempts)); perr != nil {
			return GaveUp(cmp.Or(Ending(ctx), perr), what, attempts, err, nil)
		}
	}
}

// ErrStop is wrapped by errors of the runtime's own that are not tried again.
var ErrStop = errors.New("brook: not tried again")

// final are the errors that another try does not mend.
var final = []error{
	brook.ErrPermanent, brook.ErrTooLarge, brook.ErrOutOfRange, brook.ErrConflict,
	brook.ErrLogChanged, ErrStop,
}

// Final reports whether what failed with an error is not tried again.
func Final(err error) bool {
	for _, f := range final {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}

// Refusal is the error of a commit that may succeed when it is tried again.
type Refusal struct{ error }

// Unwrap returns the store's error.
func (r Refusal) Unwrap() error { return r.error }

// Refused returns err as a Refusal if another try may succeed, and else as it is.
func Refused(err error) error {
	if Final(err) {
		return err
	}
	return Refusal{err}
}
