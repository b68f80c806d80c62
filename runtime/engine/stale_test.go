package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// alter changes the state of the ledger in a store, as another process would.
func alter(t *testing.T, s brook.Store, change func(state map[string]any)) {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/state"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Latest().Get(t.Context(), table, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]any{}
	if err := json.Unmarshal(v.Data.([]byte), &state); err != nil {
		t.Fatal(err)
	}
	change(state)
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{{Table: table, Key: []byte("state"), Value: b}}}); err != nil {
		t.Fatal(err)
	}
}

func foreignCode(state map[string]any) {
	state["Made"].(map[string]any)["gone"] = map[string]any{"Key": "string"}
	state["Folds"] = "another version"
}

// Stale views are rebuilt by one member of a group, whoever has which partition later.
func TestGroupRebuildsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := log(t, 2, apart(story(rand.New(rand.NewPCG(3, 3)), 100))), newShared()
		first, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(first.CatchUp(t.Context()), first.Close()); err != nil {
			t.Fatal(err)
		}
		alter(t, s, foreignCode)
		var mu sync.Mutex
		began, ended := 0, 0
		var failed []error
		var members []*member
		for range 3 {
			c := config(nil, s)
			c.Group = true
			c.Hooks.Rebuild = func(done bool, err error) {
				mu.Lock()
				defer mu.Unlock()
				if !done {
					began++
				} else if err == nil {
					ended++
				}
			}
			c.Hooks.Failure = func(f brook.Failure) {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, f.Err)
			}
			members = append(members, enlist(t, d, c, nil))
		}
		place := func(n int32) []brook.Position { return []brook.Position{{Topic: "ledger", Partition: n}} }
		members[0].place.Assign(nil)
		members[1].place.Assign(place(1))
		members[2].place.Assign(place(0))
		time.Sleep(time.Second)
		synctest.Wait()
		members[2].place.Assign(nil)
		members[0].place.Assign(place(0))
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if began != 1 || ended != 1 || len(failed) > 0 {
			t.Errorf("%d rebuilds began, %d ended well, failures %v", began, ended, failed)
		}
	})
}

// An instance that finds that other code folds now folds nothing more, leaves the group and says
// so; it comes back when its own contract does, and when nobody folds by the other one any more
// (rule 40).
func TestViewsBecomeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		driver := conduct(d)
		c := config(driver, s)
		c.Group = true
		told := make(chan error, 10)
		c.Hooks.Failure = func(f brook.Failure) {
			if f.What == "folding" {
				told <- f.Err
			}
		}
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- app.Run(ctx) }()
		place := <-driver.members
		place.Assign(ledgerAt(0))
		m := &member{harness: &harness{App: app, t: t, ctx: t.Context(), driver: d}}
		m.wait(m.raw("x", ledger.OpenedType, `{"account":"x"}`), nil)
		var was map[string]any
		alter(t, s, func(state map[string]any) {
			was = maps.Clone(state)
			was["Made"] = maps.Clone(state["Made"].(map[string]any))
			foreignCode(state)
		})
		y := m.raw("y", ledger.OpenedType, `{"account":"yy"}`)
		if err := <-told; !errors.Is(err, brook.ErrStale) ||
			!strings.Contains(err.Error(), "gone") {
			t.Errorf("told: %v", err)
		}
		synctest.Wait()
		if n := len(rawRowsOf(t, s, "ledger/1/rows/accounts")); n != 1 {
			t.Errorf("%d accounts were folded", n)
		}
		if _, err := app.Views.Accounts.Get("x"); err != nil {
			t.Errorf("a read meanwhile: %v", err)
		}
		alter(t, s, func(state map[string]any) {
			clear(state)
			maps.Copy(state, was)
		})
		(<-driver.members).Assign(ledgerAt(0)) // it joined again
		m.wait(y, nil)

		alter(t, s, foreignCode)
		z := m.raw("z", ledger.OpenedType, `{"account":"z"}`)
		if err := <-told; !errors.Is(err, brook.ErrStale) {
			t.Errorf("told: %v", err)
		}
		started := time.Now()
		(<-driver.members).Assign(ledgerAt(0)) // nobody folds by that contract
		m.wait(z, nil)
		if took := time.Since(started); took < 30*time.Second || took > 2*time.Minute {
			t.Errorf("it came back after %s", took)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}
