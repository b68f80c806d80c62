package jobs

import (
	"context"
	"crypto/rand"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// NoteKey is the key of the row by which those who commit jobs to a shared store tell the others.
var NoteKey = []byte("jobs")

// Note returns the write that tells other processes of a shared store that there are jobs, or that
// dead letters of jobs are gone. table is that of what is sent.
func Note(table brook.Table) brook.Write {
	return brook.Write{Table: table, Key: NoteKey, Value: []byte(rand.Text())}
}

// Open opens the table of jobs of the app of that name.
func (b *Board) Open(ctx context.Context, store brook.Store, name string) (err error) {
	b.Table, err = store.Table(ctx, brook.TableSpec{Name: plan.TableName(name, "jobs")})
	return err
}

// Load looks at all jobs in the store, and the dead letters of jobs among letters, the table of the
// live generation.
func (b *Board) Load(ctx context.Context, r brook.Reader, letters brook.Table) error {
	look := b.Begin()
	err := b.load(ctx, look, r, letters)
	if err != nil {
		b.Forget(look)
	}
	return err
}

func (b *Board) load(
	ctx context.Context, look *Look, r brook.Reader, letters brook.Table,
) error {
	var jobs []*Job
	for row, err := range r.Scan(ctx, b.Table, nil, nil) {
		if err != nil {
			return err
		}
		j, err := Decode(row)
		if err != nil {
			return err
		}
		j.Type = b.Today(j.Type)
		jobs = append(jobs, j)
	}
	var held []*deadletter.Letter
	for row, err := range r.Scan(ctx, letters, nil, nil) {
		if err != nil {
			return err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		if l.Stage == brook.StageJob {
			l.Type = b.Today(l.Type)
			held = append(held, &l)
		}
	}
	b.Saw(look, jobs, held)
	return nil
}
