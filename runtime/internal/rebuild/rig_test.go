package rebuild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// rig is what the tasks of an app with two handler sets, a and b, have in common. Its one topic has
// one partition. There is no app: follow makes the live views follow the log. Only the goroutine of
// the test uses it, except mu and what follows it.
type rig struct {
	*task.Set
	driver   *memdriver.Driver
	fails    map[string]error  // of handlers, by "set data"
	handling map[string]func() // called once when a handler runs, by "set data"
	promoted int

	mu       sync.Mutex
	failures []brook.Failure
}

func newRig(t *testing.T, change func(*brook.Config)) *rig {
	t.Helper()
	return openRig(t, func(c *brook.Config, _ *delivery.Definition) {
		if change != nil {
			change(c)
		}
	})
}

// openRig is newRig for a change of the code, too.
func openRig(t *testing.T, change func(*brook.Config, *delivery.Definition)) *rig {
	t.Helper()
	r := &rig{fails: map[string]error{},
		handling: map[string]func(){}}
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
	change(config, def)
	r.driver = config.Driver.(*memdriver.Driver)
	life := lifetime.New(t.Context(), config.ShutdownTimeout)
	t.Cleanup(life.End)
	reporter := report.New("shop", slog.New(slog.DiscardHandler), brook.Hooks{
		Failure: func(f brook.Failure) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failures = append(r.failures, f)
		},
	})
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
	if err := errors.Join(s.Publisher.Open(t.Context()), s.Catalog.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	return r
}

// lane calls the handlers of both sets. A handler emits what it handled, unless fails has an error
// for it.
func (r *rig) lane(*txn.Tx) func(*delivery.Delivery) {
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
				if do := r.handling[what]; do != nil {
					delete(r.handling, what)
					do()
				}
				if err := r.fails[what]; err != nil {
					return err
				}
				e := delivery.Emission{Set: set}
				brook.Encode(&e.Out, told, &what)
				m.Emissions = append(m.Emissions, e)
				return nil
			})
		}
	}
}

// publish appends events to the log.
func (r *rig) publish(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		var out brook.Outbound
		brook.Encode(&out, did, &text)
		records := make([]brook.Record, 1)
		if err := r.Emissions.Wrap(&out, &records[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := r.driver.Publish(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
}

// follow folds the log from its start into the live views, which are new.
func (r *rig) follow(t *testing.T) {
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

// drop drops the live letter of an event for a set.
func (r *rig) drop(t *testing.T, offset int64, set string) {
	t.Helper()
	r.remove(t, offset, set, func(l *deadletter.Letter) []brook.Write {
		return l.WriteDropped(r.Catalog.Live().Dropped)
	})
}

// forget removes the live letter of an event for a set, as redriving it does.
func (r *rig) forget(t *testing.T, offset int64, set string) {
	t.Helper()
	r.remove(t, offset, set, func(*deadletter.Letter) []brook.Write { return nil })
}

func (r *rig) remove(
	t *testing.T, offset int64, set string, also func(*deadletter.Letter) []brook.Write,
) {
	t.Helper()
	live := r.Catalog.Live()
	for _, l := range r.letters(t, live) {
		if l.Position.Offset != offset || l.Set != set {
			continue
		}
		writes := append(also(&l),
			brook.Write{Table: live.Letters, Key: l.AppendKey(nil), Op: brook.Remove})
		if err := r.Store.Commit(t.Context(), &brook.Batch{Writes: writes}); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("there is no letter of %s at %d", set, offset)
}

func (r *rig) letters(t *testing.T, g *generation.Generation) (all []deadletter.Letter) {
	t.Helper()
	for row, err := range r.Reader.Scan(t.Context(), g.Letters, nil, nil) {
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

// put returns what the live generation has of letters, owed emissions and notes of dropped letters:
// "offset set", with a minus behind letters of events that were acted on.
func (r *rig) put(t *testing.T) (letters, owed, dropped string) {
	t.Helper()
	g := r.Catalog.Live()
	at := func(p brook.Position, set, mark string) string {
		return fmt.Sprintf("%d %s%s ", p.Offset, set, mark)
	}
	for _, l := range r.letters(t, g) {
		mark := ""
		if l.Silent {
			mark = "-"
		}
		letters += at(l.Position, l.Set, mark)
	}
	for row, err := range r.Reader.Scan(t.Context(), g.Owed, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			t.Fatal(err)
		}
		owed += at(item.Position, item.Set, "")
	}
	for row, err := range r.Reader.Scan(t.Context(), g.Dropped, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			t.Fatal(err)
		}
		dropped += at(d.Position, d.Set, "")
	}
	return strings.TrimSpace(letters), strings.TrimSpace(owed), strings.TrimSpace(dropped)
}

// rebuild makes a rebuild and runs it.
func (r *rig) rebuild(t *testing.T, options ...brook.RebuildOption) (*Rebuild, error) {
	t.Helper()
	b := New(r.Set, func() { r.promoted++ }, options...)
	return b, b.Run(t.Context())
}
