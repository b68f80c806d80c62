// Package catalog decides what the state row says of an app as a whole: which generation of views
// is live, which are under construction or obsolete, whose code folds into the live one, and what
// handler sets and indexes are called. Package staterow reads and writes the row.
//
// Package engine makes one Catalog per app. The others call a part of it: those who fold take the
// Claim, a rebuild goes through Construction, backfill through Indexes, and who reads views through
// Current. The rooms below hold no Catalog. Any goroutine may call any method, except that some ask
// for the quiesce lock.
//
// The quiesce lock guards the state, the number under construction and the claim: they change only
// while it is held, and may be read while it is held or visited. The catalog has no lock of its
// own.
package catalog

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/obsolete"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// Catalog knows what the store holds of one app as a whole. Its parts are for who needs one of
// them. It is safe for concurrent use.
type Catalog struct {
	Hold         *tenancy.Hold       // the app's hold on its name
	Current      *generation.Current // the live generation
	Obsolete     *obsolete.Remover   // what removes those that are not
	Claim        *Claim              // whose code folds into the live one
	Structure    *Structure          // what the views are made from
	Sets         *SetNames
	Indexes      *Indexes
	Construction *Construction

	life   *lifetime.App
	lock   *quiesce.Lock
	reader brook.Reader // of the latest commit
	on     Owner
	row    *staterow.Row
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
		life: p.Life, lock: p.Lock, reader: p.Reader, on: p.Owner,
		Sets: &SetNames{code: p.Code},
	}
	c.row = staterow.New(staterow.Parts{
		Config: p.Config, Reader: p.Reader, IDs: p.IDs, Lock: p.Lock, Retry: p.Retry,
		Updated: func() { c.Claim.note() }, Reload: c.reloadLocked,
	})
	c.Hold = tenancy.New(tenancy.Parts{
		Config: p.Config, Life: p.Life, Live: func() int { return c.Current.Number() },
		Taken: p.Owner.Taken, Rouse: func() { c.Obsolete.Wake() },
	})
	opener := &generation.Opener{
		Config: p.Config, Code: p.Code, Collections: p.Collections, Reader: p.Reader,
		Life: p.Life, Pins: c.Hold.PinsOf,
	}
	c.Obsolete = obsolete.New(obsolete.Parts{
		Config: p.Config, Life: p.Life, Lock: p.Lock, Retry: p.Retry, Row: c.row,
		Opener: opener, Hold: c.Hold, Building: func() int { return c.Construction.building },
	})
	c.Current = generation.NewCurrent(generation.Parts{
		Name: p.Config.Name, Row: c.row, Opener: opener, Hold: c.Hold,
		Renewed: p.Owner.Renewed, Unread: c.Obsolete.Wake,
		Shown: func(old *generation.Generation) {
			if old != nil {
				c.Obsolete.Replaced(old)
			}
			p.Owner.Shown(old != nil)
		},
	})
	c.Structure = &Structure{
		code: p.Code, lock: p.Lock, row: c.row, current: c.Current, positions: p.Owner.Positions,
	}
	c.Indexes = &Indexes{
		code: p.Code, lock: p.Lock, retry: p.Retry, row: c.row, current: c.Current,
		toFill: retry.NewSignal(),
		installed: func(g *generation.Generation) {
			p.Owner.Installed(g)
			c.Claim.note()
		},
	}
	c.Claim = &Claim{
		config: p.Config, code: p.Code, life: p.Life, lock: p.Lock, retry: p.Retry, row: c.row,
		current: c.Current, structure: c.Structure, sets: c.Sets, indexes: c.Indexes,
	}
	c.Construction = &Construction{
		config: p.Config, code: p.Code, ids: p.IDs, lock: p.Lock, retry: p.Retry, row: c.row,
		hold: c.Hold, opener: opener, current: c.Current, obsolete: c.Obsolete, claim: c.Claim,
		indexes: c.Indexes, reload: c.Reload,
	}
	return c
}

// Open reads the state, or creates it in a new store, and opens the live generation. NewApp calls
// it, before any other method.
func (c *Catalog) Open(ctx context.Context) error {
	if err := c.Hold.Open(func() error { return c.row.Open(ctx) }); err != nil {
		return err
	}
	if err := c.Current.Open(ctx); err != nil {
		return err
	}
	c.Claim.note()
	return nil
}

// Live returns the generation that memory knows as the live one.
func (c *Catalog) Live() *generation.Generation { return c.Current.Load() }

// Meta returns the table of the state row. Other packages keep rows of their own in it.
func (c *Catalog) Meta() brook.Table { return c.row.Table() }

// Unchanged returns the check that nobody has changed the state since memory read it. The caller
// holds or visits the quiesce lock.
func (c *Catalog) Unchanged() brook.Check { return c.row.Unchanged() }

// Fenced reports whether several processes may write the store.
func (c *Catalog) Fenced() bool { return c.row.Fenced() }
