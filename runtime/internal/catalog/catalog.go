// Package catalog decides what the state row says of an app as a whole: which generation of views
// is live, whose code folds into it, in which shapes its rows are stored, and which generations are
// obsolete. Package staterow reads and writes the row.
//
// Package engine makes one Catalog per app and calls all of it; packages publisher and backfill
// read the live generation, and check and update the state through it. Any goroutine may call any
// method, except that some ask for the quiesce lock.
//
// The quiesce lock guards the state, the number under construction and the claim: they change only
// while it is held, and may be read while it is held or visited. The catalog has no lock of
// its own.
package catalog

import (
	"context"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/obsolete"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// Catalog knows what the store holds of one app as a whole. It is safe for concurrent use.
type Catalog struct {
	config      *brook.Config // with defaults
	code        *plan.Code
	collections []*brook.Collection
	store       brook.Store
	reader      brook.Reader // of the latest commit
	ids         *ids.Source
	report      *report.Reporter
	retry       *retry.Loop
	on          Owner
	life        *lifetime.App

	// lock is visited by whoever folds events into the live views, batch by batch, and held by
	// whoever needs all of them at rest.
	lock     *quiesce.Lock
	row      *staterow.Row
	building int         // the generation that this process builds, 0: none; guarded by lock
	hadClaim bool        // it was held since the last ResetClaim; guarded by lock
	claimed  atomic.Bool // the state has the code's contract, and the live generation its shapes
	lost     atomic.Bool // the claim was held, and another contract has replaced it
	named    atomic.Bool // the state has the names of the code's sets
	names    atomic.Pointer[setNames]
	toFill   retry.Signal           // set if an index may have to be filled
	yielded  atomic.Pointer[string] // ID of the promotion request that this process yielded to last

	hold     *tenancy.Hold
	obsolete *obsolete.Remover
	opener   *generation.Opener
	current  *generation.Current
}

// Parts are what a catalog is made of. All of them are the app's, and are shared with other parts
// of it.
type Parts struct {
	Config      *brook.Config // with defaults
	Code        *plan.Code
	Collections []*brook.Collection
	Reader      brook.Reader // of the latest commit
	IDs         *ids.Source
	Life        *lifetime.App
	Lock        *quiesce.Lock // visited by tasks, batch by batch
	Retry       *retry.Loop
	Owner       Owner
}

// Owner is what the catalog calls of its app.
type Owner struct {
	// Taken is called if another app of the name held it since this one did: memory is out of date.
	Taken func(context.Context) error
	// Renewed is called if the live generation is another one than before (other), or has other
	// indexes.
	Renewed func(other bool)
	// Shown is called if another generation became the live one: replaced is false for the first.
	Shown func(replaced bool)
	// Installed is called, with the quiesce lock held, if the live generation has other tables.
	Installed func(*generation.Generation)
	// Reload is called, with the quiesce lock held, to read what else memory has of the store;
	// adopt is called to make that count.
	Reload func(ctx context.Context, live *generation.Generation) (adopt func(), err error)
	// Positions returns how far the live views have come.
	Positions func() map[partition.ID]int64
}

// New returns the catalog of an app. It reads nothing of the store before Open.
func New(p Parts) *Catalog {
	c := &Catalog{
		config: p.Config, code: p.Code, collections: p.Collections, store: p.Config.Store,
		reader: p.Reader, ids: p.IDs, report: p.Retry.Report, retry: p.Retry, on: p.Owner,
		life: p.Life, lock: p.Lock, toFill: retry.NewSignal(),
	}
	c.row = staterow.New(staterow.Parts{
		Config: p.Config, Reader: p.Reader, IDs: p.IDs, Lock: p.Lock, Retry: p.Retry,
		Updated: c.noteClaim, Reload: c.reloadLocked,
	})
	c.hold = tenancy.New(tenancy.Parts{
		Config: p.Config, Life: p.Life, Live: func() int { return c.current.Number() },
		Taken: p.Owner.Taken, Rouse: func() { c.obsolete.Wake() },
	})
	c.opener = &generation.Opener{
		Config: p.Config, Code: p.Code, Collections: p.Collections, Reader: p.Reader,
		Life: p.Life, Pins: c.hold.PinsOf,
	}
	c.obsolete = obsolete.New(obsolete.Parts{
		Config: p.Config, Life: p.Life, Lock: p.Lock, Retry: p.Retry, Row: c.row,
		Opener: c.opener, Hold: c.hold, Building: func() int { return c.building },
	})
	c.current = generation.NewCurrent(generation.Parts{
		Name: p.Config.Name, Row: c.row, Opener: c.opener, Hold: c.hold,
		Renewed: p.Owner.Renewed, Unread: c.obsolete.Wake,
		Shown: func(old *generation.Generation) {
			if old != nil {
				c.obsolete.Replaced(old)
			}
			p.Owner.Shown(old != nil)
		},
	})
	return c
}

// Open reads the state, or creates it in a new store, and opens the live generation. NewApp calls
// it, before any other method.
func (c *Catalog) Open(ctx context.Context) error {
	if err := c.hold.Open(func() error { return c.row.Open(ctx) }); err != nil {
		return err
	}
	if err := c.current.Open(ctx); err != nil {
		return err
	}
	c.noteClaim()
	return nil
}

// Hold returns the app's hold on its name.
func (c *Catalog) Hold() *tenancy.Hold { return c.hold }

// Obsolete returns what removes obsolete generations.
func (c *Catalog) Obsolete() *obsolete.Remover { return c.obsolete }

// Current returns the live generation as memory knows it.
func (c *Catalog) Current() *generation.Current { return c.current }

// Live returns the generation that memory knows as the live one.
func (c *Catalog) Live() *generation.Generation { return c.current.Load() }

// Meta returns the table of the state row. Other packages keep rows of their own in it.
func (c *Catalog) Meta() brook.Table { return c.row.Table() }

// Unchanged returns the check that nobody has changed the state since memory read it. The caller
// holds or visits the quiesce lock.
func (c *Catalog) Unchanged() brook.Check { return c.row.Unchanged() }

// Fenced reports whether several processes may write the store.
func (c *Catalog) Fenced() bool { return c.row.Fenced() }
