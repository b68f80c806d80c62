package prefetch

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
)

// next holds names of rows, by names: an event reads the row of its key, and then the one that this
// names.
var next = &typed.Collection[string, string]{
	Name: "next", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

// far is a store that counts its calls.
type far struct {
	rows    map[string]string
	fetches [][]string // the rows that each call asked for
	gets    int
	err     error // of the next fetches
}

func (s *far) Fetch(_ context.Context, keys []brook.TableKey) ([]brook.Value, error) {
	var names []string
	values := make([]brook.Value, len(keys))
	for i, k := range keys {
		name, _ := key.DecodeString[string](k.Key)
		names = append(names, name)
		values[i] = s.value(name)
	}
	s.fetches = append(s.fetches, names)
	return values, s.err
}

func (s *far) value(name string) brook.Value {
	if v, ok := s.rows[name]; ok {
		return brook.Value{Data: &v, Shared: true}
	}
	return brook.Value{}
}

func (s *far) Get(_ context.Context, _ brook.Table, k []byte) (brook.Value, error) {
	s.gets++
	name, _ := key.DecodeString[string](k)
	return txn.Found(s.value(name))
}

func (s *far) Scan(context.Context, brook.Table, []byte, []byte) iter.Seq2[brook.Row, error] {
	panic("no event scans")
}

func (s *far) History(
	context.Context, brook.Table, []byte,
) iter.Seq2[*brook.HistoryEntry, error] {
	panic("no event reads histories")
}

// envelope is one in which all records are events of type go.
type envelope struct{}

func (envelope) Wrap(*brook.Message, *brook.Record) error { panic("nobody publishes") }

func (envelope) Open(r *brook.Record, m *brook.Message) error {
	*m = brook.Message{Type: "go", Data: r.Value, Keyed: true}
	return nil
}

// task is a task for which somebody waits, or nobody.
type task struct{ awaited bool }

func (t *task) Awaited() bool { return t.awaited }

func (t *task) Host(int) delivery.Host { return t }

func (t *task) Source() string { return "" }

func (t *task) Owns(*brook.Record) bool { return true }

func (t *task) ParkedAhead(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

func (t *task) Appears(*delivery.Delivery, string) bool { return false }

func (t *task) Blocker(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

// rig is a prefetcher with a task's transaction and one queue. Tests use it in bubbles: there dry
// runs take no time, so that no limit on it ends them.
type rig struct {
	t          *testing.T
	store      far
	task       task
	tx         *txn.Tx
	queue      *input.Queue
	prefetcher *Prefetcher
	calls      int // of the handler
}

// newRig returns a rig whose queue has events of the keys.
func newRig(t *testing.T, rows map[string]string, keys ...string) *rig {
	t.Helper()
	r := &rig{t: t, store: far{rows: rows}}
	layout := schema.NewLayout([]schema.Collection{next.Def().Info()})
	def := &delivery.Definition{
		Sets: []string{"S"}, Collections: []*brook.Collection{next.Def()}, Lane: r.lane,
	}
	r.tx = txn.New(def.Collections, layout, &r.store)
	r.tx.On([]brook.Table{0}, nil)
	r.prefetcher = New(Parts{
		Task: &r.task, Fetcher: &r.store, Tx: r.tx, Def: def,
		Code: &plan.Code{Layout: layout}, Envelope: envelope{},
	})
	r.queue = input.NewQueue(brook.Partition{Topic: "in"})
	chunk := brook.Chunk{Next: int64(len(keys)), End: int64(len(keys))}
	for i, k := range keys {
		chunk.Records = append(chunk.Records, brook.Record{
			Topic: "in", Offset: int64(i), Value: []byte(k),
		})
	}
	r.queue.Append(chunk, nil)
	return r
}

// lane is what generated code does: the handler reads two rows and creates one.
func (r *rig) lane(tx *txn.Tx) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) {
		d.Handle(0, func(context.Context) error {
			r.calls++
			name := string(d.Message.Data)
			for range 2 {
				v, err := tx.Get(0, key.AppendString(nil, name))
				if err != nil {
					return err
				}
				name = *v.Data.(*string)
			}
			typed.RowsOf(tx, 0, next).Apply(brook.Create("new "+string(d.Message.Data), name))
			return nil
		})
	}
}

func (r *rig) prefetch() {
	r.prefetcher.Begin(input.Queues{r.queue}, []brook.Table{0}, nil, false)
	r.prefetcher.Prefetch(r.t.Context(), r.t.Context(), r.queue, 100)
}

func (r *rig) want(fetches ...[]string) {
	r.t.Helper()
	if !slices.EqualFunc(r.store.fetches, fetches, slices.Equal[[]string]) {
		r.t.Errorf("fetched %q, want %q", r.store.fetches, fetches)
	}
	if r.store.gets > 0 {
		r.t.Errorf("%d reads of single rows in dry runs", r.store.gets)
	}
	for k := range r.tx.Changed(0) {
		r.t.Errorf("a dry run left %q in the batch", k)
	}
	for k := range r.prefetcher.tx.Changed(0) {
		r.t.Errorf("a dry run left %q for the next one", k)
	}
}

var chain = map[string]string{"a": "b", "b": "c", "x": "y", "y": "z"}

// All rows that events ask for first are fetched at once, and then those that these lead to.
func TestPrefetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chain, "a", "x")
		r.prefetch()
		r.want([]string{"a", "x"}, []string{"b", "y"})
		for _, name := range []string{"a", "b", "x", "y"} {
			v, known := r.tx.Fetched().Find(0, key.AppendString(nil, name))
			if !known || *v.Data.(*string) != chain[name] {
				t.Errorf("row %s is %v, known: %t", name, v.Data, known)
			}
		}
		// The same events do not run dry again for this batch.
		calls := r.calls
		r.prefetcher.Prefetch(t.Context(), t.Context(), r.queue, 100)
		if r.calls != calls {
			t.Errorf("%d further dry runs", r.calls-calls)
		}
	})
}

