package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// watched is a driver that counts what one instance publishes, and may be cut off.
type watched struct {
	*memdriver.Driver
	mu        sync.Mutex
	published []brook.Record
	cut       bool
}

func (d *watched) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, emission := records[0].Header("ce_brooklane"); emission && d.cut {
		return nil, errors.New("the broker is away")
	}
	d.published = append(d.published, records...)
	return d.Driver.Publish(ctx, records)
}

// severed is a shared store as one process sees it, which may lose the connection.
type severed struct {
	*shared
	gone atomic.Bool
}

func (s *severed) Commit(ctx context.Context, b *brook.Batch) error {
	if s.gone.Load() {
		return errors.New("the store is away")
	}
	return s.shared.Commit(ctx, b)
}

func (s *severed) Latest() brook.Reader { return severedReader{s.shared.Latest(), s} }

type severedReader struct {
	brook.Reader
	s *severed
}

func (r severedReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	if r.s.gone.Load() {
		return brook.Value{}, errors.New("the store is away")
	}
	return r.Reader.Get(ctx, t, key)
}

// Rule 14: of several instances over a shared store one publishes, in the order of the commits,
// what all of them commit; another takes over when it ends, and, once no beat is seen for a while,
// when it is gone without a word. Nothing is lost, and nothing counts twice.
func TestOneInstancePublishesOverASharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(memdriver.Partitions(2)), newShared()
		type instance struct {
			*harness
			driver *watched
			store  *severed
		}
		begin := func() instance {
			i := instance{driver: &watched{Driver: d}, store: &severed{shared: s}}
			i.harness = open(t, config(i.driver, i.store), &ledger.Audit{})
			i.harness.driver = d
			synctest.Wait()
			return i
		}
		a, b := begin(), begin()
		n := 0
		move := func(by ...instance) {
			t.Helper()
			for _, h := range by {
				for i := range 20 {
					n++
					h.wait(h.move(fmt.Sprint("account ", i%5), 1, "emit"))
				}
				if err := h.Process.Moved(h.ctx,
					ledger.Moved{Account: "account 0", Cents: 1, Order: "emit"}); err != nil {
					t.Fatal(err)
				}
				n++
			}
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
		}
		emissions := func(i instance) (n int) {
			i.driver.mu.Lock()
			defer i.driver.mu.Unlock()
			for _, r := range i.driver.published {
				if _, ok := r.Header("ce_brooklane"); ok {
					n++
				}
			}
			return n
		}
		for i := range 5 {
			a.opened(fmt.Sprint("account ", i))
		}
		move(a, b, a)
		if x, y := emissions(a), emissions(b); x != n || y != 0 {
			t.Errorf("the first instance published %d of %d, the other one %d", x, n, y)
		}

		if err := a.stop(); err != nil { // it leaves the lease
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		move(b)
		if x := emissions(b); x != 21 {
			t.Errorf("the second instance published %d after the first one left, want 21", x)
		}

		c := begin()
		cut := func(cut bool) {
			b.driver.mu.Lock()
			defer b.driver.mu.Unlock()
			b.driver.cut = cut
		}
		cut(true) // what it commits from here on it leaves
		move(b)
		b.store.gone.Store(true)
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if x := emissions(c); x != 0 {
			t.Errorf("another instance published %d while the lease may be held", x)
		}
		time.Sleep(4 * time.Second)
		move(c)
		if x := emissions(c); x != 42 {
			t.Errorf("who took over published %d, want what the other left and its own: 42", x)
		}
		if w := waiting(t, s); w != 0 {
			t.Errorf("%d emissions wait in the store", w)
		}
		cut(false)
		b.store.gone.Store(false) // it comes back, and finds that it is not the one
		time.Sleep(3 * time.Second)
		move(b)
		if x := emissions(c); x != 63 {
			t.Errorf("after the other came back: %d, want 63; %d by the other, %d wait", x,
				emissions(b), waiting(t, s))
		}
		notes := 0
		for i := range 5 {
			list, err := c.Views.Notes.Get(fmt.Sprint("account ", i))
			if err != nil {
				t.Fatal(err)
			}
			notes += len(list)
		}
		if notes != n {
			t.Errorf("%d emissions count, want %d", notes, n)
		}
		rising(t, d)
	})
}

// rising checks that the numbers of each stream rise in each partition, but for repeats.
func rising(t *testing.T, d *memdriver.Driver) {
	t.Helper()
	seen := map[string][]brook.Sequence{}
	for _, e := range published(t, d, "ledger") {
		if e.Lane == "" {
			continue
		}
		at := fmt.Sprint(e.Lane, " ", d.Partition(e.key, 2))
		if all := seen[at]; !slices.Contains(all, e.Sequence) {
			if len(all) > 0 && !e.Sequence.After(all[len(all)-1]) {
				t.Errorf("stream %s: %v comes after %v", at, e.Sequence, all[len(all)-1])
			}
			seen[at] = append(all, e.Sequence)
		}
	}
}

// CatchUp publishes where nobody else does, and leaves it to who does: it does not wait for ever.
func TestCatchUpOverASharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		h := open(t, config(d, s), &ledger.Audit{})
		h.opened("a")
		app := newLedger(t, config(d, s), &ledger.Audit{})
		defer app.Close()
		if _, err := app.Publish.Moved(t.Context(),
			ledger.Moved{Account: "a", Cents: 1, Order: "emit"}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Publish.Moved(t.Context(),
			ledger.Moved{Account: "a", Cents: 2, Order: "emit"}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if notes, err := app.Views.Notes.Get("a"); err != nil || len(notes) != 2 ||
			waiting(t, s) != 0 {
			t.Errorf("notes %q, %v; %d emissions wait", notes, err, waiting(t, s))
		}
	})
}

// Rule 14: what an instance processes or redrives before it runs comes behind what others left in
// the outbox: their numbers are lower, and receivers take what comes after a higher one for a
// repeat.
func TestProcessedBeforeRunComesBehindWhatOthersLeft(t *testing.T) {
	for _, run := range []string{"CatchUp", "Run"} {
		d, s := &watched{Driver: memdriver.New()}, newShared()
		for i := range 3 {
			app := newLedger(t, config(d, s), &ledger.Audit{})
			defer app.Close()
			if i == 0 {
				if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := app.Process.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: int64(i + 1), Order: "emit"}); err != nil {
				t.Fatal(err)
			}
			if i < 2 {
				app.Close() // it never publishes
				continue
			}
			if run == "CatchUp" {
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				continue
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			r, err := d.Open(ctx, brook.Position{Topic: "ledger"})
			if err != nil {
				t.Fatal(err)
			}
			for n := 0; n < 3; {
				c, err := r.Read(ctx, 3)
				if err != nil {
					t.Fatal(err)
				}
				n += len(c.Records)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		var last brook.Sequence
		for _, r := range d.published {
			var m brook.Message
			if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
				t.Fatal(err)
			}
			if m.Sequence.Offset <= last.Offset {
				t.Errorf("%s: number %d is published behind %d", run, m.Sequence.Offset,
					last.Offset)
			}
			last = m.Sequence
		}
		if len(d.published) != 3 {
			t.Errorf("%s: %d emissions are published, want 3", run, len(d.published))
		}
	}
}
