package engine

import (
	"context"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// tasks is what the tasks of one app have in common: what they run on, and what only those may touch
// who visit the lock or hold it.
type tasks struct {
	config    *brook.Config // with defaults
	def       *delivery.Definition
	code      *plan.Code
	bare      bool // the envelope takes anything for a payload
	store     brook.Store
	reader    brook.Reader // of what was committed last
	catalog   *catalog.Catalog
	ids       *catalog.IDs
	gate      *quiesce.Lock
	report    *report.Reporter
	retry     *retry.Loop
	outbox    *outbox.Outbox
	publisher *publisher.Publisher
	effects   *effects.Runner
	hub       *watch.Hub
	progress  *progress
	ctx       context.Context // ends when the app closes, with ErrClosed as its cause

	waits     map[partition.ID]*deadletter.Blocked // of the live generation; guarded by gate
	numbers   *publisher.Sequence                  // as the store has them, guarded by gate; nil: not known
	solo      *lane                                // what Process and Redrive run in, with all others at rest
	aloneMark atomic.Pointer[[]byte]               // the last mark of a commit that no position tells of
	unsure    atomic.Bool                          // a commit may have happened although it gave an error

	lanesMu sync.Mutex
	lanes   []*lane // that run
}
