package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// reached tells when the store of a group's members stands at the end of all partitions.
type reached struct {
	mu   sync.Mutex
	next map[int32]int64
	want map[int32]int64
	done chan struct{}
}

func (r *reached) commit(c brook.Commit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range c.Partitions {
		r.next[p.Partition] = max(r.next[p.Partition], p.Next)
	}
	r.look()
}

func (r *reached) look() {
	for n, want := range r.want {
		if r.next[n] < want {
			return
		}
	}
	if r.want != nil {
		close(r.done)
		r.want = nil
	}
}

// wait waits until all is folded that the ledger's log holds, with what is emitted meanwhile.
func (r *reached) wait(t *testing.T, ctx context.Context, d *memdriver.Driver) {
	t.Helper()
	for {
		partitions, err := d.Partitions(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		behind := false
		r.want, r.done = map[int32]int64{}, make(chan struct{})
		for _, p := range partitions {
			r.want[p.Number] = p.End
			behind = behind || r.next[p.Number] < p.End
		}
		r.look()
		done := r.done
		r.mu.Unlock()
		if !behind {
			return
		}
		select {
		case <-done:
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}

// Members of a group divide the partitions over one store; whatever moves between them, the views
// equal one pass, and what is emitted counts once.
func TestGroupDividesPartitions(t *testing.T) {
	const partitions, members, rounds = 4, 3, 12
	d := log(t, partitions, nil)
	s := newShared()
	r := &reached{next: map[int32]int64{}}
	var b breaker
	var apps []*member
	for range members {
		m := &member{driver: conduct(d)}
		c := config(m.driver, s)
		c.Group, c.BatchSize, c.Hooks.Commit = true, 7, r.commit
		m.harness = open(t, c, &ledger.Audit{Do: b.do})
		m.harness.driver = d
		m.place = <-m.driver.members
		apps = append(apps, m)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		for _, m := range apps {
			m.place.Release(m.ctx)
		}
		own := make([][]brook.Position, members)
		for n := range int32(partitions) {
			to := rnd.IntN(members)
			own[to] = append(own[to], brook.Position{Topic: "ledger", Partition: n})
		}
		for i, m := range apps {
			m.place.Assign(own[i])
		}
		if _, err := apps[round%members].PublishAll(t.Context(),
			func(yield func(brook.Outgoing) bool) {
				for _, e := range apart(story(rnd, 60)) {
					if !yield(e) {
						return
					}
				}
			}); err != nil {
			t.Fatal(err)
		}
		if round%4 == 0 { // else the next division finds them at work
			r.wait(t, apps[0].ctx, d)
		}
	}
	r.wait(t, apps[0].ctx, d)
	got := tell(t, apps[0].App)
	t.Logf("%d conflicts", s.conflicts)

	alone := &member{driver: conduct(d)}
	c := config(alone.driver, newStore())
	alone.harness = open(t, c, &ledger.Audit{Do: b.do})
	alone.harness.driver = d
	(<-alone.driver.members).Assign(nil)
	alone.caughtUp()
	if want := tell(t, alone.App); !reflect.DeepEqual(got, want) {
		t.Errorf("%s", brooktest.Diff(got, want))
	}
	if err := apps[0].Process.Noted(t.Context(), ledger.Noted{Account: "0"}); !errors.Is(err,
		brook.ErrGroup) {
		t.Errorf("Process: %v", err)
	}
	for _, m := range apps {
		if err := m.stop(); err != nil {
			t.Fatal(err)
		}
	}
	if n := waiting(t, s); n != 0 {
		t.Errorf("%d emissions wait in the store", n)
	}
}

// stopped is a shared store that holds up the next commit that writes a table, until the commit's
// context ends.
type stopped struct {
	*shared
	suffix string // of the table's name
	table  brook.Table
	armed  atomic.Bool
	at     chan struct{} // closed when the commit has come
}

func (s *stopped) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	t, err := s.shared.Table(ctx, spec)
	if strings.HasSuffix(spec.Name, s.suffix) {
		s.table = t
	}
	return t, err
}

func (s *stopped) Commit(ctx context.Context, b *brook.Batch) error {
	writes := func(w brook.Write) bool { return w.Table == s.table && string(w.Key) != "folds" }
	if slices.ContainsFunc(b.Writes, writes) && s.armed.CompareAndSwap(true, false) {
		close(s.at)
		<-ctx.Done()
		return ctx.Err()
	}
	return s.shared.Commit(ctx, b)
}

// A division ends what a lane is about to write: its claim, or offsets without records. That does
// not end Run.
func TestDivisionInterruptsWritesOfLanes(t *testing.T) {
	for _, test := range []struct {
		name, table string
		events      int
	}{{"claim", "/state", 1}, {"offsets without records", "/positions", 0}} {
		t.Run(test.name, func(t *testing.T) {
			d, s := log(t, 1, nil), &stopped{shared: newShared(), suffix: test.table,
				at: make(chan struct{})}
			m := &member{driver: conduct(d)}
			c := config(m.driver, s)
			c.Group = true
			m.harness = open(t, c, &ledger.Audit{})
			m.harness.driver = d
			m.place = <-m.driver.members
			for range test.events {
				m.raw("b", ledger.OpenedType, `{"account":"b"}`)
			}
			s.armed.Store(true)
			all := []brook.Position{{Topic: "ledger"}}
			m.place.Assign(all)
			<-s.at
			m.place.Assign(nil)
			m.place.Assign(all)
			m.wait(m.raw("a", ledger.OpenedType, `{"account":"a"}`), nil)
			if err := m.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// CatchUp says so when its context ended before it had written how far the partitions stand.
func TestInterruptedCatchUpHasNotCaughtUp(t *testing.T) {
	s := &stopped{shared: newShared(), suffix: "/positions", at: make(chan struct{})}
	app, err := ledger.NewApp(config(log(t, 1, nil), s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	s.armed.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.at; cancel() }()
	if err := app.CatchUp(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("CatchUp: %v, want that it was cancelled", err)
	}
}

// unheard is a member's driver that publishes by another one.
type unheard struct {
	*conducted
	by *refusing
}

func (d unheard) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	return d.by.Publish(ctx, records)
}

// A member that is gone leaves its emissions in the shared store, and the next owner publishes
// them.
func TestNextOwnerPublishesWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		group := func(driver brook.Driver, conductor *conducted) *member {
			c := config(driver, s)
			c.Group = true
			m := &member{harness: open(t, c, &ledger.Audit{})}
			m.harness.driver = d
			m.place = <-conductor.members
			m.place.Assign([]brook.Position{{Topic: "ledger"}})
			return m
		}
		first, second := conduct(d), conduct(d)
		silent := &refusing{Driver: d}
		silent.refuse(1_000_000, errors.New("the broker is away"))
		a := group(unheard{first, silent}, first)
		a.wait(a.raw("x", ledger.OpenedType, `{"account":"x"}`), nil)
		at := a.wait(a.raw("x", ledger.MovedType, `{"account":"x","cents":1,"order":"emit"}`), nil)
		a.place.Assign(nil)
		if n := waiting(t, s); n != 1 {
			t.Fatalf("%d emissions wait in the store", n)
		}
		b := group(second, second)
		at.Offset++
		b.wait(at, nil)
		b.note("x", "noted: +1 makes 1")
		synctest.Wait()
		if n := waiting(t, s); n != 0 {
			t.Errorf("%d emissions wait in the store", n)
		}
	})
}

// What can't be divided is refused, with all reasons.
func TestGroupIsRefused(t *testing.T) {
	_, err := ledger.NewApp(brook.Config{Author: "ledger", Group: true, Driver: struct{ brook.Driver }{memdriver.New()}, Store: newStore(), Envelope: unkeyed{}},
		ledger.Books{}, &ledger.Audit{})
	if !errors.Is(err, brook.ErrConfig) {
		t.Fatalf("%v, want ErrConfig", err)
	}
	for _, reason := range []string{"no groups", "which partition", "the process's own",
		"record keys"} {
		if !strings.Contains(err.Error(), reason) {
			t.Errorf("the error does not say %q: %v", reason, err)
		}
	}
}

type unkeyed struct{ brook.CloudEvents }

func (unkeyed) Unkeyed() bool { return true }
