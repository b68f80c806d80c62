package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// leaving is a driver that tells when a member of its group is to leave it.
type leaving struct {
	*memdriver.Driver
	left func() // is called once the member acts for nothing any more
}

func (d leaving) Join(ctx context.Context, group string, topics []string, m brook.Member) error {
	context.AfterFunc(ctx, d.left)
	return d.Driver.Join(ctx, group, topics, m)
}

// owing makes a store that owes an emission since the last rebuild: Run is leaving its group when
// it looks for what is owed, and so takes over nothing before it ends.
func owing(t *testing.T, d *memdriver.Driver, s *spy) *harness {
	t.Helper()
	var bug, promoted atomic.Bool
	bug.Store(true)
	left, looks := make(chan struct{}), make(chan struct{}, 10)
	h := open(t, config(leaving{d, sync.OnceFunc(func() { close(left) })}, s), faulty(&bug))
	h.driver = d
	h.opened("a")
	h.fails(h.move("a", 1, "emit"))
	bug.Store(false)
	s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		err := do()
		for _, w := range b.Writes {
			v, ok := w.Value.([]byte)
			if ok && err == nil && string(w.Key) == "state" &&
				strings.Contains(string(v), `"Generation":2`) {
				promoted.Store(true)
			}
		}
		return err
	})
	s.onScan(func(table brook.Table) {
		if promoted.Load() && s.name(table) == "ledger/2/owed" {
			looks <- struct{}{}
			<-left
		}
	})
	if err := h.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-looks
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	s.onScan(nil)
	s.onCommit(nil)
	if n := len(rawRows(t, s, "2/owed")); n != 1 {
		t.Fatalf("%d emissions are owed after Run, want 1", n)
	}
	return h
}

// What a rebuild owes is published by whoever comes next, where Run ended between the promotion and
// its taking over of that (rule 26).
func TestOwedEmissionOutlivesRun(t *testing.T) {
	notes := func(t *testing.T, app *ledger.App) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		run, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- app.Run(run) }()
		for u, err := range app.Views.Notes.Watch(ctx, "a") {
			if err != nil {
				t.Error(err)
			}
			if err != nil || u.Present {
				break
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	catchUp := func(t *testing.T, app *ledger.App) {
		t.Helper()
		if err := app.CatchUp(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		name    string
		restart bool
		next    func(t *testing.T, app *ledger.App)
	}{
		{"CatchUp", false, catchUp},
		{"Run", false, notes},
		{"CatchUp after a restart", true, catchUp},
		{"Run after a restart", true, notes},
		{"CatchUp after Process", false, func(t *testing.T, app *ledger.App) {
			process(t, app, "b")
			catchUp(t, app)
		}},
		{"CatchUp after Redrive", false, func(t *testing.T, app *ledger.App) {
			if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
				t.Error(n, err)
			}
			catchUp(t, app)
		}},
		{"CatchUp after a rebuild", false, func(t *testing.T, app *ledger.App) {
			if err := app.Rebuild(t.Context()); err != nil {
				t.Error(err)
			}
			catchUp(t, app)
		}},
		{"CatchUp that fails, and CatchUp", false, func(t *testing.T, app *ledger.App) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := app.CatchUp(ctx); err == nil {
				t.Error("CatchUp does not heed its context")
			}
			catchUp(t, app)
		}},
	} {
		for _, durable := range []bool{false, true} {
			name := c.name
			if durable {
				name += ", over a durable store"
			}
			t.Run(name, func(t *testing.T) {
				d, s := memdriver.New(), newSpy(newStore())
				s.durable = durable
				app := owing(t, d, s).App
				if c.restart {
					if err := app.Close(); err != nil {
						t.Fatal(err)
					}
					app = newLedger(t, config(d, s), &ledger.Audit{})
					defer app.Close()
				}
				c.next(t, app)
				catchUp(t, app)
				if n := noted(t, d)["a"]; n != 1 {
					t.Errorf("%d emissions, want 1", n)
				}
				if note, err := app.Views.Notes.Get("a"); len(note) != 1 || err != nil {
					t.Errorf("notes %q, %v", note, err)
				}
			})
		}
	}
}

// The same for another App of the name, which was there before.
func TestOwedEmissionIsTheNextAppsOfTheName(t *testing.T) {
	d, s := memdriver.New(), newSpy(newStore())
	two := newLedger(t, config(d, s), &ledger.Audit{})
	defer two.Close()
	if err := two.CatchUp(t.Context()); err != nil { // it found that nothing is owed
		t.Fatal(err)
	}
	one := owing(t, d, s)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if err := two.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := noted(t, d)["a"]; n != 1 {
		t.Errorf("%d emissions, want 1", n)
	}
}

// The same over a shared store, if the partition was not the member's that rebuilt, when it looked.
func TestOwedEmissionOutlivesMembers(t *testing.T) {
	for _, next := range []string{"CatchUp", "the partition's next owner", "Run"} {
		t.Run(next, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := memdriver.New(), newShared()
				var bug atomic.Bool
				bug.Store(true)
				c := config(nil, s)
				c.Group = true
				m := enlist(t, d, c, faulty(&bug).Do)
				m.place.Assign(ledgerAt(0))
				m.opened("a")
				m.fails(m.move("a", 1, "emit"))
				bug.Store(false)
				m.place.Assign(nil)
				if err := m.Rebuild(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // it has looked
				if n := len(rawRows(t, s, "2/owed")); n != 1 {
					t.Fatalf("%d emissions are owed, want 1", n)
				}
				switch next {
				case "the partition's next owner":
					other := enlist(t, d, c, nil)
					other.place.Assign(ledgerAt(0))
					time.Sleep(20 * time.Second) // the lease is the first one's
					synctest.Wait()
				case "Run":
					if err := m.stop(); err != nil {
						t.Fatal(err)
					}
					run, stop := context.WithCancel(t.Context())
					ended := make(chan error, 1)
					go func() { ended <- m.Run(run) }()
					place := <-m.driver.members
					place.Assign(ledgerAt(0))
					time.Sleep(20 * time.Second)
					stop()
					if err := <-ended; err != nil {
						t.Fatal(err)
					}
				default:
					if err := m.stop(); err != nil {
						t.Fatal(err)
					}
					if err := m.CatchUp(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if n := noted(t, d)["a"]; n != 1 {
					t.Errorf("%d emissions, want 1", n)
				}
			})
		})
	}
}

// What is owed for an event of a topic that the code reads no more, so that no member of a group
// has its partition, is published once as well.
func TestOwedEmissionOfATopicThatIsReadNoMore(t *testing.T) {
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprint("group ", group), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := memdriver.New()
				var s brook.Store = newShared()
				if !group {
					s = newStore()
				}
				var bug atomic.Bool
				bug.Store(true)
				app := newLedger(t, config(d, s), faulty(&bug))
				at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
				at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				bug.Store(false)
				if err := app.Rebuild(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					c := config(d, s)
					c.Topic, c.Group, c.OnRetention = "others", group, brook.GoOn
					h := open(t, c, &ledger.Audit{})
					h.opened("b")
					time.Sleep(20 * time.Second)
					if err := h.stop(); err != nil {
						t.Fatal(err)
					}
					if err := h.Close(); err != nil {
						t.Fatal(err)
					}
				}
				if n := noted(t, d)["a"]; n != 1 {
					t.Errorf("%d emissions, want 1", n)
				}
			})
		})
	}
}
