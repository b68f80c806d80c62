package publisher_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

var errAway = errors.New("away")

// broker is a driver that notes what it is called for, in order.
type broker struct {
	brook.Driver
	mu      sync.Mutex
	calls   []string
	fails   map[string]error // what publishing to a topic fails with
	marking error            // what Mark fails with
}

func (b *broker) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	errs := make([]error, len(records))
	failed := false
	for i, r := range records {
		if errs[i] = b.fails[r.Topic]; errs[i] != nil {
			failed = true
			continue
		}
		b.calls = append(b.calls, fmt.Sprintf("%s:%s", r.Topic, r.Value))
	}
	positions := make([]brook.Position, len(records))
	if failed {
		return positions, &brook.PublishError{Errs: errs}
	}
	return positions, nil
}

func (b *broker) Mark(_ context.Context, _ string, positions []brook.Position) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.marking != nil {
		return b.marking
	}
	for _, p := range positions {
		b.calls = append(b.calls, fmt.Sprintf("mark:%d", p.Offset))
	}
	return nil
}

func (b *broker) Marks(context.Context, string) ([]brook.Position, error) { return nil, nil }

// took returns what the broker took since it was asked last.
func (b *broker) took() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := strings.Join(b.calls, " ")
	b.calls = nil
	return calls
}

// placer is a broker that lets partitions be chosen.
type placer struct {
	*broker
	unknown error // what Place fails with
}

func (p *placer) Place(context.Context, string, []byte) (int32, error) { return 3, p.unknown }

// disk is what several processes share.
type disk struct {
	*mapstore.Store
	mu sync.Mutex // of commits
}

// store is a process's store over a disk. It checks values, if it is fenced.
type store struct {
	brook.Store
	disk    *disk
	fenced  bool
	durable bool
	down    atomic.Value             // an outcome: what all commits and reads fail with
	commit  func(*brook.Batch) error // nil: all succeed
	after   func() error             // what a commit that was done returns
}

// outcome is an error that may be nil.
type outcome struct{ error }

// fail makes all commits and reads fail with err, if it is not nil.
func (s *store) fail(err error) { s.down.Store(outcome{err}) }

// failing returns what fail was called with.
func (s *store) failing() error {
	o, _ := s.down.Load().(outcome)
	return o.error
}

func (s *store) Fenced() bool  { return s.fenced }
func (s *store) Durable() bool { return s.durable }

func (s *store) Commit(ctx context.Context, b *brook.Batch) error {
	if err := s.failing(); err != nil {
		return err
	}
	if s.commit != nil {
		if err := s.commit(b); err != nil {
			return err
		}
	}
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	for _, c := range b.Checks {
		v, err := s.disk.Latest().Get(ctx, c.Table, c.Key)
		there := err == nil
		if c.Value == nil && c.Version == 0 && there ||
			c.Value != nil && (!there || !bytes.Equal(v.Data.([]byte), c.Value)) {
			return brook.ErrConflict
		}
	}
	if err := s.disk.Commit(ctx, &brook.Batch{Writes: b.Writes}); err != nil || s.after == nil {
		return err
	}
	return s.after()
}

// reader is a store's reader.
type reader struct {
	brook.Reader
	store *store
}

func (r reader) Get(ctx context.Context, t brook.Table, k []byte) (brook.Value, error) {
	if err := r.store.failing(); err != nil {
		return brook.Value{}, err
	}
	return r.Reader.Get(ctx, t, k)
}

// rig is the publisher of one process.
type rig struct {
	*publisher.Publisher
	t      *testing.T
	store  *store
	broker *broker
	ids    *ids.Source

	mu       sync.Mutex
	reported []brook.Failure
	letters  []brook.DeadLetter
	refused  []partition.ID
	broke    []error
	log      strings.Builder
}

// failures returns what was reported as failed.
func (r *rig) failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reported)
}

// told returns what Owner.Broke was called with.
func (r *rig) told() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.broke)
}

// text returns the log.
func (r *rig) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Write writes to the log.
func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func newDisk() *disk { return &disk{Store: mapstore.New()} }

var soon = brook.Retry{Attempts: 5, Min: time.Second, Max: 8 * time.Second}

