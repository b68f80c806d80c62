package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
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

var put = schema.Event{Type: "put", Shape: "string"}

// bare is an envelope in which all records are events of type put.
type bare struct{}

func (bare) Wrap(*brook.Message, *brook.Record) error { panic("nobody publishes") }

func (bare) Open(r *brook.Record, m *brook.Message) error {
	*m = brook.Message{Type: "put", Data: r.Value, Keyed: true}
	return nil
}

// limited is a store that takes only so many writes at once.
type limited struct {
	*mapstore.Store
	most    int
	refused int
	commits []int // how many writes those had that it took
}

func (s *limited) Commit(ctx context.Context, b *brook.Batch) error {
	if len(b.Writes) > s.most {
		s.refused++
		return fmt.Errorf("%w: %d writes", brook.ErrTooLarge, len(b.Writes))
	}
	s.commits = append(s.commits, len(b.Writes))
	return s.Store.Commit(ctx, b)
}

// aside is a target that nobody else reads. It stops if an event fails, if stops says so.
type aside struct {
	stops bool
	moved []brook.Progress
}

func (a *aside) Visits() bool                        { return false }
func (a *aside) Current(*generation.Generation) bool { return true }
func (a *aside) Lost() error                         { return nil }
func (a *aside) Claim(context.Context) error         { return nil }
func (a *aside) Claimed() bool                       { return true }
func (a *aside) Look([]*Partition)                   {}
func (a *aside) Full(*Task, *Partition)              {}
func (a *aside) PassGap(*Partition, input.Gap)       {}
func (a *aside) Stops() bool                         { return a.stops }

func (a *aside) Stage(*processor.Processor, *processor.Partition, *delivery.Delivery) {}

func (a *aside) Silence(*deadletter.Letter) {}

func (a *aside) Committed(t *Task, moved []brook.Progress, _ []brook.Position) {
	a.moved = append(a.moved, moved...)
	t.due.Letters = append(t.due.Letters, t.Batch.Letters...)
}

