package drivertest

import (
	"context"
	"errors"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// testGroupAlone: one member has all partitions, until its context ends; then the
// next one has them.
func testGroupAlone(f *fixture) {
	c := newClub(f, f.topic, newTopic())
	for range 2 {
		m := c.join(nil)
		c.divided(1)
		c.until("the member has all", func() bool {
			return len(m.has) == len(c.owners) && len(m.has) > 0
		})
		for _, p := range m.has {
			if p.Offset != 0 {
				f.Errorf("%v is given, but the group has no mark", p)
			}
		}
		m.leave()
		if m.released == 0 {
			f.Error("a member left that was not told to release what it had")
		}
	}
	ended, cancel := context.WithCancel(f.ctx)
	cancel()
	if err := c.grouper.Join(ended, c.group, c.topics,
		&member{club: c, left: make(chan struct{})}); err != nil {
		f.Errorf("Join with a context that has ended: %v, want nil", err)
	}
}

// testGroupDivides: members divide the partitions by number, also of several topics, anew
// whenever one comes or goes.
func testGroupDivides(f *fixture) {
	c := newClub(f, f.topic, newTopic())
	var members []*member
	for n := range 3 {
		members = append(members, c.join(nil))
		c.divided(n + 1)
	}
	for n := len(members) - 1; n > 0; n-- {
		members[n].leave()
		c.divided(n)
	}
}

// testGroupsApart: groups have nothing to do with each other.
func testGroupsApart(f *fixture) {
	first, second := newClub(f, f.topic), newClub(f, f.topic)
	a := first.join(nil)
	first.divided(1)
	told := 0
	first.until("the first member is told", func() bool { told = a.told; return told > 0 })
	b := second.join(nil)
	second.divided(1)
	b.leave()
	first.change(func() {
		if a.told != told || a.released > 0 {
			f.Error("a member of one group was disturbed by another group")
		}
	})
}

// testGroupMarks: a member that has to release partitions can mark them, and their next
// owner gets the marks.
func testGroupMarks(f *fixture) {
	c := newClub(f, f.topic)
	marker, ok := f.driver.(brook.Marker)
	if !ok {
		f.Skip("the driver is no brook.Marker")
	}
	f.publish(f.numbered("k", 0, 10)...)
	partitions := f.partitions(f.topic)
	end := func(number int32) int64 { return partitions[number].End }
	first := c.join(func(ctx context.Context, has []brook.Position) {
		marks := slices.Clone(has)
		for i := range marks {
			marks[i].Offset = end(marks[i].Partition)
		}
		if err := marker.Mark(ctx, c.group, marks); err != nil {
			f.Errorf("Mark in Release: %v", err)
		}
	})
	c.divided(1)
	second := c.join(nil)
	c.divided(2)
	first.leave()
	c.divided(1)
	c.until("the second member has what the first one marked", func() bool {
		return len(second.has) == len(partitions) &&
			!slices.ContainsFunc(second.has, func(p brook.Position) bool {
				return p.Offset != end(p.Partition)
			})
	})
	marks, err := marker.Marks(f.ctx, c.group)
	if err != nil || len(marks) != len(partitions) {
		f.Errorf("Marks: %v, %v; want one for each of %d partitions", marks, err, len(partitions))
	}
}

// testGroupChurn: however fast members come and go, no partition ever has two owners, and in
// the end each has one.
func testGroupChurn(f *fixture) {
	const workers, rounds = 4, 5
	c := newClub(f, f.topic, newTopic())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				m := c.join(nil)
				for told := false; !told; {
					c.mu.Lock()
					changed := c.changed
					told = m.told > 0
					c.mu.Unlock()
					if told {
						break
					}
					select {
					case <-changed:
					case <-m.left:
						f.Errorf("Join: %v", m.err)
						return
					case <-f.ctx.Done():
						f.Error("a member was never told what it has")
						return
					}
				}
				m.leave()
			}
		})
	}
	wg.Wait()
	if f.Failed() {
		return
	}
	c.join(nil)
	c.join(nil)
	c.divided(2)
}

// testGrowth: Grown returns when a topic grew, and a group divides the new partitions too.
func testGrowth(f *fixture) {
	grower, ok := f.driver.(brook.Grower)
	expander, can := f.driver.(Expander)
	if !ok || !can {
		f.Skip("the driver is no brook.Grower, or no drivertest.Expander")
	}
	known := f.partitions(f.topic)
	n := len(known)
	ended, cancel := context.WithCancel(f.ctx)
	cancel()
	if err := grower.Grown(ended, known); !errors.Is(err, context.Canceled) {
		f.Errorf("Grown with a context that has ended: %v, want context.Canceled", err)
	}
	told := make(chan error, 1)
	ctx, cancel := context.WithCancel(f.ctx)
	go func() { told <- grower.Grown(ctx, known) }()
	cancel()
	if err := <-told; !errors.Is(err, context.Canceled) {
		f.Errorf("Grown of a topic that did not grow: %v, want context.Canceled", err)
	}
	go func() { told <- grower.Grown(f.ctx, known) }()
	if err := expander.Grow(f.topic, n+2); err != nil {
		f.Fatalf("Grow: %v", err)
	}
	if err := <-told; err != nil {
		f.Fatalf("Grown: %v", err)
	}
	if err := grower.Grown(f.ctx, known); err != nil {
		f.Errorf("Grown, asked later: %v", err)
	}
	now := f.partitions(f.topic)
	if len(now) != n+2 || now[0].Log != known[0].Log || now[n].Start != now[n].End {
		f.Errorf("after it grew the topic has %+v", now)
	}
	var records []brook.Record
	for range 40 {
		records = append(records, brook.Record{Topic: f.topic, Key: []byte(newTopic())})
	}
	if !slices.ContainsFunc(f.publish(records...), func(p brook.Position) bool {
		return int(p.Partition) >= n
	}) {
		f.Errorf("none of %d keys is in a new partition", len(records))
	}
}

// testGroupGrows: members divide the partitions that a topic got.
func testGroupGrows(f *fixture) {
	expander, ok := f.driver.(Expander)
	if !ok {
		f.Skip("the driver is no drivertest.Expander")
	}
	c := newClub(f, f.topic)
	c.join(nil)
	c.join(nil)
	c.divided(2)
	if err := expander.Grow(f.topic, len(f.partitions(f.topic))+3); err != nil {
		f.Fatalf("Grow: %v", err)
	}
	c.divided(2)
}
