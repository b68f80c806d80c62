package engine_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// conducted is a driver whose group does what the test says.
type conducted struct {
	*memdriver.Driver
	members chan brook.Member
	lost    chan error // ends a membership
}

func conduct(d *memdriver.Driver) *conducted {
	return &conducted{d, make(chan brook.Member, 1), make(chan error)}
}

func (d *conducted) Join(ctx context.Context, _ string, _ []string, m brook.Member) error {
	select {
	case d.members <- m:
	case <-ctx.Done():
		return nil
	}
	select {
	case err := <-d.lost:
		return err
	case <-ctx.Done():
		m.Release(context.WithoutCancel(ctx))
		return nil
	}
}

// calls counts effects by account.
type calls struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *calls) audit() *ledger.Audit {
	return &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
		return func(context.Context) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.n == nil {
				c.n = map[string]int{}
			}
			c.n[e.Data.Account]++
			return nil
		}
	}}
}

func (c *calls) made() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}

// member is an app that folds the whole log and is one of a group.
type member struct {
	*harness
	calls  calls
	place  brook.Member
	driver *conducted
}

func enlisted(t *testing.T, d *memdriver.Driver, store brook.Store) *member {
	t.Helper()
	m := &member{driver: conduct(d)}
	m.harness = open(t, config(m.driver, store), m.calls.audit())
	m.harness.driver = d
	m.place = <-m.driver.members
	return m
}

// emitted counts what stands in the log that handlers emitted, by account.
func emitted(t *testing.T, d *memdriver.Driver) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, e := range published(t, d, "ledger") {
		if e.Type == ledger.NotedType {
			n[string(e.key)]++
		}
	}
	return n
}

type publishedEvent struct {
	brook.Message
	key []byte
}

func published(t *testing.T, d *memdriver.Driver, topic string) (all []publishedEvent) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		r, err := d.Open(t.Context(),
			brook.Position{Topic: topic, Partition: p.Number, Offset: p.Start})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for next := p.Start; next < p.End; {
			c, err := r.Read(t.Context(), 1000)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.Records {
				e := publishedEvent{key: c.Records[i].Key}
				if err := (brook.CloudEvents{}).Open(&c.Records[i], &e.Message); err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			next = c.Next
		}
	}
	return all
}

func mark(t *testing.T, d *memdriver.Driver) int64 {
	t.Helper()
	marks, err := d.Marks(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	if len(marks) == 0 {
		return 0
	}
	return marks[0].Offset
}

// Where several instances fold the whole log, one acts for a partition, and takes over where the
// other ended.
func TestOneOfSeveralActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		a, b := enlisted(t, d, newStore()), enlisted(t, d, newStore())
		a.place.Assign([]brook.Position{{Topic: "ledger"}})
		b.place.Assign(nil)
		both := func(pos brook.Position, err error) {
			t.Helper()
			a.wait(pos, err)
			b.wait(pos, nil)
		}
		both(a.Publish.Opened(a.ctx, ledger.Opened{Account: "x"}))
		both(a.Publish.Opened(a.ctx, ledger.Opened{Account: "y"}))
		both(a.move("x", 1, "emit"))
		synctest.Wait()
		if got := emitted(t, d); got["x"] != 1 {
			t.Errorf("emitted for x: %d", got["x"])
		}
		if n, m := a.calls.made()["x"], b.calls.made()["x"]; n != 1 || m != 0 {
			t.Errorf("%d effects of the owner, %d of the other", n, m)
		}

		// In between nobody acts; both fold on.
		a.place.Release(a.ctx)
		handed := mark(t, d)
		if end := span(t, d); handed != end {
			t.Errorf("the owner released at mark %d of %d", handed, end)
		}
		both(a.move("y", 1, "emit"))
		synctest.Wait()
		if n := len(a.calls.made()) + len(b.calls.made()); n != 1 || emitted(t, d)["y"] != 0 {
			t.Errorf("after the release %d accounts had effects, %d emissions", n,
				emitted(t, d)["y"])
		}
		a.place.Assign(nil)
		b.place.Assign([]brook.Position{{Topic: "ledger", Offset: handed}})
		synctest.Wait()
		if n, m := a.calls.made()["y"], b.calls.made()["y"]; n != 0 || m != 1 ||
			emitted(t, d)["y"] != 1 {
			t.Errorf("after the change of hands: %d effects of the old owner, %d of the new one, %d emissions", n, m, emitted(t, d)["y"])
		}
		both(a.move("y", 1, "emit"))
		synctest.Wait()
		if got := emitted(t, d); got["x"] != 1 || got["y"] != 2 {
			t.Errorf("emitted %v", got)
		}
		if n, m := a.calls.made(), b.calls.made(); n["x"] != 1 || n["y"] != 0 || m["x"] != 0 ||
			m["y"] != 2 {
			t.Errorf("effects %v and %v", n, m)
		}
		time.Sleep(3 * time.Second) // the others hear of it now and then
		synctest.Wait()
		for name, m := range map[string]*member{"old": a, "new": b} {
			if n := waiting(t, m.store); n != 0 {
				t.Errorf("%d emissions wait in the store of the %s owner", n, name)
			}
		}
	})
}