// newRig returns a publisher over a disk. adapt, if it is not nil, may change store and config.
func newRig(t *testing.T, d *disk, adapt func(*store, *brook.Config)) *rig {
	t.Helper()
	b := &broker{fails: map[string]error{}}
	s := &store{Store: d.Store, disk: d, durable: true}
	config := &brook.Config{Name: "shop", Driver: b, Store: s, Retry: soon,
		ShutdownTimeout: time.Minute}
	if adapt != nil {
		adapt(s, config)
	}
	r := &rig{t: t, store: s, broker: b, ids: ids.New()}
	note := func(do func()) {
		r.mu.Lock()
		defer r.mu.Unlock()
		do()
	}
	rep := report.New("shop", slog.New(slog.NewTextHandler(r, nil)), brook.Hooks{
		Failure:    func(f brook.Failure) { note(func() { r.reported = append(r.reported, f) }) },
		DeadLetter: func(l brook.DeadLetter) { note(func() { r.letters = append(r.letters, l) }) },
	})
	code := plan.New("in", []string{"Set"},
		[]plan.Handler{{Name: "Made", Event: "made", Acts: true}}, nil, nil, nil)
	loop := &retry.Loop{Policy: config.Retry, Report: rep}
	lock := &quiesce.Lock{}
	read := reader{s.Latest(), s}
	cat := catalog.New(catalog.Parts{
		Life:   lifetime.New(t.Context(), config.ShutdownTimeout),
		Config: config, Code: code, Reader: read, IDs: r.ids, Lock: lock, Retry: loop,
		Owner: catalog.Owner{
			Taken: func(context.Context) error { return nil }, Renewed: func(bool) {},
			Shown:     func(bool) {},
			Installed: func(*generation.Generation) {},
			Positions: func() map[partition.ID]int64 { return nil },
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	if err := cat.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Publisher = &publisher.Publisher{
		Valve:  &quiesce.Valve{},
		Config: config, Code: code, Catalog: cat, Store: s, Reader: read, Lock: lock, Ids: r.ids,
		Report: rep, Retry: loop,
		Outbox: outbox.New(), Destinations: placement.NewDestinations(config.Driver),
		On: publisher.Owner{
			Adopt:   func(context.Context) error { return nil },
			Refused: func(id partition.ID) { note(func() { r.refused = append(r.refused, id) }) },
			Doubt:   func(error) {}, Wake: func() {},
			Broke: func(err error) { note(func() { r.broke = append(r.broke, err) }) },
		},
	}
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// in is the partition whose events emit.
var in = partition.ID{Topic: "in"}

// emit commits what one event emits: a record to each topic.
func (r *rig) emit(offset int64, topics ...string) {
	r.t.Helper()
	var items []*outbox.Item
	var writes []brook.Write
	for n, topic := range topics {
		at := in.At(offset)
		item := &outbox.Item{
			Position: at, ID: fmt.Sprint("event-", offset), Type: "sent", Set: "Set", Ordinal: n,
			Key: outbox.ItemKey(at, "", 0, 0, n),
			Record: brook.Record{Topic: topic, Placed: !r.Destinations.Places(),
				Value: fmt.Append(nil, offset)},
		}
		items = append(items, item)
		writes = append(writes, item.Write(r.OutboxTable))
	}
	stands := partition.Stored{Next: offset + 1}
	writes = append(writes, brook.Write{Table: r.Catalog.Live().
		Positions, Key: in.AppendKey(nil), Value: stands.Encode()})
	if err := r.store.disk.Commit(r.t.Context(), &brook.Batch{Writes: writes}); err != nil {
		r.t.Fatal(err)
	}
	r.Outbox.Committed(items, nil, []brook.Position{in.At(offset + 1)},
		[]brook.Position{in.At(offset)}, r.KeepsCheckpoints())
}

// publish tries once what there is.
func (r *rig) publish(all bool) {
	r.t.Helper()
	if _, err := r.PublishOnce(r.t.Context(), all); err != nil {
		r.t.Errorf("publish: %v", err)
	}
}

// stored returns the topics of the emissions that the store has, in order, with their offsets.
func (r *rig) stored() string {
	r.t.Helper()
	var all []string
	for row, err := range r.store.disk.Latest().Scan(r.t.Context(), r.OutboxTable, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s:%d", item.Record.Topic, item.Position.Offset))
	}
	return strings.Join(all, " ")
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// count returns how many rows a table has.
func (r *rig) count(table brook.Table) (n int) {
	r.t.Helper()
	for _, err := range r.store.disk.Latest().Scan(r.t.Context(), table, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		n++
	}
	return n
}
