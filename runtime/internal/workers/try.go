package workers

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// result is what became of one try of a job.
type result struct {
	job     *jobs.Job
	outcome outcome
	worker  string           // the type of the worker
	answers []brook.Outbound // of a job that is done
	err     error            // of one that failed
	stack   []byte           // of a panic
	within  context.Context  // of its operation, nil if nobody sees it
}

// outcome is what a try came to.
type outcome uint8

const (
	untried outcome = iota // its context ended: that was no try
	done
	failed // it is tried again when it is due
	final  // it becomes a dead letter
)

// errExited is the error of a worker that called runtime.Goexit, as a test's FailNow does.
var errExited = errors.New("the worker ended its goroutine")

// try tries the job of r once, and sets what became of it, also if the worker ends the goroutine.
// Of a job that failed it counts the attempt, and sets when it is due again.
func (w *Workers) try(ctx context.Context, r *result) {
	j := r.job
	worker := w.byType[j.Type]
	if worker == nil {
		r.outcome, r.err = final, fmt.Errorf("there is no worker of %s any more: drop the letter, "+
			"or bring it back and redrive the letter", j.Type)
		j.Attempts++
		return
	}
	work := &jobs.Work{Job: j}
	err := errExited
	within, end := w.begin(ctx, worker, r)
	defer func() {
		w.judge(ctx, worker, work, err, r)
		end()
	}()
	err = call(within, worker, work)
}

// begin begins the operation of a try, and returns the context of the worker. end ends it, once it
// is known what came of the try.
func (w *Workers) begin(
	ctx context.Context, worker *jobs.Worker, r *result,
) (within context.Context, end func()) {
	o, j := w.Tasks.Observer, r.job
	if o == nil {
		return ctx, func() {}
	}
	op := brook.Operation{
		Kind: brook.OperationJob, Position: j.Position, ID: j.ID, Type: worker.Job.Type,
		Author: j.Author, Known: true, Headers: j.Headers, Set: j.Set, Handler: worker.Name,
		Attempt: j.Attempts + 1,
	}
	r.within = o.Begin(ctx, &op)
	return r.within, func() {
		err := r.err
		if r.outcome == untried {
			err = ctx.Err()
		}
		o.End(r.within, &op, outcomes[r.outcome], err)
	}
}

// outcomes are what outcomes of tries are as those of operations.
var outcomes = map[outcome]brook.Outcome{
	untried: brook.OutcomeCanceled, done: brook.OutcomeDone, failed: brook.OutcomeRetry,
	final: brook.OutcomeFailed,
}

// call calls a worker and returns its error, a PanicError if it panicked.
func call(ctx context.Context, worker *jobs.Worker, work *jobs.Work) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	if err = worker.Run(ctx, work); err != nil {
		report.Probe(err)
	}
	return err
}

// judge says what a try came to.
func (w *Workers) judge(
	ctx context.Context, worker *jobs.Worker, work *jobs.Work, err error, r *result,
) {
	j, policy := work.Job, w.Tasks.Config.Jobs
	var panicked *brook.PanicError
	switch {
	case err == nil && work.Err == nil:
		r.outcome, r.answers, r.worker = done, work.Answers, worker.Type()
		if j.Attempts > 0 {
			w.Tasks.Report.RecoveredOf(j.ID, "job "+j.Type, j.Attempts, j.Position)
		}
		return
	case err == nil:
		err = fmt.Errorf("%w: %w", work.Err, brook.ErrPermanent)
	case ctx.Err() != nil:
		r.outcome = untried
		return
	}
	var failure interface{ Emissions() []brook.Outgoing }
	if errors.As(err, &failure) && len(failure.Emissions()) > 0 {
		err = fmt.Errorf("%w (nothing is published of it: FailWith is for handlers; "+
			"a worker returns the emission and a nil error once it gives up)", err)
	}
	j.Attempts++
	r.err = fmt.Errorf("%s: %w", worker.Name, err)
	if errors.As(err, &panicked) {
		r.stack = panicked.Stack
	}
	if panicked == nil && errors.Is(err, brook.ErrPermanent) || j.Attempts >= policy.Attempts {
		r.outcome = final
		return
	}
	r.outcome = failed
	wait := retry.Wait(brook.Retry{Min: policy.Min, Max: policy.Max}, j.Attempts)
	j.Due = w.Tasks.Now().Add(wait).UTC()
	w.Tasks.Report.FailureOf(j.ID, brook.Failure{
		What: "job " + j.Type, Position: j.Position, Attempts: j.Attempts,
		Err: fmt.Errorf("%s (again in %s): %w", j.ID, wait.Round(time.Millisecond), r.err),
	})
}
