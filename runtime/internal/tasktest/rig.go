// Package tasktest is what the tasks of an app have in common, without an app: for tests of the
// rooms that make tasks, run them, or change views beside them. Only tests use it.
//
// Its code has two handler sets, S and T, of two types of events. "did" has no key, and each of its
// handlers emits "told" with its set and what it handled, as "S x"; Publish appends it to a log.
// "put" is the event of a key, and each handler counts it in a row of the key and its set, as "aS";
// Append gives it to a task, without a log. A test says if a handler is to do something else.
package tasktest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/watch"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Topic is the only topic, and In its first partition. It has one, if the driver is not another.
const Topic = "in"

// In is the first partition of the topic.
var In = partition.ID{Topic: Topic}

// Rig is the parts of an app. Its fields are set while nothing runs; what was logged and reported
// is guarded by mu and may be read at any time.
type Rig struct {
	*task.Set
	Driver *memdriver.Driver // nil if it is another, or none
	Disk   *Store            // nil if it is another

	// Do is what a handler does, by "set data"; what it has nothing for is done as ever. Fails has
	// the errors of handlers that are not to get to that, and Handling what is called before, once.
	Do       map[string]func(*delivery.Delivery) error
	Fails    map[string]error
	Handling map[string]func()
	Effect   brook.Effect // of each handler of "did" that does not fail; nil: none
	// Taken and Reload are what the catalog calls its owner for; nil: nothing is loaded.
	Taken  func(context.Context) error
	Reload func(context.Context, *generation.Generation) (func(), error)

	t        testing.TB
	mu       sync.Mutex
	failures []brook.Failure
	letters  []brook.DeadLetter
	commits  []brook.Commit
	log      strings.Builder
}

// New returns a rig that is open. change changes the configuration and the code, unless it is nil.
func New(t testing.TB, change func(*brook.Config, *delivery.Definition)) *Rig {
	t.Helper()
	r := Closed(t, change)
	if err := errors.Join(r.Publisher.Open(t.Context()), r.Catalog.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	return r
}

// Claimed returns a rig without a log that has claimed the store, as an app has that folds. change
// may be nil.
func Claimed(t testing.TB, store *Store, change func(*brook.Config)) *Rig {
	t.Helper()
	r := New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store, c.Driver = store, nil
		c.Retry = brook.Retry{Attempts: 3, Min: time.Nanosecond, Max: time.Nanosecond}
		if change != nil {
			change(c)
		}
	})
	ctx := t.Context()
	blocked, err := r.Letters.Blocked(ctx, r.Catalog.Live())
	if err = errors.Join(err, r.Catalog.Claim.Take(ctx), r.ReadExclusiveMark(ctx)); err != nil {
		t.Fatal(err)
	}
	r.Blocked.Replace(blocked)
	return r
}

// Closed returns a rig that has read nothing of the store yet. change may be nil.
func Closed(t testing.TB, change func(*brook.Config, *delivery.Definition)) *Rig {
	t.Helper()
	r := &Rig{
		Do: map[string]func(*delivery.Delivery) error{}, Fails: map[string]error{},
		Handling: map[string]func(){}, t: t,
	}
	config := &brook.Config{
		Name: "shop", Author: "shop", Topic: Topic, Driver: memdriver.New(), Store: NewStore(false),
		Envelope: envelope{}, OnFailure: brook.Wait, OnStale: brook.Fail,
		OnRetention: brook.Fail, MaxDeadLetters: 100, MaxOutbox: 100, BatchSize: 10,
		MaxParked: 100, Patience: time.Hour,
		ShutdownTimeout: time.Second, Hooks: r.hooks(),
		Retry: brook.Retry{Attempts: 1, Min: time.Millisecond, Max: time.Second},
	}
	def := r.definition()
	if change != nil {
		change(config, def)
	}
	r.Driver, _ = config.Driver.(*memdriver.Driver)
	r.Disk, _ = config.Store.(*Store)
	r.assemble(config, def)
	return r
}

// assemble makes the parts.
func (r *Rig) assemble(config *brook.Config, def *delivery.Definition) {
	life := lifetime.New(r.t.Context(), config.ShutdownTimeout)
	r.t.Cleanup(life.End)
	reporter := report.New(config.Name, slog.New(slog.NewTextHandler(r, nil)), config.Hooks)
	s := &task.Set{
		Parts: processor.Parts{
			Config: config, Def: def, Reader: config.Store.Latest(), Outbox: outbox.New(),
			Code: plan.New(Topic, def.Sets, def.Coded(), nil, def.Collections, def.Events),
		},
		Store: config.Store, Hub: watch.NewHub(), Progress: input.NewProgress(), Report: reporter,
		Retry: &retry.Loop{Policy: config.Retry, Report: reporter}, Life: life,
		IDs: ids.New(), Lock: &quiesce.Lock{},
		Effects: &effects.Executor{Policy: config.Retry, Report: reporter},
	}
	r.Set = s
	s.Places = parked.NewPlaces(s.Code.Layout)
	s.Parked = parked.NewEvents(s.Places, def.Sets)
	s.Catalog = catalog.New(catalog.Parts{
		Config: config, Code: s.Code, Collections: def.Collections, Reader: s.Reader, IDs: s.IDs,
		Life: life, Lock: s.Lock, Retry: s.Retry, Owner: r.owner(),
	})
	s.Publisher = &publisher.Publisher{
		Valve:  &s.Valve,
		Config: config, Code: s.Code, Catalog: s.Catalog, Store: s.Store, Reader: s.Reader,
		Lock: s.Lock, Ids: s.IDs, Report: reporter, Retry: s.Retry, Outbox: s.Outbox,
		Destinations: placement.NewDestinations(config.Driver),
	}
	s.Letters = &letters.Reader{
		Config: config, Sets: def.Sets, Catalog: s.Catalog, Reader: s.Reader, Retry: s.Retry,
	}
	s.Emissions = &emission.Maker{
		Config: config, Code: s.Code, Sets: def.Sets, IDs: s.IDs, Reader: s.Reader,
		Publisher: s.Publisher,
	}
}

// owner is whom the catalog calls.
func (r *Rig) owner() catalog.Owner {
	return catalog.Owner{
		Taken: func(ctx context.Context) error {
			if r.Taken == nil {
				return nil
			}
			return r.Taken(ctx)
		},
		Reload: func(ctx context.Context, g *generation.Generation) (func(), error) {
			if r.Reload == nil {
				return func() {}, nil
			}
			return r.Reload(ctx, g)
		},
		Renewed: func(bool) {}, Shown: func(bool) {}, Installed: r.Installed,
		Positions: r.Progress.All,
	}
}
