package stale_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

var errAway = errors.New("away")

// replaced returns what decides about views that the code before made, which had no set T. rebuild
// is called to rebuild them.
func replaced(
	t *testing.T, policy brook.StalePolicy, rebuild func(context.Context) error,
) (*tasktest.Rig, *stale.Views) {
	t.Helper()
	before := tasktest.New(t, func(_ *brook.Config, def *delivery.Definition) {
		def.Sets, def.Handlers = def.Sets[:1], def.Handlers[:1]
	})
	before.Publish("x")
	before.Follow()
	r := tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store, c.Driver, c.OnStale = before.Store, before.Driver, policy
	})
	m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
	r.Reload, r.Taken = m.Reload, m.TakenOver
	return r, &stale.Views{Tasks: r.Set, Memory: m, Rebuild: rebuild, Back: none}
}

// none goes back to no views.
func none(context.Context) (bool, error) { return false, nil }

// Views that other code made are rebuilt, folded into or refused, as the policy says.
func TestFound(t *testing.T) {
	for policy, want := range map[brook.StalePolicy]string{
		brook.RebuildStale: "true false false",
		brook.GoOn:         "false false true",
		brook.Fail:         "false true false",
	} {
		_, v := replaced(t, policy, nil)
		found, err := v.Found(t.Context())
		if got := fmt.Sprint(found, errors.Is(err, brook.ErrStale), v.GoOn()); got != want {
			t.Errorf("%s: found, ErrStale, goes on: %s, want %s", policy, got, want)
		}
	}
	r := tasktest.New(t, nil)
	found, err := (&stale.Views{Tasks: r.Set}).Found(t.Context())
	if found || err != nil {
		t.Errorf("views of the same code: %t, %v", found, err)
	}
}

// A rebuild that fails is tried again, after a longer wait each time, until it succeeds.
func TestReplaceTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r, v := replaced(t, brook.RebuildStale, func(context.Context) error {
			if tries++; tries < 3 {
				return errAway
			}
			return nil
		})
		began := time.Now()
		if err := v.Replace(t.Context(), nil); err != nil || tries != 3 {
			t.Errorf("%v after %d tries", err, tries)
		}
		if time.Since(began) == 0 || len(r.Failures()) != 2 {
			t.Errorf("no wait, or nobody hears of it: %v", r.Failures())
		}
		if v.Refused() || v.GoOn() {
			t.Error("it counts as refused")
		}
	})
}

// A rebuild that is refused is tried no more until one is promoted, and the live views go on.
func TestReplaceIsRefused(t *testing.T) {
	tries := 0
	r, v := replaced(t, brook.RebuildStale, func(context.Context) error {
		tries++
		return fmt.Errorf("more letters: %w", brook.ErrRebuildRefused)
	})
	if err := v.Replace(t.Context(), nil); !errors.Is(err, brook.ErrRebuildRefused) || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
	if f := r.Failures(); len(f) != 1 || !f[0].Final {
		t.Errorf("reported %v", f)
	}
	if !v.Refused() || !v.GoOn() {
		t.Error("it does not count as refused")
	}
	if v.Rebuilt(); v.Refused() || v.GoOn() {
		t.Error("it counts as refused although they are rebuilt")
	}
}

// If ctx ends the tries, the error says what failed last.
func TestReplaceGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, v := replaced(t, brook.RebuildStale, func(context.Context) error {
			time.AfterFunc(time.Microsecond, cancel) // while it waits
			return errAway
		})
		err := v.Replace(ctx, nil)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errAway) {
			t.Errorf("the error is %v", err)
		}
	})
}

// Nothing waits for views that are made from the same topics.
func TestAwaitDisplaced(t *testing.T) {
	_, v := replaced(t, brook.RebuildStale, nil)
	if err := v.AwaitDisplaced(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// Views that were made from other topics are waited for until a rebuild ended, and are an error if
// it did not succeed.
func TestAwaitDisplacedViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := tasktest.New(t, nil)
		before.Publish("x")
		before.Follow()
		r := tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
			c.Store, c.Driver, c.OnStale = before.Store, before.Driver, brook.RebuildStale
			did := *def.Events[0]
			did.Topic = "elsewhere"
			def.Events[0] = &did
		})
		m := &recovery.Memory{Tasks: r.Set, Owed: func() {}}
		r.Reload = m.Reload
		v := &stale.Views{Tasks: r.Set, Memory: m}
		ended := make(chan struct{})
		time.AfterFunc(5*time.Second, func() { close(ended) })
		began := time.Now()
		err := v.AwaitDisplaced(t.Context(), ended)
		if !errors.Is(err, brook.ErrStale) || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
