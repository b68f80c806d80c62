package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Where a store announces what all processes commit, an app listens from its opening on until it closes: so that watchers see
// changes of others, who waits for a position hears that another process got there, and views that another process
// rebuilt take the place of those that it replaced, also where no event comes.

// news is what was announced and is not looked at yet.
type news struct {
	ready retry.Signal // there is something

	mu         sync.Mutex
	state      bool // it may have changed
	everything bool // so may all positions
	partitions map[partition.ID]bool
}

func newNews() *news {
	return &news{ready: retry.NewSignal(), partitions: map[partition.ID]bool{}}
}

// note takes something down, for who follows the news.
func (n *news) note(what func()) {
	n.mu.Lock()
	what()
	n.mu.Unlock()
	n.ready.Set()
}

func (n *news) take() (state, everything bool, partitions map[partition.ID]bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	state, everything, partitions = n.state, n.everything, n.partitions
	n.state, n.everything, n.partitions = false, false, map[partition.ID]bool{}
	return state, everything, partitions
}

// listen begins to listen, where the store announces anything.
func (a *App) listen() {
	announcer, ok := a.store.(brook.Announcer)
	if !ok {
		return
	}
	a.hub.Remote = true
	a.background.Go(func() {
		for attempts := 1; a.ctx.Err() == nil; attempts++ {
			started := time.Now()
			err := a.hear(announcer)
			a.hub.Gap() // nobody knows what was announced meanwhile
			if a.ctx.Err() != nil {
				return
			}
			if err == nil || time.Since(started) > time.Minute {
				attempts = 0
				continue
			}
			final := errors.Is(err, brook.ErrPermanent)
			a.report.Failure(brook.Failure{What: "listening to the store", Attempts: attempts, Err: err, Final: final})
			if a.broke(err); final {
				return
			}
			if retry.Sleep(a.ctx, retry.Wait(a.config.Retry, attempts)) != nil {
				return
			}
		}
	})
	a.background.Go(a.followNews)
}

// hear hands announcements on until they break, or until the live tables are others.
func (a *App) hear(announcer brook.Announcer) error {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	a.hearing.Store(&cancel) // before it is looked which tables these are
	g := a.catalog.Live()
	var tables []brook.Table
	for _, slot := range a.code.Layout.Rows {
		tables = append(tables, g.Tables[slot])
	}
	rows := len(tables)
	tables = append(tables, a.catalog.Meta(), a.publisher.Sending, g.Positions)
	for told, err := range announcer.Announcements(ctx, tables) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case told.Table == nil:
			a.hub.Gap()
			a.news.note(func() { a.news.state, a.news.everything = true, true })
			continue
		}
		switch at := slices.Index(tables, told.Table); {
		case at < 0:
		case at < rows && told.Missed:
			a.hub.Gap()
		case at < rows:
			a.hub.Announce(a.code.Layout.Rows[at], told.Key)
		case told.Table == a.catalog.Meta() && !told.Missed && !catalog.IsState(told.Key):
		case told.Table == a.catalog.Meta():
			a.news.note(func() { a.news.state = true })
		case told.Table == a.publisher.Sending:
			if told.Missed || string(told.Key) == string(publisher.SequenceKey) {
				a.outbox.Lags()
			}
		default:
			a.news.note(func() {
				if id, err := partition.FromKey(told.Key); err == nil && !told.Missed {
					a.news.partitions[id] = true
				} else {
					a.news.everything = true
				}
			})
		}
	}
	return nil
}

// followNews looks at what was announced: a new state, or positions that another process committed.
func (a *App) followNews() {
	for {
		select {
		case <-a.news.ready:
		case <-a.ctx.Done():
			return
		}
		state, everything, partitions := a.news.take()
		err := a.retry.Do(a.ctx, "following the store", func() error {
			if state || everything {
				if err := a.followState(a.ctx); err != nil {
					return err
				}
			}
			return a.followPositions(a.ctx, everything, partitions)
		})
		if err != nil && a.ctx.Err() == nil {
			a.report.Failure(brook.Failure{What: "following the store", Attempts: 1, Err: err, Final: true})
			a.broke(err)
		}
	}
}

// followState begins anew from the store where its live generation is another one.
func (a *App) followState(ctx context.Context) error {
	moved, err := a.catalog.Moved(ctx)
	if err != nil || !moved {
		return err // what else is new shows at the next commit
	}
	if err := a.catalog.Reload(ctx); err != nil {
		return err
	}
	a.tasks.WakeTasks()
	return nil
}

// followPositions reads how far the live views have come, in all partitions or in some.
func (a *App) followPositions(ctx context.Context, everything bool, partitions map[partition.ID]bool) error {
	g := a.catalog.Live()
	if everything {
		standings, err := a.catalog.Standings(ctx, a.reader, g)
		for id, s := range standings {
			a.progress.Advance(id, s.Next)
			a.outbox.HeardOf(id, s.Next)
		}
		return err
	}
	for id := range partitions {
		k := id.AppendKey(nil)
		v, err := a.reader.Get(ctx, g.Positions, k)
		if errors.Is(err, brook.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		_, s, err := partition.Decode(k, v.Data.([]byte))
		if err != nil {
			return err
		}
		a.progress.Advance(id, s.Next)
		a.outbox.HeardOf(id, s.Next)
	}
	return nil
}