// An owner that is gone without a word is followed by one that does what it left, and nothing twice
// that it marked.
func TestOwnerThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		a, b := enlisted(t, d, newStore()), enlisted(t, d, newStore())
		a.place.Assign([]brook.Position{{Topic: "ledger"}})
		b.place.Assign(nil)
		a.wait(a.Publish.Opened(a.ctx, ledger.Opened{Account: "x"}))
		a.wait(a.move("x", 1, "emit"))
		time.Sleep(2 * time.Second) // it marks
		synctest.Wait()
		a.driver.lost <- errors.New("session timed out")
		synctest.Wait()
		at := a.wait(a.move("x", 1, "emit")) // folded, and held back: nobody owns it
		b.wait(at, nil)
		synctest.Wait()
		if got := emitted(t, d)["x"]; got != 1 {
			t.Errorf("%d emissions while nobody owns the partition", got)
		}
		b.place.Assign([]brook.Position{{Topic: "ledger", Offset: mark(t, d)}})
		synctest.Wait()
		if n, m := a.calls.made()["x"], b.calls.made()["x"]; n != 1 || m != 1 ||
			emitted(t, d)["x"] != 2 {
			t.Errorf("%d effects of the old owner, %d of the new one, %d emissions", n, m,
				emitted(t, d)["x"])
		}
		b.note("x", "noted: +1 makes 1", "noted: +1 makes 2")
	})
}

// What an instance that ends had not published is published when it starts again, as its store
// still has it.
func TestHeldBackOverRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		a := enlisted(t, d, s)
		a.place.Assign(nil)
		a.wait(a.Publish.Opened(a.ctx, ledger.Opened{Account: "x"}))
		a.wait(a.move("x", 1, "emit"))
		if err := a.stop(); err != nil {
			t.Fatal(err)
		}
		if n := waiting(t, s); n != 1 || emitted(t, d)["x"] != 0 {
			t.Fatalf("%d emissions wait, %d are published", n, emitted(t, d)["x"])
		}
		again := enlisted(t, d, s)
		synctest.Wait()
		if n := emitted(t, d)["x"]; n != 0 {
			t.Errorf("%d emissions before the partition is the app's", n)
		}
		again.place.Assign([]brook.Position{{Topic: "ledger"}})
		synctest.Wait()
		if n := waiting(t, s); n != 0 || emitted(t, d)["x"] != 1 {
			t.Errorf("%d emissions wait, %d are published", n, emitted(t, d)["x"])
		}
	})
}

// span gives the end of the ledger's only partition.
func span(t *testing.T, d *memdriver.Driver) int64 {
	t.Helper()
	p, err := d.Partitions(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	return p[0].End
}

// waiting counts the emissions in a store's outbox.
func waiting(t *testing.T, s brook.Store) (n int) {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/outbox"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
