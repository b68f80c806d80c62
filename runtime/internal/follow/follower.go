// Package follow listens to a store that announces what all processes commit, from the opening of
// an app until it closes. So watchers see changes that other processes make, a caller who waits for
// a position is woken when another process gets there, and views that another process rebuilt take
// the place of those that they replaced although no event comes.
//
// Package engine uses it. Follower.Run starts two goroutines: one hears announcements and never
// waits for the store to be read, the other reads what was announced. All other methods may be
// called from any goroutine.
package follow

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// Parts are the parts of an app that a follower reads, and those that it hands announcements to.
type Parts struct {
	Catalog   *catalog.Catalog
	Publisher *publisher.Publisher
	Outbox    *outbox.Outbox
	Progress  *input.Progress
	Hub       *watch.Hub
	Store     brook.Store
	Reader    brook.Reader // of what was committed last
	Rows      []int        // the slots of the collections' rows
	Report    *report.Reporter
	Retry     *retry.Loop
	// Wake makes tasks look whether they may go on.
	Wake func()
	// Broke is called with errors that may end Run, from any goroutine.
	Broke func(error)
}

// Follower follows what is committed to the store of an app.
type Follower struct {
	Parts
	news    *news
	hearing atomic.Pointer[context.CancelFunc] // ends the hearing that is under way
}

// New returns a follower that is yet to run.
func New(p Parts) *Follower { return &Follower{Parts: p, news: newNews()} }

// Run follows the store until ctx ends, in goroutines of work. It does nothing if the store
// announces nothing. It is called once, before there are watchers.
func (f *Follower) Run(ctx context.Context, work *sync.WaitGroup) {
	announcer, ok := f.Store.(brook.Announcer)
	if !ok {
		return
	}
	f.Hub.Remote = true
	work.Go(func() { f.listen(ctx, announcer) })
	work.Go(func() { f.catchUp(ctx) })
}

// Renewed notes that the live generation of the catalog has other indexes, or, if other is true,
// is another one.
func (f *Follower) Renewed(other bool) {
	if other {
		f.Hub.Gap()
	}
	f.news.note(func(c *changes) { c.state = true }) // the rest of what memory knows
}

// Relisten ends the hearing that is under way: the next one is of the tables that are live now.
func (f *Follower) Relisten() {
	if stop := f.hearing.Load(); stop != nil {
		(*stop)()
	}
}

// listen hears announcements until ctx ends, or hearing them fails for good.
func (f *Follower) listen(ctx context.Context, announcer brook.Announcer) {
	backoff := retry.Backoff{Policy: f.Retry.Policy, Report: f.Report}
	defer backoff.Ended()
	for ctx.Err() == nil {
		started, lasting := time.Now(), backoff.Lasting()
		err := f.hear(ctx, announcer)
		lasting()
		f.Hub.Gap() // nobody knows what was announced meanwhile
		if ctx.Err() != nil {
			return
		}
		if err == nil || time.Since(started) > time.Minute {
			backoff.Succeeded()
			continue
		}
		final := errors.Is(err, brook.ErrPermanent)
		failure := brook.Failure{What: "listening to the store", Err: err, Final: final}
		ended := backoff.Failed(ctx, failure)
		if final {
			f.Broke(err)
		}
		if final || ended != nil {
			return
		}
	}
}

// errEnded is why announcements broke off without an error.
var errEnded = errors.New("the store ended it")

// hear hands announcements on until they break off, or until the live tables are others, which is no
// error.
func (f *Follower) hear(ctx context.Context, announcer brook.Announcer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.hearing.Store(&cancel) // before the live tables are looked up
	g := f.Catalog.Live()
	var tables []brook.Table
	for _, slot := range f.Rows {
		tables = append(tables, g.Tables[slot])
	}
	tables = append(tables, f.Catalog.Meta(), f.Publisher.Sending, g.Positions)
	for a, err := range announcer.Announcements(ctx, tables) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case a.Table == nil:
			f.Hub.Gap()
			f.news.note(func(c *changes) { c.state, c.allPositions = true, true })
		default:
			f.heard(a, slices.Index(tables, a.Table))
		}
	}
	if ctx.Err() == nil {
		return errEnded
	}
	return nil
}

// heard hands one announcement on. at is the index of its table among those that are heard: the
// rows of the collections, and then three more.
func (f *Follower) heard(a brook.Announcement, at int) {
	rows := len(f.Rows)
	switch {
	case at < 0:
	case at < rows && a.Missed:
		f.Hub.Gap()
	case at < rows:
		f.Hub.Announce(f.Rows[at], a.Key)
	case at == rows: // the app's state
		if a.Missed || staterow.IsKey(a.Key) {
			f.news.note(func(c *changes) { c.state = true })
		}
	case at == rows+1: // what the publisher keeps
		if a.Missed || string(a.Key) == string(publisher.SequenceKey) {
			f.Outbox.Lease.Lags()
		}
	default:
		f.news.note(func(c *changes) {
			if id, err := partition.FromKey(a.Key); err == nil && !a.Missed {
				c.positions[id] = true
			} else {
				c.allPositions = true
			}
		})
	}
}

// catchUp reads what was announced: a new state, or positions that another process committed.
func (f *Follower) catchUp(ctx context.Context) {
	for {
		select {
		case <-f.news.ready:
		case <-ctx.Done():
			return
		}
		c := f.news.take()
		err := f.Retry.Do(ctx, "following the store", func() error {
			if c.state || c.allPositions {
				if err := f.state(ctx); err != nil {
					return err
				}
			}
			if c.allPositions {
				return f.allPositions(ctx)
			}
			return f.positions(ctx, c.positions)
		})
		if err != nil && ctx.Err() == nil {
			f.Report.Failure(brook.Failure{
				What: "following the store", Attempts: 1, Err: err, Final: true,
			})
			f.Broke(err)
		}
	}
}

// state reloads the catalog if the live generation in the store is another one.
func (f *Follower) state(ctx context.Context) error {
	moved, err := f.Catalog.Moved(ctx)
	if err != nil || !moved {
		return err // what else is new shows at the next commit
	}
	if err := f.Catalog.Reload(ctx); err != nil {
		return err
	}
	f.Wake()
	return nil
}

// allPositions reads how far the live views have come in all partitions.
func (f *Follower) allPositions(ctx context.Context) error {
	standings, err := f.Catalog.Live().Standings(ctx, f.Reader)
	for id, s := range standings {
		f.advance(id, s.Next)
	}
	return err
}

// positions reads how far the live views have come in some partitions.
func (f *Follower) positions(ctx context.Context, ids map[partition.ID]bool) error {
	g := f.Catalog.Live()
	for id := range ids {
		s, err := g.Standing(ctx, f.Reader, id)
		if err != nil {
			return err
		}
		if s != nil {
			f.advance(id, s.Next)
		}
	}
	return nil
}

func (f *Follower) advance(id partition.ID, next int64) {
	f.Progress.Advance(id, next)
	f.Outbox.Lease.HeardOf(id, next)
}
