package drivertest

import (
	"context"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A club is a group of a driver under test. It records who owns what at each instant.
type club struct {
	*fixture
	grouper brook.Grouper
	group   string
	topics  []string

	mu      sync.Mutex
	owners  map[place]*member
	members []*member     // members that joined and did not leave
	changed chan struct{} // closed at the next change
}

type place struct {
	topic  string
	number int32
}

// newClub makes a group of existing topics. It skips the test if the driver has no groups.
func newClub(f *fixture, topics ...string) *club {
	f.Helper()
	grouper, ok := f.driver.(brook.Grouper)
	if !ok {
		f.Skip("the driver is no brook.Grouper")
	}
	f.partitions(topics...)
	return &club{fixture: f, grouper: grouper, group: newTopic(), topics: topics,
		owners: map[place]*member{}, changed: make(chan struct{})}
}

// member is a member of a club. Its counters are guarded by the club's lock.
type member struct {
	club     *club
	cancel   context.CancelFunc
	left     chan struct{} // closed when Join returned
	err      error         // of Join
	release  func(ctx context.Context, has []brook.Position)
	has      []brook.Position
	told     int // calls of Assign
	released int // calls of Release
	inside   bool
}

// join makes a member. Release, if it is given, is called while the member still owns
// what it has to release.
func (c *club) join(release func(ctx context.Context, has []brook.Position)) *member {
	ctx, cancel := context.WithCancel(c.ctx)
	m := &member{club: c, cancel: cancel, left: make(chan struct{}), release: release}
	c.change(func() { c.members = append(c.members, m) })
	go func() {
		defer close(m.left)
		m.err = c.grouper.Join(ctx, c.group, c.topics, m)
		c.change(func() {
			for _, p := range m.has {
				c.Errorf("Join returned %v, but what the member had was not released: %v", m.err, p)
			}
			c.members = slices.DeleteFunc(c.members, func(other *member) bool { return other == m })
		})
	}()
	c.Cleanup(func() { m.leave() })
	return m
}

// leave ends the membership and waits for that.
func (m *member) leave() {
	m.cancel()
	<-m.left
	if m.err != nil {
		m.club.Errorf("Join of a member that left: %v, want nil", m.err)
	}
}

// change changes the club, and wakes those who wait for changes.
func (c *club) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	close(c.changed)
	c.changed = make(chan struct{})
}

// until waits for a condition.
func (c *club) until(what string, holds func() bool) {
	c.Helper()
	for {
		c.mu.Lock()
		ok, changed := holds(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		if c.Failed() { // it may never be so
			c.FailNow()
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			c.mu.Lock()
			defer c.mu.Unlock()
			for i, m := range c.members {
				c.Logf("member %d has %v", i, m.has)
			}
			c.Fatalf("it never came about that %s", what)
		}
	}
}

// Release returns what the member owns, at the last instant.
func (m *member) Release(ctx context.Context) {
	m.enter("Release")
	if err := ctx.Err(); err != nil {
		m.club.Errorf("Release with a context that has ended: %v", err)
	}
	if m.release != nil {
		m.release(ctx, m.has) // nobody else changes it
	}
	m.club.change(func() {
		m.drop()
		m.released++
		m.inside = false
	})
}

// Assign sets what the member owns from now on.
func (m *member) Assign(partitions []brook.Position) {
	m.enter("Assign")
	m.club.change(func() {
		m.drop() // the membership was lost
		for _, p := range partitions {
			at := place{p.Topic, p.Partition}
			if m.club.owners[at] != nil {
				m.club.Errorf("%v is given to a member while another, or it itself, still has it",
					p)
			}
			m.club.owners[at] = m
		}
		m.has = slices.Clone(partitions)
		m.told++
		m.inside = false
	})
}

// enter notes a call that begins.
func (m *member) enter(method string) {
	m.club.change(func() {
		if m.inside {
			m.club.Errorf("%s while another method of the member runs", method)
		}
		m.inside = true
	})
	select {
	case <-m.left:
		m.club.Errorf("%s after Join returned", method)
	default:
	}
}

func (m *member) drop() {
	for _, p := range m.has {
		delete(m.club.owners, place{p.Topic, p.Partition})
	}
	m.has = nil
}

// numbers returns the numbers of the partitions that a member has.
func (m *member) numbers() []int32 {
	var all []int32
	for _, p := range m.has {
		all = append(all, p.Partition)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// divided waits until n members own all partitions of the topics between them, divided
// as they should be.
func (c *club) divided(members int) {
	c.Helper()
	partitions := c.partitions(c.topics...)
	c.until("all partitions are divided among the members, evenly and by number", func() bool {
		if len(c.members) != members || len(c.owners) != len(partitions) {
			return false
		}
		least, most, numbers := len(partitions), 0, map[int32]*member{}
		for _, m := range c.members {
			n := len(m.numbers())
			least, most = min(least, n), max(most, n)
		}
		for _, p := range partitions {
			owner := c.owners[place{p.Topic, p.Number}]
			if owner == nil || numbers[p.Number] != nil && numbers[p.Number] != owner {
				return false
			}
			numbers[p.Number] = owner
		}
		return most-least <= 1
	})
}
