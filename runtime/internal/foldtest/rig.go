// Package foldtest is a set of tasks over a store that a test may have fail, for the tests of the
// rooms that fold. Its code has two handler sets, S and T, and one type of events: a record is the
// event whose key is the record's, and whose value says what the handlers do. One that a test gave
// nothing to do counts the event in a row of its key and set.
package foldtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/internal/watch"
	"github.com/brookgen/brookgen/runtime/key"
)

// Topic is the only topic, and In its first partition.
const Topic = "in"

// In is the first partition of the topic.
var In = partition.ID{Topic: Topic}

// Counts is the only collection: how often a set handled an event of a key, by both.
var Counts = &typed.Collection[string, int]{
	Name: "counts", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

var (
	put  = &brook.EventDef{Type: "put", Shape: "string"}
	told = typed.Event[string]{
		Type:   "told",
		Append: func(dst []byte, s *string) ([]byte, error) { return append(dst, *s...), nil },
	}.Def()
)

// Rig is a set of tasks. The goroutine of the test uses it, and tasks that it runs one at a time.
type Rig struct {
	*task.Set
	// Do is what a handler does, by "set value".
	Do   map[string]func(*delivery.Delivery) error
	Disk *Store

	t        testing.TB
	mu       sync.Mutex
	failures []brook.Failure
	letters  []brook.DeadLetter
	commits  []brook.Commit
}

// New returns a rig over a new store, which several processes write if fenced is set.
// change changes the configuration, unless it is nil.
func New(t testing.TB, fenced bool, change func(*brook.Config)) *Rig {
	t.Helper()
	return Over(t, newStore(fenced), change)
}

// Over returns a rig of another process over the store of one that there is.
func Over(t testing.TB, store *Store, change func(*brook.Config)) *Rig {
	t.Helper()
	r := &Rig{Disk: store, Do: map[string]func(*delivery.Delivery) error{}, t: t}
	config := &brook.Config{
		Name: "shop", Author: "shop", Topic: Topic, Store: store, Envelope: bare{},
		OnFailure: brook.Wait, OnStale: brook.Fail, OnRetention: brook.Fail,
		MaxDeadLetters: 100, MaxOutbox: 100, BatchSize: 10, ShutdownTimeout: time.Second,
		Retry: brook.Retry{Attempts: 3, Min: time.Nanosecond, Max: time.Nanosecond},
		Hooks: brook.Hooks{
			Commit:     func(c brook.Commit) { r.commits = append(r.commits, c) },
			DeadLetter: func(l brook.DeadLetter) { r.letters = append(r.letters, l) },
			Failure: func(f brook.Failure) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.failures = append(r.failures, f)
			},
		},
	}
	if change != nil {
		change(config)
	}
	r.Set = r.assemble(config)
	blocked, err := map[partition.ID]*deadletter.Blocked(nil), error(nil)
	if err = errors.Join(r.Publisher.Open(t.Context()), r.Catalog.Open(t.Context())); err == nil {
		blocked, err = r.Letters.Blocked(t.Context(), r.Catalog.Live())
	}
	if err = errors.Join(err, r.Catalog.Claim.Take(t.Context()), r.ReadMark(t.Context())); err != nil {
		t.Fatal(err)
	}
	r.Blocked = blocked
	return r
}

