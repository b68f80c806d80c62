package runner

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

// instances returns an app of earlier code that folds, and one of later code, over one store that
// processes share. The later one has no set T.
func instances(t *testing.T) (earlier, later standby, first, second *tasktest.Rig) {
	t.Helper()
	store := fakestore.Shared(fakestore.New())
	first = tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) { c.Store = store })
	if err := first.Catalog.Claim.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	second = tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
		c.Store, c.Driver, c.OnStale = store, first.Driver, brook.GoOn
		def.Sets, def.Handlers = def.Sets[:1], def.Handlers[:1]
	})
	of := func(r *tasktest.Rig) standby {
		m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
		r.Reload = m.Reload
		return standby{tasks: r.Set, memory: m, fatal: NewFatal()}
	}
	return of(first), of(second), first, second
}

// An app that folds writes a heartbeat every few seconds, each another one.
func TestBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _ := instances(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.beat(ctx)
		seen := map[string]bool{}
		for range 3 {
			synctest.Wait()
			beat, err := s.lastBeat(t.Context())
			if err != nil || !strings.HasPrefix(beat, s.tasks.Code.Contract+" ") {
				t.Errorf("%q, %v", beat, err)
			}
			seen[beat] = true
			time.Sleep(beatPause)
		}
		if len(seen) != 3 {
			t.Errorf("%d heartbeats", len(seen))
		}
	})
}

// An app whose contract was replaced stands aside for as long as the other one gives a sign of
// life, and folds again some time after.
func TestStandAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		earlier, later, first, second := instances(t)
		if err := second.Catalog.Claim.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := earlier.memory.ReloadCatalog(t.Context()); err != nil {
			t.Fatal(err)
		}
		why := first.Catalog.Claim.Superseded(t.Context())
		if why == nil {
			t.Fatal("the later claim is not noticed")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go later.beat(ctx)
		const lives = 10 * time.Minute
		time.AfterFunc(lives, cancel)
		began := time.Now()
		earlier.standAside(t.Context(), nil, why)
		if aside := time.Since(began); aside < lives || aside > lives+(beatsGone+2)*beatPause {
			t.Errorf("it stood aside for %s, and the other one lived for %s", aside, lives)
		}
		if first.Catalog.Claim.Superseded(t.Context()) != nil {
			t.Error("it does not fold again")
		}
		if f := first.Failures(); len(f) != 1 || f[0].What != "folding" {
			t.Errorf("reported %v", f)
		}
	})
}

// It folds again at once if the state has its contract once more.
func TestStandAsideForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		earlier, _, first, second := instances(t)
		if err := second.Catalog.Claim.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := earlier.memory.ReloadCatalog(t.Context()); err != nil {
			t.Fatal(err)
		}
		why := first.Catalog.Claim.Superseded(t.Context())
		time.AfterFunc(beatPause/2, func() {
			again := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
				c.Store, c.OnStale = first.Store, brook.GoOn
			})
			if err := again.Catalog.Claim.Take(t.Context()); err != nil {
				t.Error(err)
			}
		})
		began := time.Now()
		earlier.standAside(t.Context(), nil, why)
		if aside := time.Since(began); aside != beatPause {
			t.Errorf("it stood aside for %s", aside)
		}
	})
}
