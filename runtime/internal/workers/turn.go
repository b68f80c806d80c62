package workers

import (
	"bytes"
	"context"
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/jobs"
)

// Turn is what a test has done, once, of the jobs that are due.
type Turn struct {
	Only  []string // the IDs of jobs, others are not done; nil: all are
	Tries []Try    // what was done, in the order of the jobs' places
}

// Try is one try of a job.
type Try struct {
	ID, Type string
	Key      []byte
	Err      error // nil: it is done
}

// Hold makes jobs wait for a Turn. It is called before all calls of Step.
func (w *Workers) Hold() { w.byHand = true }

// Give makes the next Step take a turn, or none with nil. Step is not called meanwhile.
func (w *Workers) Give(turn *Turn) { w.turn = turn }

// takeTurn does the jobs of a turn that are due, each once, and those that are due because others
// are done, in the order of their places.
func (w *Workers) takeTurn(ctx context.Context) (tried int, err error) {
	turn := w.turn
	w.turn = nil
	var taken []*jobs.Job
	defer func() {
		for _, j := range taken {
			w.Board.Return(j)
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return tried, err
		}
		if err := w.follow(ctx); err != nil || turn == nil {
			return tried, err
		}
		for {
			j, _ := w.Board.Take(w.Tasks.Now(), nil)
			if j == nil {
				break
			}
			taken = append(taken, j)
		}
		i := turn.next(taken)
		if i < 0 {
			return tried, nil
		}
		r := result{job: taken[i]}
		taken = slices.Delete(taken, i, i+1)
		tried++
		w.try(ctx, &r)
		turn.Tries = append(turn.Tries, Try{r.job.ID, r.job.Type, r.job.Key, r.err})
		if err := w.settle(ctx, []result{r}); err != nil {
			return tried, err
		}
	}
}

// next returns the index of the first job, by its place, that is to be tried and was not; -1: none.
func (t *Turn) next(taken []*jobs.Job) int {
	next := -1
	for i, j := range taken {
		was := func(y Try) bool { return y.ID == j.ID }
		if t.Only != nil && !slices.Contains(t.Only, j.ID) || slices.ContainsFunc(t.Tries, was) {
			continue
		}
		if next < 0 || bytes.Compare(j.Place, taken[next].Place) < 0 {
			next = i
		}
	}
	return next
}
