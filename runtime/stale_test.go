package brook_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
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
	state["Fingerprint"] = append(state["Fingerprint"].([]any), "set Gone handles gone")
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

// An instance does not go on with views that another one's code makes now.
func TestViewsBecomeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		driver := conduct(d)
		c := config(driver, s)
		c.Group = true
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ended := make(chan error, 1)
		go func() { ended <- app.Run(t.Context()) }()
		(<-driver.members).Assign(ledgerAt(0))
		m := &member{harness: &harness{App: app, t: t, ctx: t.Context(), driver: d}}
		m.wait(m.raw("x", ledger.OpenedType, `{"account":"x"}`), nil)
		alter(t, s, func(state map[string]any) {
			foreignCode(state)
			state["Generation"] = 2
		})
		m.raw("y", ledger.OpenedType, `{"account":"yy"}`)
		if err := <-ended; !errors.Is(err, brook.ErrStale) {
			t.Errorf("Run: %v", err)
		}
	})
}
