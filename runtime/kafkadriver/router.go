package kafkadriver

import (
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A seeker is who needs the leader of a partition.
type seeker interface {
	where() division.Place
	// found is told the leader, which may be the one that it had before.
	found(t *topic, l leader)
	// missed is told that there is no leader for now, and why.
	missed(err error)
}

// The router finds leaders: one question for all that seek at a time.
type router struct {
	driver *Driver
	wake   chan struct{} // holds a token when something was added

	mu   sync.Mutex
	lost []sought
}

type sought struct {
	seeker
	due time.Time
}

func newRouter(d *Driver) *router { return &router{driver: d, wake: make(chan struct{}, 1)} }

// seek looks for the leader of a partition once some time has passed.
func (r *router) seek(s seeker, after time.Duration) {
	r.mu.Lock()
	r.lost = append(r.lost, sought{s, time.Now().Add(after)})
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// patience is how long to wait before the n-th try: the first one is made at once.
func patience(tries int) time.Duration {
	if tries <= 1 {
		return 0
	}
	return min(50*time.Millisecond<<min(tries-2, 5), time.Second)
}

// run answers seekers until the driver is closed.
func (r *router) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		seekers, next := r.due(time.Now())
		if len(seekers) > 0 {
			r.route(seekers)
			continue
		}
		var alarm <-chan time.Time
		if !next.IsZero() {
			timer.Reset(time.Until(next))
			alarm = timer.C
		}
		select {
		case <-alarm:
		case <-r.wake:
		case <-r.driver.ctx.Done():
			return
		}
	}
}

// due takes those whose time has come, and says when the next one's does.
func (r *router) due(now time.Time) (seekers []seeker, next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := r.lost[:0]
	for _, s := range r.lost {
		if !s.due.After(now) {
			seekers = append(seekers, s.seeker)
			continue
		}
		if rest = append(rest, s); next.IsZero() || s.due.Before(next) {
			next = s.due
		}
	}
	clear(r.lost[len(rest):])
	r.lost = rest
	return seekers, next
}

func (r *router) route(seekers []seeker) {
	var names []string
	named := map[string]bool{}
	for _, s := range seekers {
		if name := s.where().Topic; !named[name] {
			named[name] = true
			names = append(names, name)
		}
	}
	topics, failed, err := r.driver.lookup(r.driver.ctx, names)
	for _, s := range seekers {
		name, n := s.where().Topic, s.where().Number
		t := topics[name]
		switch {
		case err != nil:
			s.missed(err)
		case t == nil:
			s.missed(failed[name])
		case int(n) >= len(t.leaders):
			s.missed(noPartition(name, n))
		case t.leaders[n].addr == "":
			s.missed(noLeader(name, n))
		default:
			s.found(t, t.leaders[n])
		}
	}
}