// rig is a task over a store in memory, with one partition.
type rig struct {
	t         *testing.T
	store     *limited
	target    aside
	task      *Task
	partition *Partition
	letters   []brook.DeadLetter // that were reported
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, store: &limited{Store: mapstore.New(), most: 1 << 20}}
	config := &brook.Config{
		Name: "app", Store: r.store, Envelope: bare{}, BatchSize: 64, OnFailure: brook.Wait,
		MaxOutbox: 100, MaxDeadLetters: 100,
		Retry: brook.Retry{Attempts: 3, Min: time.Nanosecond, Max: time.Nanosecond},
		Log:   slog.New(slog.DiscardHandler),
		Hooks: brook.Hooks{DeadLetter: func(l brook.DeadLetter) {
			r.letters = append(r.letters, l)
		}},
	}
	layout := schema.NewLayout([]schema.Collection{counts.Def().Info()})
	reporter := report.New(config.Name, config.Log, config.Hooks)
	set := &Set{
		Store: r.store, IDs: ids.New(), Report: reporter,
		Retry: &retry.Loop{Policy: config.Retry, Report: reporter},
	}
	set.Parts = processor.Parts{
		Config: config, Reader: r.store.Latest(),
		Code: &plan.Code{Layout: layout, Events: map[string]schema.Event{"put": put}},
		Def: &delivery.Definition{
			Sets: []string{"S", "T"}, Collections: []*brook.Collection{counts.Def()},
			Lane: func(*txn.Tx) func(*delivery.Delivery) { return deliver },
		},
		Outbox: outbox.New(), Publisher: &publisher.Publisher{},
	}
	table := func(name string) brook.Table {
		opened, err := r.store.Table(t.Context(), brook.TableSpec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	g := &generation.Generation{
		Number: 1, Tables: []brook.Table{table("rows")}, Positions: table("positions"),
		Letters: table("letters"), Folded: table("folded"), Window: table("window"),
		Owed: table("owed"),
	}
	r.task = set.NewTask(g, &r.target)
	r.partition = NewPartition(brook.Partition{Topic: "in"}, &deadletter.Blocked{}, 0)
	r.partition.New = true
	r.task.SetPartitions([]*Partition{r.partition})
	return r
}

// deliver is what generated code does with an event, whose value says what its handler does.
func deliver(d *delivery.Delivery) {
	d.Known = true
	d.Key = key.AppendString(d.Key, string(d.Record.Key))
	if !d.Started(put) {
		return
	}
	d.Handle(0, func(context.Context) error {
		switch string(d.Message.Data) {
		case "fail":
			return errors.New("bad")
		case "retry":
			return brook.ErrRetry
		}
		typed.RowsOf(d.Tx, 0, counts).Apply(brook.Create(string(d.Record.Key), 1))
		return nil
	})
	if string(d.Message.Data) == "fail in T" {
		d.Handle(1, func(context.Context) error { return errors.New("bad") })
	}
}

// fold has the task fold events with the values, of keys k0, k1 and so on, until all are.
func (r *rig) fold(values ...string) error {
	r.t.Helper()
	chunk := brook.Chunk{Next: int64(len(values)), End: int64(len(values))}
	for i, v := range values {
		chunk.Records = append(chunk.Records, brook.Record{
			Topic: "in", Offset: int64(i), Key: fmt.Appendf(nil, "k%d", i), Value: []byte(v),
		})
	}
	r.partition.Append(chunk, nil)
	for range 1000 {
		p, _ := r.task.Next()
		if p == nil && r.partition.Head() == nil {
			return nil
		}
		if err := r.task.Fold(r.t.Context(), r.t.Context()); err != nil {
			return err
		}
	}
	return errors.New("it does not end")
}

// want compares how many rows there are, and the letters that were reported.
func (r *rig) want(rows int, letters ...string) {
	r.t.Helper()
	n := 0
	for _, err := range r.store.Latest().Scan(r.t.Context(), r.task.Gen.Tables[0], nil, nil) {
		if n++; err != nil {
			r.t.Fatal(err)
		}
	}
	var got []string
	for _, l := range r.letters {
		got = append(got, fmt.Sprintf("%d %s %d", l.Position.Offset, l.Stage, l.Attempts))
	}
	if n != rows || !slices.Equal(got, letters) {
		r.t.Errorf("%d rows and the letters %q, want %d and %q", n, got, rows, letters)
	}
}

// Events are committed in one batch with the position behind them.
func TestBatch(t *testing.T) {
	r := newRig(t)
	if err := r.fold("", "", "fail", ""); err != nil {
		t.Fatal(err)
	}
	r.want(3, "2 handle 1")
	if !slices.Equal(r.store.commits, []int{3 + 1 + 1}) {
		t.Errorf("commits of %v writes, want one of 3 rows, a letter and a position",
			r.store.commits)
	}
	if len(r.target.moved) != 1 || r.target.moved[0].Next != 4 || r.partition.Base() != 4 {
		t.Errorf("moved %v, to %d", r.target.moved, r.partition.Base())
	}
}

// A handler that wants another try has as many as Config.Retry allows.
func TestRetryLater(t *testing.T) {
	r := newRig(t)
	if err := r.fold("", "retry", ""); err != nil {
		t.Fatal(err)
	}
	r.want(2, "1 handle 3")
}

// A target that stops names the event that failed, and keeps what came before it.
func TestStopApp(t *testing.T) {
	r := newRig(t)
	r.target.stops = true
	var failed *brook.RecordError
	err := r.fold("", "fail in T", "") // after S created a row
	if !errors.As(err, &failed) || failed.Position.Offset != 1 {
		t.Errorf("%v, want the error of the event at 1", err)
	}
	r.want(1)
}

// A batch that is too large comes again in smaller ones.
func TestTooLargeBatchIsHalved(t *testing.T) {
	r := newRig(t)
	r.store.most = 5 // four rows and the position
	if err := r.fold(make([]string, 40)...); err != nil {
		t.Fatal(err)
	}
	r.want(40)
	if n := len(r.store.commits); n < 10 || n > 20 {
		t.Errorf("%d commits, want batches of about four events", n)
	}
	if r.store.refused > 20 {
		t.Errorf("%d commits were refused, want few", r.store.refused)
	}
}

// An event that is too large by itself becomes a dead letter, and the others go on.
func TestTooLargeEvent(t *testing.T) {
	r := newRig(t)
	r.task.Deliver = func(d *delivery.Delivery) {
		deliver(d)
		if len(d.Results) > 0 && d.Results[0].Err == nil && string(d.Message.Data) == "large" {
			for i := range 5 {
				typed.RowsOf(d.Tx, 0, counts).Apply(brook.Create(fmt.Sprint("more", i), 1))
			}
		}
	}
	r.store.most = 5
	if err := r.fold("", "", "large", "", ""); err != nil {
		t.Fatal(err)
	}
	r.want(4, "2 apply 1")
}

// An event waits behind a dead letter of its key, in its set.
func TestBlockedEvent(t *testing.T) {
	r := newRig(t)
	letter := deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: brook.Position{Topic: "in", Offset: -1}, Set: "S", Key: []byte("k1"),
	}}
	r.partition.Blocked.Add(&letter, true)
	if err := r.fold("", "", ""); err != nil {
		t.Fatal(err)
	}
	r.want(2, "1 handle 0")
}

// If the store fails to answer, or the context ended, the event has no outcome yet.
func TestClassify(t *testing.T) {
	r := newRig(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	record := &brook.Record{Topic: "in", Key: []byte("k"), Value: []byte("x")}
	process := func(ctx context.Context) (processor.Outcome, error) {
		return r.task.Process(ctx, &r.partition.Partition, record)
	}
	if what, err := process(ended); what != processor.Cancelled || err == nil {
		t.Errorf("outcome %d, %v, want cancelled", what, err)
	}
	r.task.Parallel = true // without a driver that says where keys belong
	r.task.set.Config.Driver = nil
	if what, _ := process(t.Context()); what != processor.CrossKey {
		t.Errorf("outcome %d, want crossKey", what)
	}
	r.task.Parallel = false
	r.task.Deliver = func(d *delivery.Delivery) { panic("it can't be decoded") }
	if what, err := process(t.Context()); what != processor.Accepted {
		t.Errorf("outcome %d, %v, want accepted", what, err)
	}
	if l := r.task.Batch.Letters; len(l) != 1 || l[0].Stage != brook.StageDecode {
		t.Errorf("letters %v, want one of stage decode", l)
	}
}
