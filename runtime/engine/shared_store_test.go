package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// shared is a store that several apps write as if they were processes: it gives versions and heeds
// checks.
type shared struct {
	brook.Store
	mu        sync.Mutex
	count     uint64
	versions  map[brook.Table]map[string]uint64
	conflicts int
}

func newShared() *shared {
	return &shared{Store: mapstore.New(), versions: map[brook.Table]map[string]uint64{}}
}

func (s *shared) Fenced() bool         { return true }
func (s *shared) Durable() bool        { return true }
func (s *shared) Latest() brook.Reader { return versioned{s.Store.Latest(), s} }

func (s *shared) Commit(ctx context.Context, b *brook.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range b.Checks {
		if c.Value != nil {
			v, err := s.Store.Latest().Get(ctx, c.Table, c.Key)
			if err != nil && !errors.Is(err, brook.ErrNotFound) {
				return err
			}
			if err != nil || !bytes.Equal(v.Data.([]byte), c.Value) {
				s.conflicts++
				return brook.ErrConflict
			}
		} else if s.versions[c.Table][string(c.Key)] != c.Version {
			s.conflicts++
			return brook.ErrConflict
		}
	}
	if err := s.Store.Commit(ctx, b); err != nil {
		return err
	}
	s.count++
	for _, w := range b.Writes {
		if s.versions[w.Table] == nil {
			s.versions[w.Table] = map[string]uint64{}
		}
		if w.Op == brook.Remove {
			delete(s.versions[w.Table], string(w.Key))
		} else {
			s.versions[w.Table][string(w.Key)] = s.count
		}
	}
	return nil
}

// versioned reads value and version together.
type versioned struct {
	brook.Reader
	s *shared
}

func (r versioned) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	v, err := r.Reader.Get(ctx, t, key)
	v.Version = r.s.versions[t][string(key)]
	return v, err
}

func (r versioned) Fetch(ctx context.Context, keys []brook.TableKey) ([]brook.Value, error) {
	values := make([]brook.Value, len(keys))
	for i, k := range keys {
		v, err := r.Get(ctx, k.Table, k.Key)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

func (r versioned) Scan(ctx context.Context,
	t brook.Table, from, to []byte) iter.Seq2[brook.Row, error] {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	var rows []brook.Row
	for row, err := range r.Reader.Scan(ctx, t, from, to) {
		if err != nil {
			return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, err) }
		}
		row.Key = bytes.Clone(row.Key)
		row.Value.Version = r.s.versions[t][string(row.Key)]
		rows = append(rows, row)
	}
	return func(yield func(brook.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// TestSeveralProcessesOverOneStore folds one log by several apps at once, with what their users do
// besides.
func TestSeveralProcessesOverOneStore(t *testing.T) {
	d := log(t, 3, apart(story(rand.New(rand.NewPCG(5, 5)), 600)))
	none := storetest.NewFault(storetest.Fail, 0)
	alone, _ := catchUp(t, d, mapstore.New(), none)
	want := tell(t, alone)
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		s := newShared()
		c := config(d, s)
		c.BatchSize = 1 + 10*round
		var apps []*harness
		for range 3 {
			var b breaker
			apps = append(apps, open(t, c, &ledger.Audit{Do: b.do}))
		}
		if round > 0 {
			if err := apps[0].Rebuild(apps[0].ctx); err != nil &&
				!errors.Is(err, brook.ErrConflict) {
				t.Fatal(err)
			}
		}
		for _, h := range apps {
			h.driver = d
			h.caughtUp()
		}
		if got := tell(t, apps[2].App); !reflect.DeepEqual(got, want) {
			t.Errorf("round %d:\n%s", round, brooktest.Diff(got, want))
		}
		t.Logf("round %d: %d conflicts", round, s.conflicts)
		for _, h := range apps {
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLettersOfOneProcessAreRedrivenByAnother(t *testing.T) {
	d, s := log(t, 1, nil), newShared()
	var b breaker
	first := open(t, config(d, s), &ledger.Audit{Do: b.do})
	first.driver = d
	first.opened("a")
	first.fails(first.move("a", 1, "fail"))
	b.set(true)
	second, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{Do: b.do})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if n, err := second.Redrive(t.Context(), nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	first.wait(first.move("a", 2, "")) // it does not wait behind what the other redrove
	first.note("a", "+1 makes 1", "+2 makes 3")
	if err := second.Process.Moved(t.Context(), ledger.Moved{Account: "a", Cents: 10}); err != nil {
		t.Fatal(err)
	}
	first.wait(first.move("a", 3, ""))
	first.balance("a", 16, 4)
	if err := second.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.wait(first.move("a", 4, ""))
	first.balance("a", 10, 4) // what Process applied is forgotten
	if a := brook.Must(second.Views.Accounts.Get("a")); fmt.Sprint(a.Balance, a.Moves) != "10 4" {
		t.Errorf("the other process sees %+v", a)
	}
}

// A rebuild that another process overtook ends with a conflict, also where the app read the state
// anew meanwhile.
func TestOvertakenRebuildDoesNotSwitch(t *testing.T) {
	d, s := log(t, 1, []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"}), brook.Emit(ledger.Moved{Account: "a", Cents: 1})}), newShared()
	other := another(t, d, s)
	if err := other.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	entered, leave := make(chan struct{}), make(chan struct{})
	slow, err := ledger.NewApp(config(d, s), ledger.Books{},
		&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			once.Do(func() { close(entered); <-leave })
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	rebuilt := make(chan error, 1)
	go func() { rebuilt <- slow.Rebuild(t.Context()) }()
	<-entered
	if err := other.Rebuild(t.Context()); err != nil { // gives up what the slow one builds
		t.Fatal(err)
	}
	process(t, slow, "b") // which reads the state anew
	close(leave)
	if err := <-rebuilt; !errors.Is(err, brook.ErrConflict) {
		t.Errorf("the overtaken rebuild: %v, want ErrConflict", err)
	}
	for _, app := range []*ledger.App{slow, other} {
		if n, err := app.Views.Accounts.Len(); n != 2 || err != nil {
			t.Errorf("%d accounts, %v; want 2", n, err)
		}
	}
}
