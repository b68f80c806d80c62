package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// publisher publishes what commits left to do: emissions, and after them how far the app acted. Its
// loop, publishOutbox or that of CatchUp, is one goroutine; the rest is safe for concurrent use.
type publisher struct {
	config      *brook.Config // with defaults
	code        *plan.Code
	catalog     *catalog.Catalog
	store       brook.Store
	reader      brook.Reader // of what was committed last
	outboxTable brook.Table
	sending     brook.Table // of what publishing goes by: see numbers and lease
	gate        *quiesce.Lock
	ids         *catalog.IDs
	report      *report.Reporter
	retry       *retry.Loop
	on          publishing

	outbox  *outbox.Outbox
	targets *outbox.Targets
	lease   lease
}

// publishing is what the publisher has its app do.
type publishing struct {
	// adopt moves emissions that a rebuild owed into the outbox.
	adopt func(context.Context) error
	// refused is called for each emission that became a dead letter, at rest.
	refused func(partition.ID)
	// doubt is called with the error of a commit that may have happened.
	doubt func(error)
	// wake makes tasks look whether they may go on.
	wake func()
	// broke is called with errors that may end Run.
	broke func(error)
}
