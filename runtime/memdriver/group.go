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

// A group is the members of one name. It is at rest, or it meets: its members release what they own
// and come to the meeting, and when all are there the partitions are divided.
type group struct {
	driver *Driver
	name   string

	mu      sync.Mutex
	last    int // number of the youngest member
	members []*member
	call    chan struct{} // closed when a meeting begins
	meeting chan struct{} // closed when the meeting is over; nil at rest
}

// member is one call of Join. What changes in it is guarded by the group's lock.
type member struct {
	brook.Member
	topics []string

	id      string
	there   bool // at the meeting: it has released everything
	gone    bool // it left, or the group waited too long for it
	parts   []division.Place
	present chan struct{} // calls to the next meeting, once parts were assigned
}

// Join makes m a member of a group until ctx ends, and makes topics that do not exist. A Driver's
// groups are its own. A member has 30 seconds for Release, also when it leaves; ctx does not end
// it. If it takes longer, the group continues without it: when Release returns, the member is
// assigned nothing and joins again.
//
// Partitions are divided by number: members of the same topics differ by at most one partition, and
// as few partitions as possible move.
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

// meet brings a member to the meeting, adds it to the group if needed, and waits for the end of
// the meeting. It returns what the member owns, and a channel that is closed when it has to release
// that; or false if ctx ended.
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
		positions[i] = brook.Position{Topic: p.Topic, Partition: p.Number,
			Offset: marks[place{p.Topic, p.Number}]}
	}
	return positions, m.present, true
}

// release takes back what a member owned. It returns false if the group did not wait for that.
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

// leave removes a member from the group.
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

// grown makes the group divide its partitions anew if members have that topic.
func (g *group) grown(topic string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.ContainsFunc(g.members, func(m *member) bool {
		return slices.Contains(m.topics, topic)
	}) {
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

// divide ends the meeting if all members are there.
func (g *group) divide() {
	if g.meeting == nil || slices.ContainsFunc(g.members, func(m *member) bool {
		return !m.there
	}) {
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
