package memdriver

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// Driver is a partitioned log in memory. Its methods are safe for concurrent use.
type Driver struct {
	partitions int // of topics made on demand

	mu     sync.RWMutex
	topics map[string]*topic
	marks  map[string]map[place]int64 // by group
	groups map[string]*group
	grown  chan struct{} // closed when a topic grows
}

var (
	_ brook.Driver      = (*Driver)(nil)
	_ brook.Partitioner = (*Driver)(nil)
	_ brook.Placer      = (*Driver)(nil)
	_ brook.Marker      = (*Driver)(nil)
	_ brook.Grower      = (*Driver)(nil)
	_ brook.Grouper     = (*Driver)(nil)
)

type topic struct {
	name       string
	id         string
	partitions atomic.Pointer[[]*partition] // never changed, but replaced when the topic grows
	turn       atomic.Uint32                // partition of the next record without a key
}

func (t *topic) all() []*partition { return *t.partitions.Load() }

// set makes the topic's partitions: those that it has, and new ones up to a number.
func (t *topic) set(partitions []*partition, n int) {
	for i := len(partitions); i < n; i++ {
		partitions = append(partitions, &partition{topic: t, number: int32(i)})
	}
	t.partitions.Store(&partitions)
}

// place is a partition by name.
type place struct {
	topic  string
	number int32
}

// Option changes how a driver is made.
type Option func(*Driver)

// Partitions sets how many partitions a topic gets that is made on demand. The default is
// 1; less than 1 is 1.
func Partitions(n int) Option {
	return func(d *Driver) { d.partitions = max(n, 1) }
}

// Topic makes a topic with a number of partitions of its own.
func Topic(name string, partitions int) Option {
	return func(d *Driver) { d.topics[name] = newTopic(name, max(partitions, 1)) }
}

// New returns an empty log.
func New(options ...Option) *Driver {
	d := &Driver{
		partitions: 1,
		topics:     map[string]*topic{},
		marks:      map[string]map[place]int64{},
		groups:     map[string]*group{},
		grown:      make(chan struct{}),
	}
	for _, option := range options {
		option(d)
	}
	return d
}

func newTopic(name string, partitions int) *topic {
	t := &topic{name: name, id: rand.Text()}
	t.set(nil, partitions)
	return t
}

var errNoName = fmt.Errorf("memdriver: a topic needs a name: %w", brook.ErrPermanent)

// demand returns the topic of that name, and makes it if it does not exist. It is
// called with mu held.
func (d *Driver) demand(name string) (*topic, error) {
	d.mu.RLock()
	t := d.topics[name]
	d.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	if name == "" {
		return nil, errNoName
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t = d.topics[name]; t == nil {
		t = newTopic(name, d.partitions)
		d.topics[name] = t
	}
	return t, nil
}

// find returns an existing partition.
func (d *Driver) find(name string, number int32) (*partition, error) {
	d.mu.RLock()
	t := d.topics[name]
	d.mu.RUnlock()
	if t == nil || number < 0 || int(number) >= len(t.all()) {
		return nil, fmt.Errorf("memdriver: there is no partition %s/%d: %w", name, number,
			brook.ErrPermanent)
	}
	return t.all()[number], nil
}

// Partitions returns the partitions of topics, ordered by topic and number; a topic that is named
// twice counts once. It makes topics that do not exist.
func (d *Driver) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []brook.Partition
	for _, name := range slices.Compact(slices.Sorted(slices.Values(topics))) {
		t, err := d.demand(name)
		if err != nil {
			return nil, err
		}
		for _, p := range t.all() {
			start, end := p.span()
			all = append(all, brook.Partition{Topic: t.name, Number: p.number, Log: t.id,
				Start: start, End: end})
		}
	}
	return all, nil
}

// Open returns a reader of one partition. The error wraps brook.ErrOutOfRange if the offset was
// trimmed or is past the end, and brook.ErrPermanent if there is no such partition.
func (d *Driver) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := d.find(from.Topic, from.Partition)
	if err != nil {
		return nil, err
	}
	if start, end := p.span(); from.Offset < start || from.Offset > end {
		return nil, p.outOfRange(from.Offset, start, end)
	}
	return &reader{partition: p, next: from.Offset, cuts: p.cutsSoFar()}, nil
}

// Trim deletes the records of a partition before an offset, as retention does; an offset past the
// end deletes all. A reader that is still before the offset gets brook.ErrOutOfRange.
func (d *Driver) Trim(topic string, partition int32, before int64) error {
	p, err := d.find(topic, partition)
	if err != nil {
		return err
	}
	p.trim(before)
	return nil
}

// Truncate deletes the records of a partition from an offset on, as Kafka does when a replica that
// lacks them becomes the leader; the next record gets that offset. An offset past the end deletes
// none, one before the start all. Readers that are past the offset get brook.ErrOutOfRange.
func (d *Driver) Truncate(topic string, partition int32, from int64) error {
	p, err := d.find(topic, partition)
	if err != nil {
		return err
	}
	p.truncate(from)
	return nil
}

// Mark stores how far a group has acted on the log, whether or not it has members. Marks last
// as long as the driver.
func (d *Driver) Mark(ctx context.Context, group string, positions []brook.Position) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.marks[group] == nil {
		d.marks[group] = map[place]int64{}
	}
	for _, p := range positions {
		d.marks[group][place{p.Topic, p.Partition}] = p.Offset
	}
	return nil
}

// marked returns a copy of a group's marks.
func (d *Driver) marked(group string) map[place]int64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return maps.Clone(d.marks[group])
}

// Marks returns the group's marks, ordered by topic and partition.
func (d *Driver) Marks(ctx context.Context, group string) ([]brook.Position, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []brook.Position
	for at, offset := range d.marked(group) {
		all = append(all, brook.Position{Topic: at.topic, Partition: at.number, Offset: offset})
	}
	slices.SortFunc(all, brook.Position.Compare)
	return all, nil
}
