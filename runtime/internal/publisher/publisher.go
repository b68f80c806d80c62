// Package publisher publishes what commits left to do: it takes emissions from the outbox in order, removes from the store what was
// published, and tells the driver how far the app acted. Over a store that several processes write it holds the lease.
package publisher

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

// Publisher publishes what commits left to do: emissions, and after them how far the app acted. Its
// loop, publishOutbox or that of CatchUp, is one goroutine; the rest is safe for concurrent use.
type Publisher struct {
	Config      *brook.Config // with defaults
	Code        *plan.Code
	Catalog     *catalog.Catalog
	Store       brook.Store
	Reader      brook.Reader // of what was committed last
	OutboxTable brook.Table
	Sending     brook.Table // of what publishing goes by: see numbers and lease
	Gate        *quiesce.Lock
	Ids         *catalog.IDs
	Report      *report.Reporter
	Retry       *retry.Loop
	On          Owner

	Outbox  *outbox.Outbox
	Targets *outbox.Targets
	Lease   lease
}

// Owner is what the publisher has its app do.
type Owner struct {
	// adopt moves emissions that a rebuild owed into the outbox.
	Adopt func(context.Context) error
	// refused is called for each emission that became a dead letter, at rest.
	Refused func(partition.ID)
	// doubt is called with the error of a commit that may have happened.
	Doubt func(error)
	// wake makes tasks look whether they may go on.
	Wake func()
	// broke is called with errors that may end Run.
	Broke func(error)
}
