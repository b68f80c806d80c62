package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/follow"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/reads"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// App is the running part of a package of event handlers: it reads the log, folds the events into the views and
// publishes what handlers emit. Generated code embeds it. Its methods are safe for concurrent use.
type App struct {
	tasks     *task.Set
	filler    *backfill.Filler
	effects   *effects.Runner
	publisher *publisher.Publisher
	catalog   *catalog.Catalog
	config    brook.Config
	def       *delivery.Definition
	code      *plan.Code
	store     brook.Store
	reader    brook.Reader
	ids       *ids.Source
	bare      bool // the envelope takes anything for a payload

	ctx    context.Context // ends at Close, with ErrClosed as its cause
	cancel context.CancelFunc
	report *report.Reporter
	retry  *retry.Loop
	done   chan struct{} // closed by Close
	closed atomic.Bool

	owing      atomic.Bool // the live generation may hold emissions that are to go to the outbox
	refused    atomic.Bool // a rebuild was refused, and none is tried again by itself
	progress   *input.Progress
	outbox     *outbox.Outbox
	hub        *watch.Hub
	views      *reads.Live
	follower   *follow.Follower
	background sync.WaitGroup // ends after ctx
	broken     chan error     // what ends Run from beside it

	// gate is held for reading by whoever folds events into the live views, batch by batch, and
	// for writing by whoever needs all lanes at rest.
	lock *quiesce.Lock

	running   quiesce.Mutex // of Run
	rebuildMu quiesce.Mutex // of a rebuild
}

// NewApp opens the views of a package in a store. Generated code uses it.
//
// Errors of the configuration wrap [ErrConfig]; all of them are reported at once.
func NewApp(config brook.Config, def *delivery.Definition) (*App, error) {
	config, err := withDefaults(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	reporter := report.New(config.Name, config.Log, config.Hooks)
	a := &App{
		config: config, def: def, code: plan.New(config.Topic, def.Sets, def.Handlers, def.Discards, def.Collections, def.Events),
		report: reporter, retry: &retry.Loop{Policy: config.Retry, Report: reporter}, bare: delivery.IsBare(config.Envelope),
		ctx: ctx, cancel: func() { cancel(brook.ErrClosed) }, done: make(chan struct{}), broken: make(chan error, 1),
		running: quiesce.NewMutex(), rebuildMu: quiesce.NewMutex(),
		outbox:   outbox.New(),
		progress: input.NewProgress(), hub: watch.NewHub(),
	}
	a.tasks = &task.Set{
		Config: &a.config, Def: def, Code: a.code, Bare: delivery.IsBare(config.Envelope), Outbox: a.outbox, Hub: a.hub, Progress: a.progress,
		Report: reporter, Retry: a.retry, Ctx: ctx, Blocked: map[partition.ID]*deadletter.Blocked{},
	}
	a.store, a.reader, a.ids, a.lock = config.Store, config.Store.Latest(), ids.New(), &quiesce.Lock{}
	a.catalog = catalog.New(ctx, catalog.Parts{
		Config: &a.config, Code: a.code, Collections: def.Collections, Reader: a.reader, IDs: a.ids, Lock: a.lock, Retry: a.retry,
		Owner: catalog.Owner{
			Taken: a.afterOthers, Renewed: func(other bool) { a.follower.Renewed(other) }, Shown: a.shownOther, Installed: a.tasks.Installed,
			Reload: a.prepareReload, Positions: a.progress.All,
		},
	})
	a.publisher = &publisher.Publisher{
		Config: &a.config, Code: a.code, Catalog: a.catalog, Store: a.store, Reader: a.reader, Gate: a.lock, Ids: a.ids, Report: reporter, Retry: a.retry,
		Outbox: a.outbox, Targets: outbox.NewTargets(config.Driver),
		On: publisher.Owner{Adopt: a.adoptOwed, Refused: a.tasks.EmissionRefused, Doubt: a.tasks.Doubt, Wake: a.tasks.WakeTasks, Broke: a.broke},
	}
	a.views = reads.NewLive(context.Background(), reads.Parts{Catalog: a.catalog, Store: a.store, Reader: a.reader, Layout: a.code.Layout, Hub: a.hub})
	a.follower = follow.New(follow.Parts{
		Catalog: a.catalog, Publisher: a.publisher, Outbox: a.outbox, Progress: a.progress, Hub: a.hub, Store: a.store, Reader: a.reader,
		Rows: a.code.Layout.Rows, Report: reporter, Retry: a.retry, Wake: a.tasks.WakeTasks, Broke: a.broke,
	})
	a.filler = &backfill.Filler{
		Catalog: a.catalog, Collections: def.Collections, Layout: a.code.Layout, Store: a.store, Reader: a.reader, IDs: a.ids,
		Lock: a.lock, Report: reporter, Policy: config.Retry, Filled: a.tasks.WakeTasks,
	}
	a.effects = &effects.Runner{Policy: config.Retry, Report: reporter, App: a}
	s := a.tasks
	s.Catalog, s.Store, s.Reader, s.IDs, s.Lock, s.Publisher, s.Effects = a.catalog, a.store, a.reader, a.ids, a.lock, a.publisher, a.effects
	s.Letters = &letters.Reader{
		Config: &a.config, Sets: def.Sets, Catalog: a.catalog, Reader: a.reader, Retry: a.retry,
	}
	s.Emissions = &emission.Maker{
		Config: &a.config, Code: a.code, Sets: def.Sets, IDs: a.ids, Reader: a.reader, Publisher: a.publisher,
	}
	if config.Group {
		if err := a.divisible(); err != nil {
			a.cancel()
			return nil, err
		}
	}
	if err := a.load(ctx); err != nil {
		a.cancel()
		return nil, fmt.Errorf("brook: open %s: %w", config.Name, err)
	}
	a.follower.Run(ctx, &a.background)
	a.background.Go(a.catalog.RemoveObsolete)
	return a, nil
}

// load opens what the store holds of the app.
func (a *App) load(ctx context.Context) error {
	defer a.report.Slow("reading positions, dead letters and emissions from the store")()
	if err := a.publisher.Open(ctx); err != nil {
		return err
	}
	if err := a.catalog.Open(ctx); err != nil {
		return err
	}
	live := a.catalog.Live()
	standings, err := a.catalog.Standings(ctx, a.reader, live)
	if err != nil {
		return err
	}
	for id, s := range standings {
		a.progress.Advance(id, s.Next)
	}
	if a.tasks.Blocked, err = a.tasks.Letters.Blocked(ctx, live); err != nil {
		return err
	}
	if !a.catalog.Fenced() { // else that is for who holds the lease, or has the partition
		if err := a.publisher.Load(ctx, everyPartition); err != nil {
			return err
		}
	}
	a.tasks.Exclusive = a.tasks.NewTask(live, task.Live{Set: a.tasks})
	if err := a.tasks.ReadAlone(ctx); err != nil {
		return err
	}
	a.noteOwed()
	return nil
}

func now() time.Time { return time.Now().UTC() }
