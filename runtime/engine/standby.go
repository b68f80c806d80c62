package engine

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// An app that finds another contract in the state than its own, which it had before, stands aside: it folds nothing more, gives its
// partitions away, and serves reads. It comes back when the state has its contract again, and when nobody is left who folds by the other
// one: those who fold say every now and then that they are there.

const (
	beatPause = 5 * time.Second // how often who folds says that it is there, and who stands aside looks
	beatsGone = 8               // looks in vain after which nobody folds any more
)

// foldsKey is where those who fold say that they do. No commit checks that row.
var foldsKey = []byte("folds")

// beat says every now and then that the app folds, as long as it does, until ctx ends.
func (a *App) beat(ctx context.Context) {
	for {
		if a.catalog.Claimed() {
			id := a.ids.Batch()
			err := a.store.Commit(ctx, &brook.Batch{ID: id, Writes: []brook.Write{{Table: a.catalog.Meta(), Key: foldsKey, Value: append([]byte(a.code.Contract+" "), id[:]...)}}})
			a.broke(err) // else commits tell of it
		}
		if retry.Sleep(ctx, beatPause) != nil {
			return
		}
	}
}

// standAside waits until the app may fold again, or ctx ends.
func (a *App) standAside(ctx context.Context, m *group.Membership, why error) {
	a.report.Warn("this instance folds no longer, gives its partitions away and serves reads", "why", why)
	a.report.Failure(brook.Failure{What: "folding", Attempts: 1, Err: why, Final: true})
	m.Retire()
	defer m.Rejoin()
	last, silent := "", 0
	for retry.Sleep(ctx, beatPause) == nil {
		if err := a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) }); err != nil {
			return
		}
		if a.catalog.Superseded(ctx) == nil {
			break
		}
		v, err := a.reader.Get(ctx, a.catalog.Meta(), foldsKey)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			continue
		}
		beat := ""
		if err == nil {
			beat = string(v.Data.([]byte))
		}
		if beat != last {
			last, silent = beat, 0
			continue
		}
		if silent++; silent == beatsGone {
			a.catalog.ResetClaim(ctx)
			break
		}
	}
	if ctx.Err() == nil {
		a.report.Info("this instance folds again")
	}
}
