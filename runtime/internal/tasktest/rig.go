// Package tasktest is what the tasks of an app have in common, without an app: for tests of the
// rooms that make tasks, run them, or change views beside them. Only tests use it.
package tasktest

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
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// did is an event whose data is a text, and told is one that its handlers emit.
var did, told = textEvent("did"), textEvent("told")

// rows is what handlers may write, and do not: what a rebuild makes of rows is tested with apps.
var rows = &typed.Collection[string, int]{
	Name: "rows", Shape: "string", AppendKey: key.AppendString[string],
	DecodeKey: func(b []byte) (string, error) { return string(b), nil },
}

func textEvent(typ string) *brook.EventDef {
	return typed.Event[string]{
		Type: typ,
		Append: func(dst []byte, s *string) ([]byte, error) {
			return append(dst, `"`+*s+`"`...), nil
		},
		Decode: func(b []byte) (string, error) { return strings.Trim(string(b), `"`), nil },
	}.Def()
}

// Rig is the parts of an app with two handler sets, a and b, of the event "did". Each set emits
// "told" with its name and what it handled, as "a x". Its one topic, "in", has one partition, if the driver is
// not another one. The fields are set while nothing runs; the methods may be called at any time.
type Rig struct {
	*task.Set
	Driver   *memdriver.Driver
	Fails    map[string]error  // of handlers, by "set data"
	Handling map[string]func() // called once when a handler runs, by "set data"
	Effect   brook.Effect      // of each handler that does not fail; nil: none
	// Taken and Reload are what the catalog calls its owner for; nil: nothing is loaded.
	Taken  func(context.Context) error
	Reload func(context.Context, *generation.Generation) (func(), error)

	mu       sync.Mutex
	failures []brook.Failure
	log      strings.Builder
}

