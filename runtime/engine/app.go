package engine

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/follow"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/reads"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/resume"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/runner"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/status"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/timers"
	"github.com/brookgen/brookgen/runtime/internal/watch"
	"github.com/brookgen/brookgen/runtime/internal/workers"
)

// App is the running part of a package of event handlers: it reads the log, folds the events into
// the views and publishes what handlers emit. Generated code embeds it. Its methods are safe for
// concurrent use.
type App struct {
	config  brook.Config // with defaults
	code    *plan.Code
	life    *life
	catalog *catalog.Catalog
	tasks   *task.Set // and what they run on
	filler  *backfill.Filler

	views    *reads.Live
	fatal    runner.Fatal
	memory   *recovery.Memory
	identity *resume.Identity
	calls    *control.Calls
	owed     *control.Owed
	letters  control.Letters
	timers   *control.Timers
	stale    *stale.Views
	workers  *workers.Workers // nil: the code has none
	status   *status.Reader
}

// NewApp opens the views of a package in a store. Errors of the configuration wrap
// [brook.ErrConfig]; all of them are reported at once. The caller calls Close in the end, also if
// it never calls Run. Generated code uses it.
func NewApp(config brook.Config, def *delivery.Definition) (*App, error) {
	config, err := withDefaults(config)
	if err != nil {
		return nil, err
	}
	a := &App{
		config: config, life: newLife(config.ShutdownTimeout), fatal: runner.NewFatal(),
		code: plan.New(config.Topic, def.Sets, def.Coded(), def.Discards, def.Collections,
			def.Events),
	}
	if err := checkTombstones(&config, a.code, def); err != nil {
		a.life.End()
		return nil, err
	}
	a.code.Works = len(def.Workers) > 0
	if a.code.Letters = config.DeadLetterTopic != ""; a.code.Letters {
		if err := checkLetterTopic(&config, a.code); err != nil {
			a.life.End()
			return nil, err
		}
	}
	follower := a.assemble(def)
	ctx := a.life.Context()
	if config.Group {
		if err := checkGroup(a.tasks); err != nil {
			a.life.End()
			return nil, err
		}
	}
	if err := a.memory.Load(ctx); err != nil {
		a.life.End()
		return nil, fmt.Errorf("brook: open %s: %w", config.Name, err)
	}
	follower.Run(ctx, &a.life.background)
	a.life.background.Go(a.catalog.Obsolete.Run)
	return a, nil
}

