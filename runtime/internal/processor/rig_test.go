package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// counts is the only collection of the tests.
var counts = &typed.Collection[string, int]{
	Name: "counts", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

// put is the only type of events, and told that of emissions.
var (
	put  = schema.Event{Type: "put", Shape: "string"}
	told = typed.Event[string]{
		Type:   "told",
		Append: func(dst []byte, s *string) ([]byte, error) { return append(dst, *s...), nil },
	}.Def()
)

var errBad, errAway = errors.New("bad"), errors.New("the store is away")

// bare is an envelope in which all records are events of type put. It refuses to wrap what is
// refused.
type bare struct{}

func (bare) Wrap(m *brook.Message, r *brook.Record) error {
	if string(m.Data) == "refused" {
		return errBad
	}
	r.Value = m.Data
	return nil
}

func (bare) Open(r *brook.Record, m *brook.Message) error {
	*m = brook.Message{Type: "put", Data: r.Value, Keyed: true}
	return nil
}

// reader fails while err is set.
type reader struct {
	brook.Reader
	err error
}

func (r *reader) Get(ctx context.Context, t brook.Table, k []byte) (brook.Value, error) {
	if r.err != nil {
		return brook.Value{}, r.err
	}
	return r.Reader.Get(ctx, t, k)
}

// rig is a processor of a partition, whose handlers, of sets S and T, do what "set data" says in
// fails and emits. A handler that does not fail creates a row of the event's key in its set.
type rig struct {
	*Processor
	t         *testing.T
	reader    *reader
	partition *Partition
	fails     map[string]error
	emits     map[string]string
	effects   map[string]bool
	next      int64
}

// newRig returns a rig over the live views, or those of target unless it is nil.
func newRig(t *testing.T, target Target) *rig {
	t.Helper()
	store := mapstore.New()
	r := &rig{
		t: t, reader: &reader{Reader: store.Latest()}, fails: map[string]error{},
		emits: map[string]string{}, effects: map[string]bool{},
	}
	config := &brook.Config{
		Name: "app", Envelope: bare{}, OnFailure: brook.Wait, Retry: brook.Retry{Attempts: 3},
	}
	layout := schema.NewLayout([]schema.Collection{counts.Def().Info()})
	parts := &Parts{
		Config: config, Reader: r.reader, Outbox: outbox.New(),
		Publisher: &publisher.Publisher{Destinations: placement.NewDestinations(nil)},
		Code:      &plan.Code{Layout: layout, Events: map[string]schema.Event{"put": put}},
		Def: &delivery.Definition{
			Sets: []string{"S", "T"}, Collections: []*brook.Collection{counts.Def()},
			Lane: func(*txn.Tx) func(*delivery.Delivery) { return r.deliver },
		},
	}
	parts.Emissions = &emission.Maker{
		Config: config, Code: parts.Code, Sets: parts.Def.Sets, IDs: ids.New(), Reader: r.reader,
		Publisher: parts.Publisher, Numbers: &publisher.Sequence{Stream: "app/n", Next: 1},
	}
	if target == nil {
		target = Live{parts}
	}
	rows, err := store.Table(t.Context(), brook.TableSpec{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	g := &generation.Generation{Number: 1, Tables: []brook.Table{rows}}
	r.Processor = New(parts, g, target, false)
	r.partition = NewPartition(brook.Partition{Topic: "in", Log: "log"}, &deadletter.Blocked{}, 0)
	r.partition.Join(r.Processor, 1)
	return r
}

// deliver is what generated code does with an event.
func (r *rig) deliver(d *delivery.Delivery) {
	data := string(d.Message.Data)
	if data == "unknown" {
		return
	}
	d.Known = true
	if data == "undecodable" {
		d.DecodeErr = errBad
		return
	}
	d.Key = key.AppendString(d.Key, string(d.Record.Key))
	if !d.Started(put) {
		return
	}
	for set, name := range r.parts.Def.Sets {
		if strings.HasPrefix(data, "only ") && data != "only "+name {
			continue
		}
		d.Handle(set, func(context.Context) error {
			what := name + " " + data
			if emits, ok := r.emits[what]; ok {
				e := delivery.Emission{Set: set}
				brook.Encode(&e.Out, told, &emits)
				d.Emissions = append(d.Emissions, e)
			}
			if r.effects[what] {
				d.After(func(context.Context) error { return nil })
			}
			row := string(d.Record.Key) + name
			typed.RowsOf(d.Tx, 0, counts).Apply(brook.Merge(row, func(n *int) { *n++ }))
			return r.fails[what]
		})
	}
}

// record returns the next record of the partition, with the key k.
func (r *rig) record(data string) *brook.Record {
	r.next++
	return &brook.Record{Topic: "in", Offset: r.next - 1, Key: []byte("k"), Value: []byte(data)}
}

// process processes the next record and compares its outcome.
func (r *rig) process(data string, want Outcome) {
	r.t.Helper()
	_ = r.processed(data, want)
}

// processed is process, and returns the error that goes with the outcome.
func (r *rig) processed(data string, want Outcome) error {
	r.t.Helper()
	what, err := r.Process(r.t.Context(), r.partition, r.record(data))
	if what != want {
		r.t.Errorf("%q: outcome %d, %v, want %d", data, what, err, want)
	}
	if (err != nil) != (what != Accepted && what != CrossKey) {
		r.t.Errorf("%q: outcome %d with error %v", data, what, err)
	}
	return err
}

// want compares the rows of the transaction, and the letters of the batch as "offset set stage".
func (r *rig) want(rows string, letters ...string) {
	r.t.Helper()
	var got []string
	for k := range r.Tx.Changed(0) {
		name, _ := key.DecodeString[string](k)
		got = append(got, name)
	}
	slices.Sort(got)
	if text := strings.Join(got, " "); text != rows {
		r.t.Errorf("rows are %q, want %q", text, rows)
	}
	r.wantLetters(letters...)
}

func (r *rig) wantLetters(letters ...string) {
	r.t.Helper()
	var put []string
	for _, l := range r.Batch.Letters {
		put = append(put, fmt.Sprintf("%d %s %s", l.Position.Offset, l.Set, l.Stage))
	}
	if got, want := strings.Join(put, "; "), strings.Join(letters, "; "); got != want {
		r.t.Errorf("letters are %q, want %q", got, want)
	}
}
