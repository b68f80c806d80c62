package workers_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/internal/workers"
)

// bench is the parts of an app whose only worker does jobs of the type "mail".
type bench struct {
	*tasktest.Rig
	*workers.Workers
	t *testing.T

	mu    sync.Mutex
	tries []string // "ID attempt"
	// do is what the worker does, nil: nothing.
	do func(ctx context.Context, w *jobs.Work) error
}

// newBench returns the parts over a store, which several processes write if it says so.
func newBench(t *testing.T, store brook.Store, fenced bool) *bench {
	t.Helper()
	b := &bench{t: t}
	mail := jobs.Worker{Name: "Mailer.Mail", Job: &brook.EventDef{Type: "mail"}, Run: b.run}
	b.Rig = tasktest.New(t, func(c *brook.Config, d *delivery.Definition) {
		c.Store = store
		c.Retry = brook.Retry{Attempts: 3, Min: time.Nanosecond, Max: time.Nanosecond}
		c.Jobs = brook.Jobs{Attempts: 3, Min: time.Second, Max: time.Minute, Workers: 2}
		d.Workers = []jobs.Worker{mail}
	})
	b.Jobs = jobs.New()
	b.Jobs.Today = func(typ string) string { return typ }
	b.Jobs.Shared = fenced
	if err := b.Jobs.Open(t.Context(), store, "shop"); err != nil {
		t.Fatal(err)
	}
	b.Outbox.With(b.Jobs)
	b.Workers = workers.New(b.Set, exclusive.New(b.Set))
	return b
}

// run is the worker.
func (b *bench) run(ctx context.Context, w *jobs.Work) error {
	b.mu.Lock()
	b.tries = append(b.tries, fmt.Sprintf("%s %d", w.Job.ID, w.Job.Attempts+1))
	do := b.do
	b.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(ctx, w)
}

// tried returns what was tried since it was called last.
func (b *bench) tried() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	tries := strings.Join(b.tries, ", ")
	b.tries = nil
	return tries
}

// job returns the job of a key that the event at an offset asked for.
func job(offset int64, key string) *jobs.Job {
	j := &jobs.Job{
		Position: brook.Position{Topic: tasktest.Topic, Offset: offset}, Cause: fmt.Sprint("e", offset),
		ID: fmt.Sprint("job/", offset), Type: "mail", Set: "S", Key: []byte(key),
		Time: time.Unix(offset, 0).UTC(), Data: []byte(`{}`),
	}
	j.Place = jobs.PlaceOf(j, 0)
	return j
}

// ask has jobs stored, as a commit of this process.
func (b *bench) ask(all ...*jobs.Job) {
	b.t.Helper()
	b.store(b.Jobs, all...)
	b.Jobs.Committed(all)
}

// store has jobs stored by the process of a board, which need not be this one.
func (b *bench) store(by *jobs.Board, all ...*jobs.Job) {
	b.t.Helper()
	batch := &brook.Batch{}
	positions := []brook.Write{{Key: tasktest.In.AppendKey(nil)}}
	batch.Writes = by.AppendNotes(batch.Writes, b.Publisher.Sending, all, positions)
	for _, j := range all {
		batch.Writes = append(batch.Writes, j.Write(b.Jobs.Table))
	}
	if err := b.Set.Store.Commit(b.t.Context(), batch); err != nil {
		b.t.Fatal(err)
	}
}

// remove removes a job from the store, as another process does.
func (b *bench) remove(j *jobs.Job, more ...brook.Write) {
	b.t.Helper()
	err := b.Set.Store.Commit(b.t.Context(),
		&brook.Batch{Writes: append(more, j.Remove(b.Jobs.Table))})
	if err != nil {
		b.t.Error(err)
	}
}

// stored returns what is in the store, as "ID attempts".
func (b *bench) stored() string {
	b.t.Helper()
	var all []string
	for row, err := range b.Reader.Scan(b.t.Context(), b.Jobs.Table, nil, nil) {
		if err != nil {
			b.t.Fatal(err)
		}
		j, err := jobs.Decode(row)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %d", j.ID, j.Attempts))
	}
	return strings.Join(all, ", ")
}

// work does what is due, and compares what was tried with want.
func (b *bench) work(want string) {
	b.t.Helper()
	if _, err := b.Step(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if got := b.tried(); got != want {
		b.t.Errorf("tried %q, want %q", got, want)
	}
}

// wantStored compares what is in the store.
func (b *bench) wantStored(want string) {
	b.t.Helper()
	if got := b.stored(); got != want {
		b.t.Errorf("%q is stored, want %q", got, want)
	}
}

// tell has a worker publish a text.
func tell(w *jobs.Work, text string) {
	w.Answers = append(w.Answers, brook.Outbound{})
	brook.Encode(&w.Answers[len(w.Answers)-1], tasktest.Text("told"), &text)
}

// own is the only partition, as one that is assigned.
var own = map[partition.ID]int64{tasktest.In: 0}
