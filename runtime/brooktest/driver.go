package brooktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Driver is a log in memory, a [memdriver.Driver], that remembers what was published to it and can
// be made to fail. Its methods are safe for concurrent use.
type Driver struct {
	// Envelope is how [Driver.Events] reads what was published; [brook.CloudEvents] if it is nil.
	Envelope brook.Envelope

	log *memdriver.Driver

	mu      sync.Mutex
	records []brook.Record
	last    time.Time // of a record
	fail    int       // how many more calls of Publish fail
	failure error
	refuse  func(brook.Record) error
}

var (
	_ brook.Driver = (*Driver)(nil)
	_ brook.Marker = (*Driver)(nil)
	_ brook.Placer = (*Driver)(nil)
)

// NewDriver returns an empty log. Its topics have one partition, unless options say otherwise.
func NewDriver(options ...memdriver.Option) *Driver {
	return &Driver{log: memdriver.New(options...)}
}

var errTold = errors.New("brooktest: the driver was told to fail")

// FailNext makes the next n calls of Publish fail with err, with all their records. A nil err
// stands for some error that is not permanent. If err wraps [brook.ErrPermanent], emissions become
// dead letters; otherwise they are published after the n calls. What a program publishes itself
// fails at once. Zero ends the failing.
func (d *Driver) FailNext(n int, err error) {
	if err == nil {
		err = errTold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail, d.failure = n, err
}

// Refuse makes Publish refuse the records for which refuse returns an error, and publish the others
// of the same call. While the error does not wrap [brook.ErrPermanent], an emission is tried again.
// Nil ends the refusing.
func (d *Driver) Refuse(refuse func(brook.Record) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = refuse
}

// Publish appends records to the log and remembers them, or fails as FailNext and Refuse demand.
func (d *Driver) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail > 0 {
		d.fail--
		return nil, d.failure
	}
	errs := make([]error, len(records))
	var taken []brook.Record
	var places []int
	for i, r := range records {
		// emissions come after everything that was given, on every run
		if r.Time.IsZero() && !d.last.IsZero() {
			d.last = d.last.Add(time.Microsecond)
			r.Time = d.last
		}
		if d.refuse != nil {
			errs[i] = d.refuse(copyRecord(r))
		}
		if errs[i] == nil {
			taken, places = append(taken, r), append(places, i)
		}
	}
	got, err := d.log.Publish(ctx, taken)
	if err != nil {
		return nil, err
	}
	positions := make([]brook.Position, len(records))
	for i, at := range got {
		positions[places[i]] = at
		r := copyRecord(taken[i])
		r.Partition, r.Offset = at.Partition, at.Offset
		d.records = append(d.records, r)
	}
	if len(taken) < len(records) {
		return positions, &brook.PublishError{Errs: errs}
	}
	return positions, nil
}

// Deliver appends records to the log as others would: it does not fail as Publish does, and
// does not remember them.
func (d *Driver) Deliver(ctx context.Context, records ...brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range records {
		if records[i].Time.After(d.last) {
			d.last = records[i].Time
		}
	}
	return d.log.Publish(ctx, records)
}

// Records returns what was published, in order: to some topics, or to all.
func (d *Driver) Records(topics ...string) []brook.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	var records []brook.Record
	for _, r := range d.records {
		if len(topics) == 0 || slices.Contains(topics, r.Topic) {
			records = append(records, copyRecord(r))
		}
	}
	return records
}

// Events returns what was published as events, in order: to some topics, or to all. Their data is
// JSON. A record that the envelope can't read is an error.
func (d *Driver) Events(topics ...string) ([]brook.Event[json.RawMessage], error) {
	var envelope brook.Envelope = brook.CloudEvents{}
	if d.Envelope != nil {
		envelope = d.Envelope
	}
	var events []brook.Event[json.RawMessage]
	for _, r := range d.Records(topics...) {
		var m brook.Message
		if err := envelope.Open(&r, &m); err != nil {
			return events, fmt.Errorf("brooktest: record %s: %w", r.Position(), err)
		}
		events = append(events, brook.Event[json.RawMessage]{ID: m.ID, Type: m.Type,
			Author: m.Author, Time: m.Time, Data: m.Data,
			Key: r.Key, Headers: m.Headers, Cause: m.Cause, Position: r.Position()})
	}
	return events, nil
}

// Forget forgets what was published so far. The log keeps it.
func (d *Driver) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = nil
}

// Partitions is that of the log, except for the logs' identities: they are the same on every run,
// and so are the IDs of emissions.
func (d *Driver) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.log.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log = "brooktest/" + all[i].Topic
	}
	return all, err
}

// Open is that of the log.
func (d *Driver) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	return d.log.Open(ctx, from)
}

// Place is that of the log.
func (d *Driver) Place(ctx context.Context, topic string, key []byte) (int32, error) {
	return d.log.Place(ctx, topic, key)
}

// Trim is that of the log: it deletes records as retention does.
func (d *Driver) Trim(topic string, partition int32, before int64) error {
	return d.log.Trim(topic, partition, before)
}

// Mark is that of the log.
func (d *Driver) Mark(ctx context.Context, group string, positions []brook.Position) error {
	return d.log.Mark(ctx, group, positions)
}

// Marks is that of the log.
func (d *Driver) Marks(ctx context.Context, group string) ([]brook.Position, error) {
	return d.log.Marks(ctx, group)
}

func copyRecord(r brook.Record) brook.Record {
	r.Key, r.Value, r.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range r.Headers {
		r.Headers[i].Value = bytes.Clone(r.Headers[i].Value)
	}
	return r
}
