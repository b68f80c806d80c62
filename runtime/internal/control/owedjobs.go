package control

import (
	"bytes"
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// anyJob reports whether there are jobs to adopt. Tasks go on meanwhile.
func (x *Owed) anyJob(ctx context.Context) (any bool, err error) {
	g := x.Tasks.Catalog.Current.Pin()
	defer x.Tasks.Catalog.Current.Unpin(g)
	for _, err := range x.Tasks.Reader.Scan(ctx, g.OwedJobs, nil, nil) {
		return err == nil, err
	}
	return false, nil
}

// adoptJobs moves up to step jobs that a promotion made live to those that are to be done, with all
// tasks at rest. It reports whether there may be more.
func (x *Owed) adoptJobs(ctx context.Context, step int) (more bool, due batch.Due, err error) {
	s := x.Tasks
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return false, due, err
	}
	defer rest.End()
	t := x.Exclusive.Begin(rest)
	defer t.End()
	ids := map[partition.ID]bool{}
	for row, err := range s.Reader.Scan(ctx, t.Gen.OwedJobs, nil, nil) {
		if err != nil {
			return false, due, err
		}
		if more = len(t.Batch.Jobs) == step; more {
			break
		}
		j, err := jobs.Decode(row)
		if err != nil {
			return false, due, err
		}
		if !x.actsFor(j.Partition()) {
			continue // its owner does
		}
		ids[j.Partition()] = true
		t.Batch.Writes = append(t.Batch.Writes, j.Remove(t.Gen.OwedJobs))
		if s.Catalog.Fenced() {
			value := bytes.Clone(row.Value.Data.([]byte))
			t.Batch.Checks = append(t.Batch.Checks,
				brook.Check{Table: t.Gen.OwedJobs, Key: j.Place, Value: value})
		}
		j.Free, j.Type = true, s.Jobs.Today(j.Type)
		t.Batch.Jobs = append(t.Batch.Jobs, j)
	}
	if len(ids) == 0 {
		return false, due, nil
	}
	if err := t.BumpEpochs(ctx, ids); err != nil { // as for emissions
		return false, due, err
	}
	due, err = t.Commit(ctx)
	return more, due, err
}
