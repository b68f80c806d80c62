// Package catalog is the only door to what the store knows of an app as a whole: the state row, which generation of views is live,
// in which shapes their rows are, and which generations are obsolete.
package catalog

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Catalog is what the store knows of an app as a whole: its state row, which views are live, and in
// which shapes their rows are. It is safe for concurrent use; gate guards what says so.
type Catalog struct {
	config      *brook.Config // with defaults
	collections []brook.AnyCollection
	code        *plan.Code
	Store       brook.Store
	Reader      brook.Reader   // of what was committed last
	keep        map[string]int // how much of histories is kept, by event type; those that keep all are left out
	Ids         *IDs
	report      *report.Reporter
	retry       *retry.Loop
	on          Owner
	ctx         context.Context // ends when the app closes, with ErrClosed as its cause
	Born        time.Time

	// gate is held for reading by whoever folds events into the live views, batch by batch, and for
	// writing by whoever needs all of them at rest.
	Gate     *quiesce.Lock
	Meta     brook.Table
	State    State // guarded by gate
	Building int   // the generation that this process makes, 0: none; guarded by gate
	had      bool  // the app might fold since it began to; guarded by gate

	Live    atomic.Pointer[Generation]
	Claimed atomic.Bool // the state has the code's contract, and the live generation the code's shapes
	Lost    atomic.Bool // another contract came in its place
	named   atomic.Bool // the state has the names of the code's sets
	names   atomic.Pointer[setNames]
	Fills   retry.Signal           // there may be an index to fill
	rested  atomic.Pointer[string] // the promotion of another process that this one rested for

	held      hold         // of the name
	trustMu   sync.Mutex   // held by who looks which generation is live
	trusted   atomic.Int64 // the age at which that was looked at last
	Leftovers obsolete
}

// New returns the catalog of an app, which knows nothing of the store yet: see openMeta.
func New(ctx context.Context, config *brook.Config, code *plan.Code, collections []brook.AnyCollection, r *retry.Loop, on Owner) *Catalog {
	c := &Catalog{
		config: config, collections: collections, code: code, Store: config.Store, Reader: config.Store.Latest(), keep: map[string]int{},
		Ids: NewIDs(), report: r.Report, retry: r, on: on, ctx: ctx, Born: time.Now(),
		Gate: &quiesce.Lock{}, Fills: retry.NewSignal(), Leftovers: newLeftovers(),
	}
	for typ, info := range code.Events {
		if info.History != brook.KeepAll {
			c.keep[typ] = info.History
		}
	}
	c.openHold()
	return c
}
