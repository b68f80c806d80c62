package workers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

// start runs the workers until stop is called, which returns what Run returned.
func (b *bench) start() (stop func() error) {
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, context.WithoutCancel(ctx)) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// As many jobs are done at a time as Config.Jobs says, one of a key, and the next one begins when
// one has ended.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasktest.NewStore(false), false)
		b.do = func(ctx context.Context, w *jobs.Work) error {
			time.Sleep(time.Second)
			return nil
		}
		b.ask(job(1, "a"), job(2, "a"), job(3, "b"), job(4, "c"), job(5, "d"))
		stop := b.start()
		for _, want := range []string{"job/1 job/3", "job/4 job/5", "job/2"} {
			synctest.Wait()
			var got []string
			for tries := b.tried(); tries != ""; {
				var try string
				try, tries, _ = strings.Cut(tries, ", ")
				got = append(got, strings.TrimSuffix(try, " 1"))
			}
			slices.Sort(got)
			if strings.Join(got, " ") != want {
				t.Errorf("at once: %v, want %s", got, want)
			}
			time.Sleep(time.Second)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		b.wantStored("")
	})
}

// Many results are one commit, or as few as the store takes.
func TestCommitsOfManyResults(t *testing.T) {
	for _, most := range []int{1000, 3} {
		synctest.Test(t, func(t *testing.T) {
			disk := tasktest.NewStore(false)
			b := newBench(t, disk, false)
			b.Config.Jobs.Workers = 50
			b.do = func(context.Context, *jobs.Work) error {
				time.Sleep(time.Second)
				return nil
			}
			var all []*jobs.Job
			for n := range int64(20) {
				all = append(all, job(n, fmt.Sprint(n)))
			}
			b.ask(all...)
			commits := len(disk.Commits)
			disk.Before = func(batch *brook.Batch) error {
				time.Sleep(time.Millisecond) // meanwhile all results are there
				if len(batch.Writes) > most {
					return brook.ErrTooLarge
				}
				return nil
			}
			stop := b.start()
			time.Sleep(time.Minute)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			b.wantStored("")
			if n := len(disk.Commits) - commits; n > 20/min(most, 20)+6 {
				t.Errorf("%d commits of at most %d", n, most)
			}
		})
	}
}

// When Run ends, jobs may go on for a moment, and then until they heed their context. What they came
// to is stored; those that their context ended were not tried.
func TestEndOfRun(t *testing.T) {
	for _, takes := range []time.Duration{300 * time.Millisecond, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, tasktest.NewStore(false), false)
			b.do = func(ctx context.Context, w *jobs.Work) error {
				select {
				case <-time.After(takes):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			b.ask(job(1, "a"))
			stop := b.start()
			synctest.Wait()
			began := time.Now()
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			want, most := "", takes
			if takes == time.Hour {
				want, most = "job/1 0", time.Second
			}
			b.wantStored(want)
			if took := time.Since(began); took > most {
				t.Errorf("the end took %s, want %s at most", took, most)
			}
		})
	}
}

// The context of a job ends when its partition becomes another member's, and that is no try.
func TestPartitionMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasktest.NewStore(false), false)
		b.do = func(ctx context.Context, _ *jobs.Work) error {
			<-ctx.Done()
			return ctx.Err()
		}
		b.Outbox.Group.Join(true)
		b.Outbox.Group.Assign(own)
		b.ask(job(1, "a"))
		stop := b.start()
		synctest.Wait()
		if got := b.tried(); got != "job/1 1" {
			t.Errorf("tried %q", got)
		}
		b.Outbox.Group.Assign(nil)
		synctest.Wait()
		b.wantStored("job/1 0")
		b.mu.Lock()
		b.do = nil
		b.mu.Unlock()
		b.Outbox.Group.Assign(own)
		synctest.Wait()
		if got := b.tried(); got != "job/1 1" {
			t.Errorf("then tried %q", got)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		b.wantStored("")
	})
}

// Over a shared store the jobs of others are found within a second or two.
func TestOthersLeaveJobsDuringRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasktest.NewStore(true), true)
		stop := b.start()
		other := jobs.New()
		for n := range int64(3) {
			b.store(other, job(n, "a"))
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			if got, want := b.tried(), fmt.Sprintf("job/%d 1", n); got != want {
				t.Errorf("tried %q, want %q", got, want)
			}
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}
