package kafkadriver

import (
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A leaderUser needs the leader of a partition.
type leaderUser interface {
	partition() division.Place
	// leaderFound is called with the leader, which may be the same as before.
	leaderFound(t *topic, l leader)
	// leaderMissing is called with the reason if there is no leader for now.
	leaderMissing(err error)
}

// A leaderResolver looks up leaders, with one request for all users that wait at the time.
type leaderResolver struct {
	driver *Driver
	wake   chan struct{} // holds a token when a user was added

	mu      sync.Mutex
	waiting []lookupLater
}

type lookupLater struct {
	user leaderUser
	due  time.Time
}

func newLeaderResolver(d *Driver) *leaderResolver {
	return &leaderResolver{driver: d, wake: make(chan struct{}, 1)}
}

// resolve looks up the leader for u once the delay has passed.
func (r *leaderResolver) resolve(u leaderUser, delay time.Duration) {
	r.mu.Lock()
	r.waiting = append(r.waiting, lookupLater{u, time.Now().Add(delay)})
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// backoff returns how long to wait before the n-th try. The first one is made at once.
func backoff(tries int) time.Duration {
	if tries <= 1 {
		return 0
	}
	return min(50*time.Millisecond<<min(tries-2, 5), time.Second)
}

// run answers users until the driver is closed.
func (r *leaderResolver) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		users, next := r.due(time.Now())
		if len(users) > 0 {
			r.answer(users)
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

// due removes and returns the users whose time has come, and returns when the next one's comes.
func (r *leaderResolver) due(now time.Time) (users []leaderUser, next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := r.waiting[:0]
	for _, s := range r.waiting {
		if !s.due.After(now) {
			users = append(users, s.user)
			continue
		}
		if rest = append(rest, s); next.IsZero() || s.due.Before(next) {
			next = s.due
		}
	}
	clear(r.waiting[len(rest):])
	r.waiting = rest
	return users, next
}

func (r *leaderResolver) answer(users []leaderUser) {
	var names []string
	named := map[string]bool{}
	for _, s := range users {
		if name := s.partition().Topic; !named[name] {
			named[name] = true
			names = append(names, name)
		}
	}
	topics, failed, err := r.driver.lookup(r.driver.ctx, names)
	for _, s := range users {
		name, n := s.partition().Topic, s.partition().Number
		t := topics[name]
		switch {
		case err != nil:
			s.leaderMissing(err)
		case t == nil:
			s.leaderMissing(failed[name])
		case int(n) >= len(t.leaders):
			s.leaderMissing(noPartition(name, n))
		case t.leaders[n].addr == "":
			s.leaderMissing(noLeader(name, n))
		default:
			s.leaderFound(t, t.leaders[n])
		}
	}
}
