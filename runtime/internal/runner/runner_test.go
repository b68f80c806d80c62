package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

var errBad = errors.New("bad")

// rig is the parts of an app, and one call of Run over them.
type rig struct {
	*tasktest.Rig
	*Runner
}

func newRig(t *testing.T, change func(*brook.Config, *delivery.Definition)) rig {
	t.Helper()
	r := tasktest.New(t, change)
	fatal := NewFatal()
	r.Publisher.On.Wake, r.Publisher.On.Broke = r.WakeTasks, fatal.Note
	r.Publisher.On.Adopt = func(context.Context) error { return nil }
	m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
	rebuild := func(context.Context) error { return nil }
	r.Reload = m.Reload
	return rig{r, &Runner{
		Tasks: r.Set, Memory: m, Stale: &stale.Views{
			Tasks: r.Set, Memory: m, Rebuild: rebuild,
			Back: func(context.Context) (bool, error) { return false, nil },
		},
		Filler: &backfill.Filler{
			Catalog: r.Catalog, Collections: r.Def.Collections, Layout: r.Code.Layout,
			Store: r.Store, Reader: r.Reader, IDs: r.IDs, Lock: r.Lock, Report: r.Report,
			Policy: r.Config.Retry, Filled: func() {},
		},
		Fatal: fatal, Assigned: func() {},
	}}
}

// started runs in the background until stop, which returns what Run returned.
func (r rig) started(t *testing.T) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// Run folds what is in the log and what comes, publishes what handlers emit, and returns nil when
// its context ends.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.Publish("x")
		stop := r.started(t)
		synctest.Wait()
		r.Publish("y")
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := r.Told(); !slices.Equal(got, []string{"S x", "T x", "S y", "T y"}) {
			t.Errorf("published %q", got)
		}
	})
}

// Run folds partitions that come to be.
func TestRunFollowsGrowth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.Publish("x")
		stop := r.started(t)
		synctest.Wait()
		if err := r.Driver.Grow("in", 4); err != nil {
			t.Fatal(err)
		}
		r.Publish("1", "2", "3", "4", "5")
		time.Sleep(time.Minute)
		if err := stop(); err != nil || len(r.Told()) != 12 {
			t.Errorf("%v, published %q", err, r.Told())
		}
	})
}

// An error that trying again does not help ends Run, whoever found it.
func TestRunEndsWithFatalErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ended := make(chan error, 1)
		go func() { ended <- r.Run(t.Context()) }()
		synctest.Wait()
		r.Fatal.Note(fmt.Errorf("disk: %w", brook.ErrPermanent))
		if err := <-ended; !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("the error is %v", err)
		}
	})
}

// Run ends with nil when the app closes.
func TestRunEndsWithTheApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ended := make(chan error, 1)
		go func() { ended <- r.Run(t.Context()) }()
		synctest.Wait()
		r.Life.End()
		if err := <-ended; err != nil {
			t.Errorf("the error is %v", err)
		}
	})
}

// Views of other code are rebuilt once, beside the tasks.
func TestRunReplacesStaleViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := tasktest.New(t, func(_ *brook.Config, def *delivery.Definition) {
			def.Sets, def.Handlers = def.Sets[:1], def.Handlers[:1]
		})
		before.Publish("x")
		before.Follow()
		r := newRig(t, func(c *brook.Config, _ *delivery.Definition) {
			c.Store, c.Driver, c.OnStale = before.Store, before.Driver, brook.RebuildStale
		})
		rebuilds := 0
		r.Stale.Rebuild = func(context.Context) error {
			rebuilds++
			return brook.ErrRebuildRefused
		}
		stop := r.started(t)
		time.Sleep(time.Second)
		r.Publish("y")
		time.Sleep(time.Second)
		if err := stop(); err != nil || rebuilds != 1 {
			t.Errorf("%v after %d rebuilds", err, rebuilds)
		}
		if got := r.Told(); !slices.Contains(got, "T y") {
			t.Errorf("the live views did not go on: published %q", got)
		}
	})
}

// Of several errors that end tasks, one that ends Run is kept.
func TestOver(t *testing.T) {
	goesOn := []error{task.ErrGoSerial, retry.ErrRestart, task.ErrOthers}
	for _, first := range append(goesOn, errBad) {
		for _, then := range append(goesOn, errBad) {
			restarts, ends := 0, 0
			f := &folding{
				run: &Runner{end: func() { ends++ }}, restart: func() { restarts++ },
			}
			f.over(fmt.Errorf("one: %w", first))
			f.over(fmt.Errorf("two: %w", then))
			want := first
			if then == errBad {
				want = errBad
			}
			if !errors.Is(f.cause, want) || restarts+ends != 2 || ends > 0 != (want == errBad) {
				t.Errorf("%v, then %v: %v, %d restarts, %d ends", first, then, f.cause, restarts, ends)
			}
		}
	}
}

// The log and the hook say how the partitions are run.
func TestAnnounce(t *testing.T) {
	var modes []brook.Mode
	r := newRig(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Hooks.Mode = func(m brook.Mode) { modes = append(modes, m) }
	})
	r.announce(brook.Mode{Lanes: 1, Reason: "so"}, nil)
	if len(modes) != 1 || modes[0].Lanes != 1 || !strings.Contains(r.Log(), "running") {
		t.Errorf("hook %v, log %s", modes, r.Log())
	}
}
