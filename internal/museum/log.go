package museum

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Entry is one record of the museum's log, as a line of its file.
type Entry struct {
	During    string // the version that was in use when it was published
	Topic     string
	Partition int32
	Time      time.Time
	Key       string
	Value     string
	Headers   [][2]string
}

// Log is the museum's log. It is the same log in every process, and what is published to it has
// IDs and times that count up, so that the same story makes the same log.
type Log struct {
	*memdriver.Driver
	mu      sync.Mutex
	during  string
	entries []Entry
}

// topics are the shop's, with their numbers of partitions.
var topics = []memdriver.Option{memdriver.Topic("shop", 2), memdriver.Topic("alerts", 1)}

// NewLog returns a log that begins with these entries.
func NewLog(ctx context.Context, entries []Entry) (*Log, error) {
	l := &Log{Driver: memdriver.New(topics...), entries: slices.Clip(entries)}
	records := make([]brook.Record, len(entries))
	for i, e := range entries {
		records[i] = brook.Record{Topic: e.Topic, Partition: e.Partition, Placed: true, Time: e.Time,
			Key: []byte(e.Key), Value: []byte(e.Value)}
		for _, h := range e.Headers {
			records[i].Headers = append(records[i].Headers, brook.Header{Key: h[0], Value: []byte(h[1])})
		}
	}
	_, err := l.Driver.Publish(ctx, records)
	return l, err
}

// During says which version is in use from now on.
func (l *Log) During(version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.during = version
}

// Entries returns all that is in the log.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// Partitions returns the partitions as those of one log.
func (l *Log) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := l.Driver.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log = "museum"
	}
	return all, err
}

// Grown waits for the end of ctx: there are never more partitions.
func (l *Log) Grown(ctx context.Context, _ []brook.Partition) error {
	<-ctx.Done()
	return ctx.Err()
}

// Publish dates the records and adds them to the log. What a handler emitted keeps its ID.
func (l *Log) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range records {
		r := &records[i]
		n := len(l.entries) + i
		r.Time = time.Unix(1_700_000_000+int64(n), 0).UTC()
		if _, emitted := r.Header("ce_brookcause"); emitted {
			continue
		}
		for j := range r.Headers {
			switch h := &r.Headers[j]; h.Key {
			case "ce_id":
				h.Value = fmt.Appendf(nil, "%s-%d", l.during, n)
			case "ce_time":
				h.Value = r.Time.AppendFormat(nil, time.RFC3339)
			}
		}
	}
	positions, err := l.Driver.Publish(ctx, records)
	if err != nil {
		return positions, err
	}
	for i, r := range records {
		e := Entry{During: l.during, Topic: r.Topic, Partition: positions[i].Partition, Time: r.Time,
			Key: string(r.Key), Value: string(r.Value)}
		for _, h := range r.Headers {
			e.Headers = append(e.Headers, [2]string{h.Key, string(h.Value)})
		}
		l.entries = append(l.entries, e)
	}
	return positions, nil
}

// ReadEntries reads the entries of a file; none if there is no such file.
func ReadEntries(file string) (entries []Entry, err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		entries = append(entries, e)
	}
	return entries, lines.Err()
}

// WriteEntries writes entries to a file, one a line.
func WriteEntries(file string, entries []Entry) error {
	var out []byte
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		out = append(append(out, line...), '\n')
	}
	return os.WriteFile(file, out, 0o600)
}
