package jobs

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Open opens the table of jobs of the app of that name.
func (b *Board) Open(ctx context.Context, store brook.Store, name string) (err error) {
	b.Table, err = store.Table(ctx, brook.TableSpec{Name: plan.TableName(name, "jobs")})
	return err
}

// Load looks at all jobs in the store, and the dead letters of jobs among letters, the table of the
// live generation. Nobody else writes the store meanwhile, or a Look follows.
func (b *Board) Load(ctx context.Context, r brook.Reader, letters brook.Table) error {
	look := b.Begin()
	found, err := b.Read(ctx, r, letters)
	if err != nil {
		b.Forget(look)
		return err
	}
	b.Saw(look, found, !b.Shared)
	return nil
}

// Found is what a look found in the store.
type Found struct {
	Jobs    []*Job
	Letters []*deadletter.Letter // of jobs
}

// Read reads what a look is to find. It forgets that the store may have jobs that are not here.
func (b *Board) Read(
	ctx context.Context, r brook.Reader, letters brook.Table,
) (f Found, err error) {
	b.current()
	for row, err := range r.Scan(ctx, b.Table, nil, nil) {
		if err != nil {
			return f, err
		}
		j, err := Decode(row)
		if err != nil {
			return f, err
		}
		j.Type = b.Today(j.Type)
		f.Jobs = append(f.Jobs, j)
	}
	for row, err := range r.Scan(ctx, letters, nil, nil) {
		if err != nil {
			return f, err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return f, err
		}
		if l.Stage == brook.StageJob {
			l.Type = b.Today(l.Type)
			f.Letters = append(f.Letters, &l)
		}
	}
	return f, nil
}
