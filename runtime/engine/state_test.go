package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// writers are the occasions at which an app writes its state.
var writers = map[string]func(t *testing.T, s brook.Store, c brook.Config, arm func()) error{
	"rebuild": func(t *testing.T, _ brook.Store, c brook.Config, arm func()) error {
		app := ledgerOver(t, c)
		arm()
		return app.Rebuild(t.Context())
	},
	"going on with stale views": func(t *testing.T, s brook.Store, c brook.Config,
		arm func()) error {
		alter(t, s, foreignCode)
		c.OnStale = brook.GoOn
		app := ledgerOver(t, c)
		if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "new"}); err != nil {
			return err
		}
		arm()
		return app.CatchUp(t.Context())
	},
}

func writesState(b *brook.Batch) bool {
	return slices.ContainsFunc(b.Writes,
		func(w brook.Write) bool { return string(w.Key) == "state" })
}

// Another process may change the state at any moment: neither overwrites the other's part of it
// (rule 40).
func TestStateHasOneWriterAtATime(t *testing.T) {
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			d, own := filled(t)
			s := newShared()
			s.Store = own
			h := &heeded{shared: s}
			var armed atomic.Bool
			var writes atomic.Int32 // the removal of leftovers commits beside the test
			h.before = func(b *brook.Batch) {
				if !armed.Load() || !writesState(b) {
					return
				}
				between := writes.Add(1)
				if between > 4 {
					return
				}
				alter(t, s, func(state map[string]any) {
					state["Tables"].(map[string]any)[fmt.Sprint(100+between)] = []string{}
				})
			}
			if err := write(t, s, config(d, h), func() { armed.Store(true) }); err != nil {
				t.Fatal(err)
			}
			between := min(writes.Load(), 4)
			if between == 0 {
				t.Fatal("it did not write the state")
			}
			for n := range between {
				if state := rawRows(t, own, "state")["state"]; !strings.Contains(state,
					fmt.Sprintf(`"%d":[]`, 101+n)) {
					t.Errorf("what another process wrote at write %d is gone: %s", n+1, state)
				}
			}
		})
	}
}

var errAnswer = errors.New("the answer was lost")

// Whose answer from the store is lost finds out what became of the commit.
func TestLostAnswersOfTheState(t *testing.T) {
	for name, write := range writers {
		for _, done := range []bool{true, false} {
			d, own := filled(t)
			spy := newSpy(own)
			var armed atomic.Bool
			var lost atomic.Int32 // the removal of leftovers commits beside the test
			spy.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
				if !armed.Load() || !writesState(b) || lost.Add(1) > 3 {
					return do()
				}
				if done {
					return errors.Join(errAnswer, do())
				}
				return errAnswer
			})
			err := write(t, own, config(d, spy), func() { armed.Store(true) })
			if err != nil || lost.Load() == 0 {
				t.Errorf("%s, done %t, lost %d: %v", name, done, lost.Load(), err)
			}
			if err := ledgerOver(t, config(d, own)).Rebuild(t.Context()); err != nil {
				t.Errorf("%s, done %t: a rebuild after it: %v", name, done, err)
			}
		}
	}
}
