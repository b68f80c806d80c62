package tasktest

import (
	"context"
	"errors"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Publish appends events "did" to the log.
func (r *Rig) Publish(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		var out brook.Outbound
		brook.Encode(&out, did, &text)
		records := make([]brook.Record, 1)
		if err := r.Emissions.Wrap(&out, &records[0]); err != nil {
			r.t.Fatal(err)
		}
		if _, err := r.Driver.Publish(r.t.Context(), records); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Follow folds the log from its start into the live views, which are new.
func (r *Rig) Follow() {
	r.t.Helper()
	partitions, err := r.Set.Partitions(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	live := r.NewTask(r.Catalog.Live(), r.Live())
	reader := r.Input(nil)
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	var all []*task.Partition
	for _, p := range partitions {
		f := task.NewPartition(p, r.BlockedOf(partition.ID{Topic: p.Topic, Number: p.Number}), 0)
		f.New = true
		f.EndAt(p.End)
		all = append(all, f)
		at := f.Bookmark()
		go reader.Read(ctx, f.Queue, at, live.Chunks)
	}
	live.SetPartitions(all)
	if err := live.Run(r.t.Context(), r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.Tasks = []*task.Task{live}
}

// Task returns a task of the live views, one more, with the first partitions, so many, from their
// starts. What Append gives it Fold folds.
func (r *Rig) Task(partitions int) *task.Task {
	r.t.Helper()
	tk := r.NewTask(r.Catalog.Live(), r.Live())
	var all []*task.Partition
	for n := range partitions {
		id := partition.ID{Topic: Topic, Number: int32(n)}
		p := task.NewPartition(brook.Partition{Topic: Topic, Number: id.Number, Log: "log"},
			r.BlockedOf(id), 0)
		p.New = true
		all = append(all, p)
	}
	tk.SetPartitions(all)
	r.TasksMu.Lock()
	defer r.TasksMu.Unlock()
	r.Tasks = append(r.Tasks, tk)
	return tk
}

// Append appends events "put" to what was read of a partition, each as "key data".
func Append(p *task.Partition, events ...string) {
	chunk := brook.Chunk{Next: p.Ahead() + int64(len(events))}
	chunk.End = chunk.Next
	for i, event := range events {
		k, value, _ := strings.Cut(event, " ")
		chunk.Records = append(chunk.Records, brook.Record{
			Topic: Topic, Partition: p.ID.Number, Offset: p.Ahead() + int64(i),
			Key: []byte(k), Value: []byte(value),
		})
	}
	p.Append(chunk, nil)
}

// Fold has a task fold until nothing is left that it may fold.
func (r *Rig) Fold(tk *task.Task) error {
	r.t.Helper()
	for range 1000 {
		if p, wait := tk.Next(); p == nil && wait == 0 {
			return nil
		}
		if err := tk.Fold(r.t.Context(), r.t.Context()); err != nil {
			return err
		}
	}
	return errors.New("it does not end")
}
