package workers_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/internal/workers"
)

var errAway = errors.New("away")

// A job that is done is removed, and what its worker publishes is in the outbox with that commit.
func TestDone(t *testing.T) {
	disk := tasktest.NewStore(false)
	b := newBench(t, disk, false)
	b.do = func(_ context.Context, w *jobs.Work) error {
		if w.Job.ID == "job/2" {
			tell(w, "one")
			tell(w, "two")
		}
		return nil
	}
	b.ask(job(1, "a"), job(2, "b"), job(3, "a"))
	commits := len(disk.Commits)
	b.work("job/1 1, job/2 1, job/3 1")
	b.wantStored("")
	if n := b.Outbox.Queued(); n != 2 || len(disk.Commits) != commits+3 {
		t.Errorf("%d emissions in %d commits, want 2 in one of three", n, len(disk.Commits)-commits)
	}
	if n := b.Jobs.Waiting(tasktest.In); n != 0 {
		t.Errorf("%d jobs wait on the board", n)
	}
}

// A job that fails, panics or ends its goroutine is stored as tried, and is due later; the jobs of
// its key wait behind it.
func TestFails(t *testing.T) {
	b := newBench(t, tasktest.NewStore(false), false)
	now := time.Now()
	b.Clock = func() time.Time { return now }
	b.Jobs.SetClock(b.Clock)
	b.do = func(_ context.Context, w *jobs.Work) error {
		switch {
		case w.Job.ID == "job/1" && w.Job.Attempts == 0:
			return errAway
		case w.Job.ID == "job/1" && w.Job.Attempts == 1:
			panic("oh")
		}
		return nil
	}
	b.ask(job(1, "a"), job(2, "a"), job(3, "b"))
	b.work("job/1 1, job/3 1")
	b.wantStored("job/1 1, job/2 0")
	b.work("")
	now = now.Add(time.Second)
	b.work("job/1 2")
	b.wantStored("job/1 2, job/2 0")
	now = now.Add(time.Second)
	b.work("") // the wait is twice as long now
	now = now.Add(time.Second)
	b.work("job/1 3, job/2 1")
	b.wantStored("")
}

// A worker that ends its goroutine, as a test's FailNow does, failed.
func TestExits(t *testing.T) {
	b := newBench(t, tasktest.NewStore(false), false)
	b.do = func(context.Context, *jobs.Work) error {
		runtime.Goexit()
		return nil
	}
	b.ask(job(1, "a"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	stored := make(chan bool)
	b.Disk.Before = func(batch *brook.Batch) error {
		b.Disk.Before = nil
		close(stored)
		return nil
	}
	go func() { ended <- b.Run(ctx, t.Context()) }()
	<-stored
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	b.wantStored("job/1 1")
}

// A job is given up after as many tries as Config.Jobs says, at once with a permanent error, and if
// what it publishes can't be encoded, or if nobody does such jobs. The letter says why, and holds up
// the jobs of its key.
func TestGivenUp(t *testing.T) {
	for _, c := range []struct {
		name, tries, why string
		do               func(w *jobs.Work) error
	}{
		{"attempts", "job/1 1, job/1 2, job/1 3", "Mailer.Mail: away",
			func(*jobs.Work) error { return errAway }},
		{"permanent", "job/1 1", "Mailer.Mail: no such address: ",
			func(*jobs.Work) error { return fmt.Errorf("no such address: %w", brook.ErrPermanent) }},
		{"not encoded", "job/1 1", "Mailer.Mail: NaN: ",
			func(w *jobs.Work) error { w.Err = errors.New("NaN"); return nil }},
		{"a handler's failure", "job/1 1", "Mailer.Mail: no: permanent (nothing is published of it: ",
			func(*jobs.Work) error {
				return brook.FailWith(fmt.Errorf("no: %w", permanent{}), brook.Emit(1))
			}},
		{"no worker", "", "there is no worker of gone any more", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, tasktest.NewStore(false), false)
			now := time.Now()
			b.Clock = func() time.Time { return now }
			b.Jobs.SetClock(b.Clock)
			b.do = func(_ context.Context, w *jobs.Work) error { return c.do(w) }
			first, second := job(1, "a"), job(2, "a")
			if c.do == nil {
				first.Type, second.Type = "gone", "gone"
			}
			b.ask(first, second)
			for range 3 {
				if _, err := b.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
				now = now.Add(time.Hour)
			}
			if got := b.tried(); got != c.tries {
				t.Errorf("tried %q, want %q", got, c.tries)
			}
			b.wantStored("job/2 0")
			letters := b.DeadLetters()
			if len(letters) != 1 {
				t.Fatalf("%d letters, want 1", len(letters))
			}
			if l := letters[0]; l.Stage != brook.StageJob || l.ID != "job/1" ||
				l.Attempts != max(1, strings.Count(c.tries, ",")+1) || !strings.HasPrefix(l.Error, c.why) {
				t.Errorf("the letter is %+v", l)
			}
			if n := b.BlockedOf(tasktest.In).Len(); n != 1 {
				t.Errorf("%d letters count for the partition", n)
			}
		})
	}
}

// permanent is an error that wraps brook.ErrPermanent and has a text of its own.
type permanent struct{}

func (permanent) Error() string { return "permanent" }
func (permanent) Unwrap() error { return brook.ErrPermanent }

// What a worker publishes and the envelope refuses is a dead letter of its own. The job is done.
func TestRefusedAnswer(t *testing.T) {
	b := newBench(t, tasktest.NewStore(false), false)
	b.do = func(_ context.Context, w *jobs.Work) error {
		tell(w, "refused")
		tell(w, "fine")
		return nil
	}
	b.ask(job(1, "a"), job(2, "a"))
	b.work("job/1 1, job/2 1")
	b.wantStored("")
	letters := b.DeadLetters()
	if len(letters) != 2 || letters[0].Stage != brook.StageEmit || b.Outbox.Queued() != 2 {
		t.Errorf("%+v, and %d emissions", letters, b.Outbox.Queued())
	}
}

// An app without workers has no Workers, which do nothing.
func TestNone(t *testing.T) {
	w := workers.New(tasktest.New(t, nil).Set, nil)
	if n, err := w.Step(t.Context()); w != nil || n != 0 || err != nil {
		t.Errorf("%v, %d, %v", w, n, err)
	}
}

// Jobs that other members of a group did are removed from the store, and not done.
func TestPassed(t *testing.T) {
	b := newBench(t, tasktest.NewStore(false), false)
	b.Outbox.Group.Join(true)
	b.ask(job(1, "a"), job(2, "b"))
	b.work("")
	b.wantStored("job/1 0, job/2 0")
	checkpoints := map[partition.ID]int64{tasktest.In: 2}
	b.Outbox.Group.Acknowledged(checkpoints)
	b.work("")
	b.wantStored("job/2 0")
	b.Outbox.Group.Assign(checkpoints)
	b.work("job/2 1")
	b.wantStored("")
}