// New returns a rig that is open. change may be nil.
func New(t *testing.T, change func(*brook.Config, *delivery.Definition)) *Rig {
	t.Helper()
	r := Closed(t, change)
	if err := errors.Join(r.Publisher.Open(t.Context()), r.Catalog.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	return r
}

// Closed returns a rig that has read nothing of the store yet.
func Closed(t *testing.T, change func(*brook.Config, *delivery.Definition)) *Rig {
	t.Helper()
	r := &Rig{Fails: map[string]error{}, Handling: map[string]func(){}}
	config := &brook.Config{
		Name: "shop", Author: "shop", Topic: "in", Driver: memdriver.New(), Store: mapstore.New(),
		Envelope: brook.CloudEvents{}, OnFailure: brook.Wait, OnStale: brook.Fail,
		OnRetention: brook.Fail, MaxDeadLetters: 100, MaxOutbox: 100, BatchSize: 10,
		ShutdownTimeout: time.Second,
		Retry:           brook.Retry{Attempts: 1, Min: time.Millisecond, Max: time.Second},
	}
	def := &delivery.Definition{
		Sets: []string{"a", "b"}, Events: []*brook.EventDef{did, told}, Lane: r.lane,
		Collections: []*brook.Collection{rows.Def()},
		Handlers: []plan.Handler{
			{Set: 0, Name: "Did", Event: did.Type, Writes: []int{0}, Acts: true, Proved: true},
			{Set: 1, Name: "Did", Event: did.Type, Writes: []int{0}, Acts: true, Proved: true},
		},
	}
	if change != nil {
		change(config, def)
	}
	r.Driver, _ = config.Driver.(*memdriver.Driver)
	life := lifetime.New(t.Context(), config.ShutdownTimeout)
	t.Cleanup(life.End)
	reporter := report.New(config.Name, slog.New(slog.NewTextHandler(r, nil)), brook.Hooks{Failure: func(f brook.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failures = append(r.failures, f)
	}})
	s := &task.Set{
		Parts: processor.Parts{
			Config: config, Def: def, Reader: config.Store.Latest(), Outbox: outbox.New(),
			Code: plan.New("in", def.Sets, def.Handlers, nil, def.Collections, def.Events),
		},
		Store: config.Store, Hub: watch.NewHub(), Progress: input.NewProgress(), Report: reporter,
		Retry: &retry.Loop{Policy: config.Retry, Report: reporter}, Life: life,
		Blocked: map[partition.ID]*deadletter.Blocked{}, IDs: ids.New(),
		Lock: &quiesce.Lock{},
	}
	r.Set = s
	s.Catalog = catalog.New(catalog.Parts{
		Config: config, Code: s.Code, Collections: def.Collections, Reader: s.Reader, IDs: s.IDs,
		Life: life, Lock: s.Lock, Retry: s.Retry,
		Owner: catalog.Owner{
			Taken: func(ctx context.Context) error {
				if r.Taken == nil {
					return nil
				}
				return r.Taken(ctx)
			},
			Renewed: func(bool) {},
			Shown:   func(bool) {}, Installed: s.Installed, Positions: s.Progress.All,
			Reload: func(ctx context.Context, g *generation.Generation) (func(), error) {
				if r.Reload == nil {
					return func() {}, nil
				}
				return r.Reload(ctx, g)
			},
		},
	})
	s.Publisher = &publisher.Publisher{
		Config: config, Code: s.Code, Catalog: s.Catalog, Store: s.Store, Reader: s.Reader,
		Lock: s.Lock, Ids: s.IDs, Report: reporter, Retry: s.Retry, Outbox: s.Outbox,
		Targets: placement.NewTargets(config.Driver),
	}
	s.Effects = &effects.Runner{Policy: config.Retry, Report: reporter}
	s.Letters = &letters.Reader{
		Config: config, Sets: def.Sets, Catalog: s.Catalog, Reader: s.Reader, Retry: s.Retry,
	}
	s.Emissions = &emission.Maker{
		Config: config, Code: s.Code, Sets: def.Sets, IDs: s.IDs, Reader: s.Reader,
		Publisher: s.Publisher,
	}
	return r
}

// lane calls the handlers of both sets. A handler emits what it handled, unless fails has an error
// for it.
func (r *Rig) lane(*txn.Tx) func(*delivery.Delivery) {
	return func(m *delivery.Delivery) {
		if m.Type() != r.Def.Handlers[0].Event {
			return
		}
		m.Known = true
		var data string
		_ = did.Decode(m.Message.Data, &data)
		if !m.Started(did.Info()) {
			return
		}
		for set, name := range r.Def.Sets {
			m.Handle(set, func(context.Context) error {
				what := name + " " + data
				if do := r.Handling[what]; do != nil {
					delete(r.Handling, what)
					do()
				}
				if err := r.Fails[what]; err != nil {
					return err
				}
				m.After(r.Effect)
				e := delivery.Emission{Set: set}
				brook.Encode(&e.Out, told, &what)
				m.Emissions = append(m.Emissions, e)
				return nil
			})
		}
	}
}

// Publish appends events "did" to the log.
func (r *Rig) Publish(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		var out brook.Outbound
		brook.Encode(&out, did, &text)
		records := make([]brook.Record, 1)
		if err := r.Emissions.Wrap(&out, &records[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Driver.Publish(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
}

// Fold folds the log from its start into the live views, which are new.
func (r *Rig) Fold(t *testing.T) {
	t.Helper()
	partitions, err := r.Set.Partitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	live := r.NewTask(r.Catalog.Live(), r.Live())
	reader := r.Input(nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []*task.Partition
	for _, p := range partitions {
		f := task.NewPartition(p, r.BlockedOf(partition.ID{Topic: p.Topic, Number: p.Number}), 0)
		f.New = true
		f.EndAt(p.End)
		all = append(all, f)
		at := f.Bookmark()
		go reader.Read(ctx, f.Queue, at, live.Chunks)
	}
	live.SetPartitions(all)
	if err := live.Run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Tasks = []*task.Task{live}
}

// DeadLetters returns the dead letters of the live views, in the order of the store.
func (r *Rig) DeadLetters(t *testing.T) (all []deadletter.Letter) {
	t.Helper()
	for row, err := range r.Reader.Scan(t.Context(), r.Catalog.Live().Letters, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Lettered returns the dead letters of the live views as "offset set attempts", with commas.
func (r *Rig) Lettered(t *testing.T) string {
	t.Helper()
	var all []string
	for _, l := range r.DeadLetters(t) {
		all = append(all, fmt.Sprintf("%d %s %d", l.Position.Offset, l.Set, l.Attempts))
	}
	return strings.Join(all, ", ")
}

// Told returns the texts of the events "told" in the log, in order.
func (r *Rig) Told(t *testing.T) (texts []string) {
	t.Helper()
	partitions, err := r.Driver.Partitions(t.Context(), "in")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		reader, err := r.Driver.Open(t.Context(), partition.ID{Topic: p.Topic, Number: p.Number}.At(p.Start))
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		for at := p.Start; at < p.End; {
			chunk, err := reader.Read(t.Context(), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			for i := range chunk.Records {
				var m brook.Message
				if err := r.Config.Envelope.Open(&chunk.Records[i], &m); err != nil {
					t.Fatal(err)
				}
				var text string
				if _ = told.Decode(m.Data, &text); m.Type == told.Type {
					texts = append(texts, text)
				}
			}
			at = chunk.Next
		}
	}
	return texts
}

// Failures returns what was reported so far.
func (r *Rig) Failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

// Log returns what was logged so far.
func (r *Rig) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Write adds to the log.
func (r *Rig) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(line)
}
