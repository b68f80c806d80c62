package workers

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// grace is how long jobs may go on when Run ends, before their context does.
const grace = time.Second

// run is one call of Run.
type run struct {
	*Workers
	jobs   context.Context // of the jobs
	cancel context.CancelFunc
	busy   sync.WaitGroup // the jobs that are being done
	slots  chan struct{}  // a token for each of them

	mu      sync.Mutex
	results []result     // to be committed
	settled retry.Signal // there are results
}

// Run does jobs until stop ends. Those that are being done may go on for a moment then, or until
// they heed their context; what became of them is committed under finish. Run returns an error if
// it can't go on.
func (w *Workers) Run(stop, finish context.Context) error {
	r := &run{
		Workers: w, slots: make(chan struct{}, w.Tasks.Config.Jobs.Workers),
		settled: retry.NewSignal(),
	}
	r.jobs, r.cancel = context.WithCancel(context.WithoutCancel(finish))
	defer r.cancel()
	stop, end := context.WithCancel(stop)
	defer end()
	over := make(chan struct{})
	var failed error
	var committing sync.WaitGroup
	committing.Go(func() {
		if failed = r.commit(finish, over); failed != nil {
			end()
		}
	})
	err := r.dispatch(stop)
	r.end(finish)
	close(over)
	committing.Wait()
	if failed != nil {
		return failed
	}
	return err
}

// end waits until no job is being done. It ends their context after a moment, and at once if ctx
// ends.
func (r *run) end(ctx context.Context) {
	timer := time.AfterFunc(min(grace, r.Tasks.Config.ShutdownTimeout), r.cancel)
	defer timer.Stop()
	defer context.AfterFunc(ctx, r.cancel)()
	warn := time.AfterFunc(grace+r.Tasks.Config.ShutdownTimeout, func() {
		r.Tasks.Report.Warn("a worker ignores its context, and Run returns once it has ended")
	})
	defer warn.Stop()
	r.busy.Wait()
}

// dispatch starts jobs until stop ends, as many at a time as Config.Jobs says.
func (r *run) dispatch(stop context.Context) error {
	r.looked.paced = true
	defer func() { r.looked.paced = false }()
	for stop.Err() == nil {
		passed, err := r.Tasks.Valve.Enter(stop)
		if err != nil {
			return nil // stop ended
		}
		err = r.follow(passed)
		wait := time.Duration(0)
		if err == nil {
			wait = r.start(stop)
		}
		r.Tasks.Valve.Leave()
		if err != nil && stop.Err() == nil {
			return err
		}
		if r.Board.Shared {
			next := cmp.Or(r.looked.wait(), lookPause)
			wait = min(cmp.Or(wait, next), next)
		}
		_ = retry.Await(stop, r.Board.Wake(), wait)
	}
	return nil
}

// start starts jobs until none is due or as many are being done as may be, and returns how long it
// is until one is due; 0: nobody knows.
func (r *run) start(stop context.Context) (wait time.Duration) {
	for stop.Err() == nil {
		select {
		case r.slots <- struct{}{}:
		default:
			return 0 // who ends wakes the board
		}
		ctx, cancel := context.WithCancel(r.jobs)
		j, wait := r.Board.Take(r.Tasks.Now(), cancel)
		if j == nil {
			cancel()
			<-r.slots
			return wait
		}
		r.Tasks.Valve.Join() // until its result is settled
		r.busy.Go(func() {
			done := result{job: j, outcome: untried}
			defer func() {
				cancel()
				r.mu.Lock()
				r.results = append(r.results, done)
				r.mu.Unlock()
				r.settled.Set()
				<-r.slots
				r.Board.Rouse()
			}()
			r.try(ctx, &done)
		})
	}
	return 0
}

// commit commits results as they come, many at a time, until over is closed and none is left.
func (r *run) commit(ctx context.Context, over <-chan struct{}) error {
	ending := false
	for {
		r.mu.Lock()
		results := r.results
		r.results = nil
		r.mu.Unlock()
		if len(results) > 0 {
			if err := r.settleAll(ctx, results); err != nil && ctx.Err() == nil {
				return err
			}
			continue
		}
		if ending {
			return nil
		}
		select {
		case <-r.settled:
		case <-over:
			ending = true
		}
	}
}

// settleAll commits results. It passes the valve once for all of them.
func (r *run) settleAll(ctx context.Context, results []result) error {
	v := &r.Tasks.Valve
	v.Join()
	defer v.Leave()
	for range results {
		v.Leave() // what was begun with the job
	}
	return r.settle(v.Within(ctx), results)
}
