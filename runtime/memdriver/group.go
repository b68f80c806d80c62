package memdriver

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// releaseTime is how long a group waits for a member's Release.
const releaseTime = 30 * time.Second

// A group is the members of one name. It is at rest, or it meets: its members release
// what they have, one after the other comes to the meeting, and when all are there the
// partitions are divided.
type group struct {
	driver *Driver
	name   string

	mu      sync.Mutex
	last    int // number of the youngest member
	members []*member
	call    chan struct{} // closed when a meeting begins
	meeting chan struct{} // closed when it is over; nil at rest
}

// member is one Join. What is in it is the group's, but for what never changes.
type member struct {
	brook.Member
	topics []string

	id      string
	there   bool // at the meeting: it has released all
	gone    bool // it left, or the group waited too long for it
	parts   []division.Place
	present chan struct{} // the call to the next meeting after parts were given
}

// Join makes m a member of a group until ctx ends, and makes topics that do not exist. The groups
// of one Driver are among themselves. A member gets 30 seconds for Release, also when it leaves;
// ctx does not end it. The group goes on without one that takes longer: when Release returns, it is
// assigned nothing and joins again.
//
// Partitions are divided by number: members of the same topics differ by one number at most, and
// as few as possible move.
func (d *Driver) Join(ctx context.Context, group string, topics []string, m brook.Member) error {
	for _, name := range topics {
		if _, err := d.demand(name); err != nil {
			return fmt.Errorf("memdriver: to join group %s: %w", group, err)
		}
	}
	g := d.group(group)
	self := &member{Member: m, topics: slices.Clone(topics), gone: true}
	for ctx.Err() == nil {
		positions, present, ok := g.meet(ctx, self)
		if !ok {
			break
		}
		m.Assign(positions)
		select {
		case <-present:
		case <-ctx.Done():
		}
		if !g.release(ctx, self) {
			m.Assign(nil)
		}
	}
	g.leave(self)
	return nil
}

func (d *Driver) group(name string) *group {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.groups[name]
	if g == nil {
		g = &group{driver: d, name: name, call: make(chan struct{})}
		d.groups[name] = g
	}
	return g
}

// meet brings a member to the meeting, makes it one if it isn't, and waits for its end. It
// returns what the member has, and a channel that is closed when it is to release that; or
// false when ctx ended.
func (g *group) meet(ctx context.Context, m *member) ([]brook.Position, <-chan struct{}, bool) {
	g.mu.Lock()
	if m.gone {
		g.last++
		m.id, m.gone = fmt.Sprintf("%020d", g.last), false
		g.members = append(g.members, m)
		g.summon()
	}
	m.there = true
	meeting := g.meeting
	g.divide()
	g.mu.Unlock()
	select {
	case <-meeting:
	case <-ctx.Done():
		return nil, nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	marks := g.driver.marked(g.name)
	positions := make([]brook.Position, len(m.parts))
	for i, p := range m.parts {
		positions[i] = brook.Position{Topic: p.Topic, Partition: p.Number, Offset: marks[place{p.Topic, p.Number}]}
	}
	return positions, m.present, true
}

// release takes back what a member has. It reports false where the group did not wait for that.
func (g *group) release(ctx context.Context, m *member) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	late := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(late)
		g.leave(m)
	})
	m.Release(ctx)
	if stop() {
		return true
	}
	<-late
	return false
}

// leave takes a member out of the group.
func (g *group) leave(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m.gone {
		return
	}
	m.gone, m.there, m.parts = true, false, nil
	g.members = slices.DeleteFunc(g.members, func(other *member) bool { return other == m })
	g.summon()
	g.divide()
}

// grown has the partitions divided anew where members have that topic.
func (g *group) grown(topic string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.ContainsFunc(g.members, func(m *member) bool { return slices.Contains(m.topics, topic) }) {
		g.summon()
		g.divide()
	}
}

// summon begins a meeting, unless there is one.
func (g *group) summon() {
	if g.meeting == nil {
		g.meeting = make(chan struct{})
		close(g.call)
		g.call = make(chan struct{})
	}
}

// divide ends the meeting when all are there.
func (g *group) divide() {
	if g.meeting == nil || slices.ContainsFunc(g.members, func(m *member) bool { return !m.there }) {
		return
	}
	all := make([]division.Member, len(g.members))
	counts := map[string]int32{}
	for i, m := range g.members {
		all[i] = division.Member{ID: m.id, Topics: m.topics, Owned: m.parts}
		for _, name := range m.topics {
			counts[name] = g.driver.count(name)
		}
	}
	parts := division.Divide(all, counts)
	for _, m := range g.members {
		m.there, m.parts, m.present = false, parts[m.id], g.call
	}
	close(g.meeting)
	g.meeting = nil
}