// assemble makes the parts of the set.
func (r *Rig) assemble(config *brook.Config) *task.Set {
	def := &delivery.Definition{
		Sets: []string{"S", "T"}, Events: []*brook.EventDef{put, told},
		Collections: []*brook.Collection{Counts.Def()},
		Lane:        func(*txn.Tx) func(*delivery.Delivery) { return r.deliver },
		Handlers: []plan.Handler{
			{Set: 0, Name: "Put", Event: put.Type, Writes: []int{0}, Acts: true, Proved: true},
			{Set: 1, Name: "Put", Event: put.Type, Writes: []int{0}, Acts: true, Proved: true},
		},
	}
	life := lifetime.New(context.Background(), config.ShutdownTimeout)
	r.t.Cleanup(life.End)
	reporter := report.New(config.Name, slog.New(slog.DiscardHandler), config.Hooks)
	s := &task.Set{
		Parts: processor.Parts{
			Config: config, Def: def, Reader: config.Store.Latest(), Outbox: outbox.New(),
			Code: plan.New(Topic, def.Sets, def.Handlers, nil, def.Collections, def.Events),
		},
		Store: config.Store, Hub: watch.NewHub(), Progress: input.NewProgress(), Report: reporter,
		Retry: &retry.Loop{Policy: config.Retry, Report: reporter}, Life: life,
		IDs: ids.New(), Lock: &quiesce.Lock{},
		Effects: &effects.Runner{Policy: config.Retry, Report: reporter},
	}
	s.Catalog = catalog.New(catalog.Parts{
		Config: config, Code: s.Code, Collections: def.Collections, Reader: s.Reader, IDs: s.IDs,
		Life: life, Lock: s.Lock, Retry: s.Retry,
		Owner: catalog.Owner{
			Taken: func(context.Context) error { return nil }, Renewed: func(bool) {},
			Shown: func(bool) {}, Installed: s.Installed, Positions: s.Progress.All,
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	s.Publisher = &publisher.Publisher{
		Config: config, Code: s.Code, Catalog: s.Catalog, Store: s.Store, Reader: s.Reader,
		Lock: s.Lock, Ids: s.IDs, Report: reporter, Retry: s.Retry, Outbox: s.Outbox,
		Targets: placement.NewTargets(nil),
	}
	s.Letters = &letters.Reader{
		Config: config, Sets: def.Sets, Catalog: s.Catalog, Reader: s.Reader, Retry: s.Retry,
	}
	s.Emissions = &emission.Maker{
		Config: config, Code: s.Code, Sets: def.Sets, IDs: s.IDs, Reader: s.Reader,
		Publisher: s.Publisher,
	}
	return s
}

// deliver is what generated code does with an event.
func (r *Rig) deliver(d *delivery.Delivery) {
	d.Known = true
	d.Key = key.AppendString(d.Key, string(d.Record.Key))
	if !d.Started(put.Info()) {
		return
	}
	for set, name := range r.Def.Sets {
		d.Handle(set, func(context.Context) error {
			if do := r.Do[name+" "+string(d.Message.Data)]; do != nil {
				return do(d)
			}
			Count(d, string(d.Record.Key)+name)
			return nil
		})
	}
}

// Count adds 1 to a row.
func Count(d *delivery.Delivery, row string) {
	typed.RowsOf(d.Tx, 0, Counts).Apply(brook.Merge(row, func(n *int) { *n++ }))
}

// Emit emits an event whose data is the text.
func Emit(d *delivery.Delivery, text string) {
	e := delivery.Emission{Set: d.Set}
	brook.Encode(&e.Out, told, &text)
	d.Emissions = append(d.Emissions, e)
}

// Task returns a task of the live views with the first partitions, so many, from their starts.
func (r *Rig) Task(partitions int) *task.Task {
	r.t.Helper()
	tk := r.NewTask(r.Catalog.Live(), r.Live())
	var all []*task.Partition
	for n := range partitions {
		id := partition.ID{Topic: Topic, Number: int32(n)}
		p := task.NewPartition(brook.Partition{Topic: Topic, Number: id.Number, Log: "log"},
			r.BlockedOf(id), 0)
		p.New = true
		all = append(all, p)
	}
	tk.SetPartitions(all)
	r.TasksMu.Lock()
	defer r.TasksMu.Unlock()
	r.Tasks = append(r.Tasks, tk)
	return tk
}

// Append appends events to what was read of a partition, each as "key value".
func Append(p *task.Partition, events ...string) {
	chunk := brook.Chunk{Next: p.Ahead() + int64(len(events))}
	chunk.End = chunk.Next
	for i, event := range events {
		k, value, _ := strings.Cut(event, " ")
		chunk.Records = append(chunk.Records, brook.Record{
			Topic: Topic, Partition: p.ID.Number, Offset: p.Ahead() + int64(i),
			Key: []byte(k), Value: []byte(value),
		})
	}
	p.Append(chunk)
}

// Fold has a task fold until nothing is left that it may fold.
func (r *Rig) Fold(tk *task.Task) error {
	r.t.Helper()
	for range 1000 {
		if p, wait := tk.Next(); p == nil && wait == 0 {
			return nil
		}
		if err := tk.Fold(r.t.Context(), r.t.Context()); err != nil {
			return err
		}
	}
	return errors.New("it does not end")
}

// Rows returns the rows of the live views, as "row:count".
func (r *Rig) Rows() string {
	r.t.Helper()
	var all []string
	for row, err := range r.Reader.Scan(r.t.Context(), r.Catalog.Live().Tables[0], nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		k, _ := key.DecodeString[string](row.Key)
		all = append(all, fmt.Sprintf("%s:%d", k, *row.Value.Data.(*int)))
	}
	return strings.Join(all, " ")
}

// Stored returns the letters of the live views.
func (r *Rig) Stored() (all []deadletter.Letter) {
	r.t.Helper()
	for row, err := range r.Reader.Scan(r.t.Context(), r.Catalog.Live().Letters, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Reported returns what hooks were told.
func (r *Rig) Reported() ([]brook.Commit, []brook.DeadLetter, []brook.Failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commits), slices.Clone(r.letters), slices.Clone(r.failures)
}

// bare is an envelope in which all records are events of type put. It refuses to wrap what is
// refused.
type bare struct{}

// Wrap makes the data the record's value.
func (bare) Wrap(m *brook.Message, r *brook.Record) error {
	if string(m.Data) == "refused" {
		return errors.New("it is refused")
	}
	r.Value = m.Data
	return nil
}

// Open makes the record's value the data.
func (bare) Open(r *brook.Record, m *brook.Message) error {
	*m = brook.Message{Type: put.Type, Data: r.Value, Keyed: true}
	return nil
}
