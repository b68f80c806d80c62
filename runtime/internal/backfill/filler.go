// Package backfill fills indexes that the code has and the live generation does not have, while Run
// folds on. From the claim on, whoever folds keeps such an index up to date, so only the rows that
// nobody writes are left to do: their entries are written step by step, each under a check that the
// row is still the one that was read. Until an index is complete nobody reads it, and events that
// need it wait.
//
// One goroutine of package runner calls Filler.Run, and package catchup calls Filler.Fill in its
// place. There is no lock of its own. Each step holds the quiesce lock, so that all tasks of
// the process rest; the catalog is read and changed under it.
package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Filler fills the indexes of one app. One goroutine at a time calls its methods.
type Filler struct {
	Catalog     *catalog.Catalog
	Collections []*brook.Collection
	Layout      *schema.Layout
	Store       brook.Store
	Reader      brook.Reader // of what was committed last
	IDs         *ids.Source
	Lock        *quiesce.Lock // held during each step
	Report      *report.Reporter
	Policy      brook.Retry
	Filled      func() // is called when an index is complete
}

// Run fills the indexes that are to be filled, whenever there are any, until ctx ends. end is
// called with an error that another try does not mend; Run returns then.
func (b *Filler) Run(ctx context.Context, end func(error)) {
	backoff := retry.Backoff{Policy: b.Policy, Report: b.Report}
	defer backoff.Ended()
	for {
		select {
		case <-b.Catalog.Indexes.ToFill():
		case <-ctx.Done():
			return
		}
		f, err := b.fill(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, brook.ErrUnique) || errors.Is(err, brook.ErrPermanent):
			f.giveUp(err)
			end(err)
			return
		case err != nil:
			if backoff.Failed(ctx, brook.Failure{What: "filling an index", Err: err}) != nil {
				return
			}
			b.Catalog.Indexes.ToFill().Set()
		default:
			backoff.Succeeded()
		}
	}
}

// Fill fills the indexes that are to be filled now. It tries each once.
func (b *Filler) Fill(ctx context.Context) error {
	f, err := b.fill(ctx)
	if err != nil && ctx.Err() == nil {
		f.giveUp(err)
	}
	return err
}

// fill is Fill without a report of what failed. It returns the filling that failed, nil if none
// did.
func (b *Filler) fill(ctx context.Context) (*filling, error) {
	for {
		f, err := b.next(ctx)
		if err != nil || f == nil {
			return nil, err
		}
		err = f.run(ctx)
		if errors.Is(err, retry.ErrRestart) {
			continue // there is another generation, or there are other indexes
		}
		if err != nil {
			p := &f.progress
			return f, fmt.Errorf("brook: index %s.%s: %w", p.Collection, p.Field, err)
		}
		f.progress.Done = true
		f.tell()
		b.Filled()
	}
}

// next returns the first filling that is to be done, or nil.
func (b *Filler) next(ctx context.Context) (*filling, error) {
	v, err := b.Lock.RLock(ctx)
	if err != nil {
		return nil, err
	}
	todo := b.Catalog.Indexes.Unfilled()
	g := b.Catalog.Live()
	b.Lock.Leave(v)
	if len(todo) == 0 {
		return nil, nil
	}
	u := todo[0]
	info := b.Layout.Collections[u.Ord]
	progress := brook.IndexProgress{Collection: info.Name, Field: info.Indexes[u.X].Field}
	return &filling{Filler: b, gen: g, Unfilled: u, told: time.Now(), progress: progress}, nil
}
