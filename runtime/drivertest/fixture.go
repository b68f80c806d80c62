package drivertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// patience is how long an answer may take before the test fails.
const patience = time.Minute

// A fixture is a driver under test and a topic of its own.
type fixture struct {
	*testing.T
	ctx    context.Context
	driver brook.Driver
	topic  string
}

func newFixture(t *testing.T, driver brook.Driver) *fixture {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &fixture{T: t, ctx: ctx, driver: driver, topic: newTopic()}
}

func newTopic() string { return "drivertest-" + strings.ToLower(rand.Text()) }

func (f *fixture) partitions(topics ...string) []brook.Partition {
	f.Helper()
	all, err := f.driver.Partitions(f.ctx, topics...)
	if err != nil {
		f.Fatalf("Partitions: %v", err)
	}
	return all
}

func (f *fixture) publish(records ...brook.Record) []brook.Position {
	f.Helper()
	positions, err := f.driver.Publish(f.ctx, records)
	if err != nil {
		f.Fatalf("Publish: %v", err)
	}
	if len(positions) != len(records) {
		f.Fatalf("Publish: %d positions for %d records", len(positions), len(records))
	}
	return positions
}

func (f *fixture) open(from brook.Position) brook.PartitionReader {
	f.Helper()
	r, err := f.driver.Open(f.ctx, from)
	if err != nil {
		f.Fatalf("Open %v: %v", from, err)
	}
	f.Cleanup(func() {
		if err := r.Close(); err != nil {
			f.Errorf("Close: %v", err)
		}
	})
	return r
}

// read reads n records, at most max at a time, and checks what holds for every chunk. A goroutine
// other than the test's may call it.
func (f *fixture) read(r brook.PartitionReader, n, max int) ([]brook.Record, error) {
	var all []brook.Record
	for last := int64(-1); len(all) < n; {
		c, err := r.Read(f.ctx, min(max, n-len(all)))
		if err != nil {
			return all, fmt.Errorf("after %d of %d records: %w", len(all), n, err)
		}
		if len(c.Records) > max {
			f.Errorf("Read gives %d records, at most %d were asked for", len(c.Records), max)
		}
		if c.Next <= last || c.End < c.Next {
			f.Errorf("Read gives Next %d, End %d after offset %d", c.Next, c.End, last)
		}
		for i := range c.Records {
			if o := c.Records[i].Offset; o <= last || o >= c.Next {
				f.Errorf("Read gives offset %d after %d, with Next %d", o, last, c.Next)
			}
			last = c.Records[i].Offset
		}
		last = c.Next - 1
		all = append(all, c.Records...)
	}
	return all, nil
}

// records reads n records of a partition from an offset on.
func (f *fixture) records(from brook.Position, n int) []brook.Record {
	f.Helper()
	all, err := f.read(f.open(from), n, 1000)
	if err != nil {
		f.Fatalf("Read: %v", err)
	}
	return all
}

// at returns the record at a position.
func (f *fixture) at(p brook.Position) brook.Record {
	f.Helper()
	return f.records(p, 1)[0]
}

// same compares what a driver must keep: everything but the partition, the offset, and a
// time that was not given.
func same(got, want *brook.Record) bool {
	return got.Topic == want.Topic && bytes.Equal(got.Key, want.Key) &&
		(got.Key == nil) == (want.Key == nil) && bytes.Equal(got.Value, want.Value) &&
		(got.Value == nil) == (want.Value == nil) &&
		(want.Time.IsZero() || got.Time.Equal(want.Time)) &&
		slices.EqualFunc(got.Headers, want.Headers, func(a, b brook.Header) bool {
			return a.Key == b.Key && bytes.Equal(a.Value, b.Value)
		})
}

func show(r *brook.Record) string {
	return fmt.Sprintf("%v key %.40q value %.40q time %v headers %.200v", r.Position(), r.Key,
		r.Value, r.Time, r.Headers)
}

// numbered makes records of one key, with values from a number on.
func (f *fixture) numbered(key string, from, to int) (records []brook.Record) {
	for n := from; n < to; n++ {
		records = append(records,
			brook.Record{Topic: f.topic, Key: []byte(key), Value: fmt.Appendf(nil, "%d", n)})
	}
	return records
}

func (f *fixture) wantNumbered(got []brook.Record, from int) {
	f.Helper()
	for i := range got {
		if want := fmt.Sprint(from + i); string(got[i].Value) != want {
			f.Fatalf("record %d is %s, want %s", i, show(&got[i]), want)
		}
	}
}