// assemble makes the parts of an app. It reads nothing of the store.
func (a *App) assemble(def *delivery.Definition) *follow.Follower {
	config, store := &a.config, a.config.Store
	reporter := report.New(config.Name, config.Log, config.Hooks)
	observer := operation.New(&config.Hooks)
	s := &task.Set{
		Parts: processor.Parts{
			Config: config, Def: def, Code: a.code, Bare: delivery.IsBare(config.Envelope),
			Reader: store.Latest(), Outbox: outbox.New(), Jobs: jobsOf(def),
			Observer: observer, Flow: batch.NewFlow(len(def.Handlers)),
		},
		Store: store, IDs: ids.New(), Lock: &quiesce.Lock{},
		Report: reporter, Retry: &retry.Loop{Policy: config.Retry, Report: reporter},
		Hub: watch.NewHub(), Progress: input.NewProgress(),
		Effects: &effects.Executor{
			Policy: config.Retry, Report: reporter, Observer: observer, App: a,
		},
		Life: a.life.App,
	}
	s.Places = parked.NewPlaces(a.code.Layout)
	s.Parked = parked.NewEvents(s.Places, def.Sets)
	a.tasks = s
	if s.Jobs != nil {
		s.Outbox.With(s.Jobs)
	}
	a.calls = &control.Calls{Tasks: s, Exclusive: exclusive.New(s)}
	a.letters = control.Letters{Calls: a.calls}
	a.owed = &control.Owed{Calls: a.calls}
	if a.code.Layout.Timed {
		s.Timers, s.Waiting = timers.NewHeads(a.code.Layout.Due), &timers.Count{}
	}
	a.timers = &control.Timers{Calls: a.calls, Clock: now}
	a.memory = &recovery.Memory{Tasks: s, Owed: a.owed.Note}
	a.identity = resume.NewIdentity(s)
	a.stale = &stale.Views{
		Tasks: s, Memory: a.memory,
		Rebuild: a.rebuildStale, Back: a.goBack,
	}
	a.status = &status.Reader{Tasks: s, Stale: a.stale}
	s.Running.Enter(gauge.Opened, nil)

	var follower *follow.Follower // which the catalog calls once it is open
	a.catalog = catalog.New(catalog.Parts{
		Config: config, Code: a.code, Collections: def.Collections, Reader: s.Reader, IDs: s.IDs,
		Life: s.Life, Lock: s.Lock, Retry: s.Retry,
		Owner: catalog.Owner{
			Taken:   a.memory.TakenOver,
			Renewed: func(other bool) { follower.Renewed(other) },
			Shown: func(replaced bool) {
				if replaced {
					a.owed.Note()
					s.ForgetTimers()
				}
				follower.Relisten()
			},
			Installed: s.Installed, Reload: a.memory.Reload, Positions: s.Progress.All,
		},
	})
	s.Catalog = a.catalog
	s.Publisher = &publisher.Publisher{
		Config: config, Code: a.code, Catalog: a.catalog, Store: store, Reader: s.Reader,
		Lock: s.Lock, Ids: s.IDs, Report: reporter, Observer: observer, Retry: s.Retry,
		Outbox: s.Outbox, Destinations: placement.NewDestinations(config.Driver), Valve: &s.Valve,
		On: publisher.Owner{
			Adopt: a.owed.Adopt, Refused: s.CountLetter, Doubt: s.Doubt, Wake: a.emitted,
			Broke: a.fatal.Note,
		},
	}
	s.Letters = &letters.Reader{
		Config: config, Sets: def.Sets, Catalog: a.catalog, Reader: s.Reader, Retry: s.Retry,
	}
	s.Emissions = &emission.Maker{
		Config: config, Code: a.code, Sets: def.Sets, IDs: s.IDs, Reader: s.Reader,
		Publisher: s.Publisher, Restoration: restorationOf(store), Observer: observer,
		Clock: s.Now,
	}
	if s.Jobs != nil {
		s.Jobs.Shared, s.Jobs.Home = a.catalog.Fenced(), homes(a.code)
	}
	a.workers = workers.New(s, a.calls.Exclusive)
	a.filler = &backfill.Filler{
		Catalog: a.catalog, Collections: def.Collections, Layout: a.code.Layout, Store: store,
		Reader: s.Reader, IDs: s.IDs, Lock: s.Lock, Report: reporter, Policy: config.Retry,
		Filled: s.WakeTasks,
	}
	a.views = reads.NewLive(context.Background(), reads.Parts{
		Current: a.catalog.Current, Store: store, Reader: s.Reader, Code: a.code, Hub: s.Hub,
	})
	follower = follow.New(follow.Parts{
		Catalog: a.catalog, Publisher: s.Publisher, Outbox: s.Outbox, Progress: s.Progress,
		Hub: s.Hub, Store: store, Reader: s.Reader, Rows: a.code.Layout.Rows, Report: reporter,
		Retry: s.Retry, Wake: s.WakeTasks, Broke: a.fatal.Note,
	})
	return follower
}

// emitted makes those look who stand still while much waits in the outbox.
func (a *App) emitted() {
	a.tasks.WakeTasks()
	a.tasks.Timers.Rouse()
}

// assigned makes those look who act for partitions.
func (a *App) assigned() {
	a.owed.Note()
	a.tasks.Timers.Rouse()
}

func now() time.Time { return time.Now().UTC() }
