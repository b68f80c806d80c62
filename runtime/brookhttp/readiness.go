package brookhttp

import (
	"fmt"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// HealthOption sets a bound to readiness: [MaxLag] or [MaxBehind].
type HealthOption func(*readiness)

// MaxLag makes an app unready while more records than this wait to be dealt with, over all
// partitions of this instance. An app that catches up is ready once it is within its bounds. It
// panics if records is negative.
func MaxLag(records int64) HealthOption {
	if records < 0 {
		panic(fmt.Sprintf("brookhttp: MaxLag(%d): the bound is negative", records))
	}
	return func(r *readiness) { r.maxLag = &records }
}

// MaxBehind makes an app unready while a record waits that has been in the log for longer than
// this, or the log has not answered for longer than this. An app that catches up is ready once it
// is within its bounds. It panics if d is not positive.
func MaxBehind(d time.Duration) HealthOption {
	if d <= 0 {
		panic(fmt.Sprintf("brookhttp: MaxBehind(%s): the bound is not positive", d))
	}
	return func(r *readiness) { r.maxBehind = d }
}

// readiness decides whether an app is ready.
type readiness struct {
	maxLag    *int64        // nil: none
	maxBehind time.Duration // 0: none
	was       atomic.Bool   // it was ready before, of an app that does not say so itself
}

// notReady returns why the app is not ready, or "".
func (r *readiness) notReady(s *brook.Status, now time.Time) string {
	if why := r.beyond(s, now); why != "" {
		return why
	}
	bounded := r.maxLag != nil || r.maxBehind > 0
	was := r.was.Load() || !s.FirstLive.IsZero()
	switch s.State {
	case brook.StateLive:
	case brook.StateCatchingUp:
		if !bounded && !was {
			return fmt.Sprintf("%s: %d records to go", s.State, s.Lag())
		}
	case brook.StatePaused, brook.StateWaitingForLog:
		if !was && (!bounded || len(s.Partitions) == 0) {
			return fmt.Sprintf("%s, and never ready before", s.State)
		}
	default: // stopped, starting, waiting for the store
		return string(s.State)
	}
	r.was.Store(true)
	return ""
}

// beyond returns which bound the app is beyond, or "".
func (r *readiness) beyond(s *brook.Status, now time.Time) string {
	if r.maxLag != nil && s.Lag() > *r.maxLag {
		return fmt.Sprintf("%s: %d records to go, and at most %d are allowed",
			s.State, s.Lag(), *r.maxLag)
	}
	if r.maxBehind == 0 {
		return ""
	}
	if d := s.Behind(); d > r.maxBehind {
		return fmt.Sprintf("%s: %s behind, and at most %s are allowed",
			s.State, d.Round(time.Millisecond), r.maxBehind)
	}
	if s.State == brook.StateWaitingForLog && now.Sub(s.Since) > r.maxBehind {
		return fmt.Sprintf("%s for %s, and at most %s are allowed",
			s.State, now.Sub(s.Since).Round(time.Second), r.maxBehind)
	}
	return ""
}