// A row that is missing is known to be missing, and is not asked for again.
func TestMissingRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chain, "no", "none")
		r.prefetch()
		r.want([]string{"no", "none"})
		if v, known := r.tx.Fetched().Find(0, key.AppendString(nil, "no")); !known || v.Data != nil {
			t.Errorf("the row is %v, known: %t", v.Data, known)
		}
	})
}

// A single row is not worth a fetch.
func TestSingleRow(t *testing.T) {
	r := newRig(t, chain, "a")
	r.prefetch()
	r.want()
}

// What the batch changed is not asked for.
func TestChangedRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chain, "a", "x")
		r.tx.Begin(txn.Event{Ctx: t.Context()})
		typed.RowsOf(r.tx, 0, next).Apply(brook.Create("a", "q"))
		r.tx.Accept()
		r.prefetch()
		if want := []string{"q", "x"}; !slices.Equal(r.store.fetches[0], want) {
			t.Errorf("fetched %q first, want %q", r.store.fetches[0], want)
		}
	})
}

// If somebody waits for the task, or it is to stop, nothing runs dry.
func TestAwaited(t *testing.T) {
	r := newRig(t, chain, "a", "x")
	r.task.awaited = true
	r.prefetch()
	r.task.awaited = false
	stop, cancel := context.WithCancel(t.Context())
	cancel()
	r.prefetcher.Prefetch(t.Context(), stop, r.queue, 100)
	if r.want(); r.calls > 0 {
		t.Errorf("%d dry runs", r.calls)
	}
}

// If the store fails, nothing is known: the event that needs the row finds out.
func TestFetchFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chain, "a", "x")
		r.store.err = fmt.Errorf("away")
		r.prefetch()
		r.want([]string{"a", "x"})
		if _, known := r.tx.Fetched().Find(0, key.AppendString(nil, "a")); known {
			t.Error("a row is known that was not fetched")
		}
	})
}

// Prefetching pauses if it finds nothing to fetch, for longer each time.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chain, "a", "a", "a", "a", "a", "a", "a", "a")
		ran := 0
		for range 40 {
			calls := r.calls
			if r.prefetch(); r.calls > calls {
				ran++
			}
			r.tx.Reset()
		}
		if ran < 2 || ran > 6 {
			t.Errorf("dry runs in %d of 40 batches, want few", ran)
		}
	})
}
