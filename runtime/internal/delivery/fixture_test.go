package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
)

// counts is the only collection of the tests.
var counts = &typed.Collection[string, int]{
	Name: "counts", Shape: "string", History: true,
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
	Clone: func(dst, src *int) error {
		if *src < 0 {
			return errors.New("it is negative")
		}
		*dst = *src
		return nil
	},
}

var (
	placed  = schema.Event{Type: "placed", Shape: "string", History: 1}
	def     = &delivery.Definition{Sets: []string{"A", "B", "C"}, Handlers: handlers}
	code    = &plan.Code{Events: map[string]schema.Event{"placed": placed}}
	at      = brook.Position{Topic: "in", Partition: 2, Offset: 7}
	written = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
)

var handlers = []plan.Handler{
	{Set: 0, Name: "Placed", Event: "placed"},
	{Set: 1, Name: "Other", Event: "other"},
	{Set: 1, Name: "OnPlaced", Event: "placed"},
	{Set: 1, Name: "Third", Event: "third"},
}

// host says what a test wants it to say.
type host struct {
	elsewhere bool
	blocked   map[string]brook.Position // by set
	ahead     map[string]brook.Position // by set
	appears   bool
}

func (h *host) Owns(*brook.Record) bool { return !h.elsewhere }

func (h *host) Source() string { return "app/log/in/2" }

func (h *host) Blocker(_ *delivery.Delivery, set string) (brook.Position, bool) {
	p, ok := h.blocked[set]
	return p, ok
}

func (h *host) ParkedAhead(_ *delivery.Delivery, set string) (brook.Position, bool) {
	p, ok := h.ahead[set]
	return p, ok
}

func (h *host) Appears(*delivery.Delivery, string) bool { return h.appears }

// reader is that of an empty store, whose reads fail with err unless that is nil.
type reader struct{ err error }

func (r *reader) Get(context.Context, brook.Table, []byte) (brook.Value, error) {
	if r.err != nil {
		return brook.Value{}, r.err
	}
	return brook.Value{}, brook.ErrNotFound
}

func (r *reader) Scan(
	context.Context, brook.Table, []byte, []byte,
) iter.Seq2[brook.Row, error] {
	return func(func(brook.Row, error) bool) {}
}

func (r *reader) History(
	context.Context, brook.Table, []byte,
) iter.Seq2[*brook.HistoryEntry, error] {
	return func(func(*brook.HistoryEntry, error) bool) {}
}

// fixture is a delivery of an event of type placed with the key k.
type fixture struct {
	*delivery.Delivery
	t      *testing.T
	host   host
	reader reader
	record brook.Record
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.record = brook.Record{
		Topic: at.Topic, Partition: at.Partition, Offset: at.Offset, Key: []byte("k"),
		Value: []byte("{}"), Time: written,
	}
	f.begin(false, false)
	return f
}

// begin begins an event: beside other tasks if it is confined, in a group if it is divided.
func (f *fixture) begin(confined, divided bool) {
	layout := schema.NewLayout([]schema.Collection{counts.Def().Info()})
	tx := txn.New([]*brook.Collection{counts.Def()}, layout, &f.reader)
	tx.On([]brook.Table{0}, nil)
	f.Delivery = delivery.New(tx, def, divided, "app")
	f.Prepare(f.t.Context(), &f.record, &f.host)
	f.Message = brook.Message{Type: "placed", Keyed: true, Time: written}
	f.Key = key.AppendString(nil, "k")
	tx.Begin(txn.Event{Ctx: f.t.Context(), Confined: confined})
}

// creates is a handler that creates a row, emits an event and asks for an effect, and returns err.
func (f *fixture) creates(k string, err error) func(context.Context) error {
	return func(context.Context) error {
		typed.RowsOf(f.Tx, 0, counts).Apply(brook.Create(k, 1))
		f.Emissions = append(f.Emissions, delivery.Emission{Set: f.Set})
		f.After(func(context.Context) error { return nil }, nil)
		return err
	}
}

// merges is a handler that adds 1 to a row.
func (f *fixture) merges(k string) func(context.Context) error {
	return func(context.Context) error {
		typed.RowsOf(f.Tx, 0, counts).Apply(brook.Merge(k, func(n *int) { *n++ }))
		return nil
	}
}

// want compares what became of the event with the results, as set:stage:error, the rows, and how
// many emissions and effects there are.
func (f *fixture) want(results, rows string, acts int) {
	f.t.Helper()
	var gotResults, gotRows []string
	for _, r := range f.Results {
		text := r.Set
		if r.Err != nil {
			text = fmt.Sprintf("%s:%s:%v", r.Set, r.Stage, r.Err)
		}
		if r.Waits {
			text += ":waits"
		}
		if r.Again {
			text += ":again"
		}
		gotResults = append(gotResults, text)
	}
	for k := range f.Tx.Changed(0) {
		name, _ := key.DecodeString[string](k)
		gotRows = append(gotRows, name)
	}
	if got := strings.Join(gotResults, " "); got != results {
		f.t.Errorf("results are %q, want %q", got, results)
	}
	if got := strings.Join(gotRows, " "); got != rows {
		f.t.Errorf("rows are %q, want %q", got, rows)
	}
	if len(f.Emissions) != acts || len(f.Effects) != acts {
		f.t.Errorf("%d emissions and %d effects, want %d of each",
			len(f.Emissions), len(f.Effects), acts)
	}
}
