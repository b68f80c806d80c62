package runner

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// standby is how instances of different code share a store. An app that finds another contract in
// the state than its own, which it had before, stands aside: it folds nothing more, hands its
// partitions back, and serves reads. It comes back when the state has its contract again, or when
// no instance is left that folds by the other one: those that fold write a heartbeat.
type standby struct {
	tasks  *task.Set
	memory *recovery.Memory
	fatal  Fatal
}

const (
	beatPause = 5 * time.Second // between heartbeats, and between looks of an app that stands aside
	beatsGone = 8               // looks without a new heartbeat after which no instance folds
)

// beatKey is the key of the heartbeat in the table of the app's state. No commit checks that row.
var beatKey = []byte("folds")

// beat writes a heartbeat as long as the app folds, until ctx ends.
func (s standby) beat(ctx context.Context) {
	for {
		if s.tasks.Catalog.Claim.Taken() {
			id := s.tasks.IDs.Batch()
			value := append([]byte(s.tasks.Code.Contract+" "), id[:]...)
			err := s.tasks.Store.Commit(ctx, &brook.Batch{ID: id, Writes: []brook.Write{
				{Table: s.tasks.Catalog.Meta(), Key: beatKey, Value: value},
			}})
			s.fatal.Note(err) // commits report all other errors
		}
		if retry.Sleep(ctx, beatPause) != nil {
			return
		}
	}
}

// standAside waits until the app may fold again, or ctx ends. m may be nil.
func (s standby) standAside(ctx context.Context, m *group.Membership, why error) {
	report := s.tasks.Report
	s.tasks.Running.Enter(gauge.Aside, why)
	report.Warn("this instance folds no longer, gives its partitions away and serves reads",
		"why", why)
	report.Failure(brook.Failure{What: "folding", Attempts: 1, Err: why, Final: true})
	m.Retire()
	defer m.Rejoin()
	last, silent := "", 0
	for retry.Sleep(ctx, beatPause) == nil {
		if s.memory.ReloadCatalog(ctx) != nil {
			return
		}
		if s.tasks.Catalog.Claim.Superseded(ctx) == nil {
			break
		}
		beat, err := s.lastBeat(ctx)
		if err != nil {
			continue
		}
		if beat != last {
			last, silent = beat, 0
			continue
		}
		if silent++; silent == beatsGone {
			s.tasks.Catalog.Claim.Reset(ctx)
			break
		}
	}
	if ctx.Err() == nil {
		s.tasks.Running.Enter(gauge.Began, nil)
		report.Info("this instance folds again")
	}
}

// lastBeat returns the last heartbeat, "" if there is none.
func (s standby) lastBeat(ctx context.Context) (string, error) {
	v, err := s.tasks.Reader.Get(ctx, s.tasks.Catalog.Meta(), beatKey)
	if errors.Is(err, brook.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(v.Data.([]byte)), nil
}
