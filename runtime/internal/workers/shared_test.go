package workers_test

import (
	"context"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// Over a shared store a process does what others left, in its place before what it committed itself.
func TestOthersLeftJobs(t *testing.T) {
	b := newBench(t, tasktest.NewStore(true), true)
	other := jobs.New()
	b.store(other, job(1, "a"))
	b.Jobs.Lags() // which a task notes whose commit is a conflict with that
	b.ask(job(2, "a"))
	b.work("job/1 1, job/2 1")
	b.store(other, job(3, "b"))
	b.work("job/3 1")
	b.wantStored("")
}

// All jobs are read when others left some, and not for what the process committed itself.
func TestJobsAreReadForTheNewsOfOthers(t *testing.T) {
	disk, scans := tasktest.NewStore(true), fault.New(fault.Fail, 0, fault.Scan)
	b := newBench(t, storetest.Faulty(disk, scans), true)
	b.work("")
	looks := func(do func()) int {
		do()
		before := scans.Count()
		if _, err := b.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		return scans.Count() - before
	}
	idle := looks(func() {})
	if own := looks(func() { b.ask(job(1, "a"), job(2, "b")) }); own != 3*idle {
		t.Errorf("%d scans for two jobs of its own, want %d: the notes, for each job and the end", own, 3*idle)
	}
	if others := looks(func() { b.store(jobs.New(), job(3, "a")) }); others != 2*idle+3 {
		t.Errorf("%d scans for a job of others, want jobs, letters, and the notes", others)
	}
}

// What became of a job here is void if another process dealt with it meanwhile; and if that gave it
// up, the jobs behind it wait, whatever this process made of it.
func TestOthersDidIt(t *testing.T) {
	for _, outcome := range []string{"done", "published", "failed", "given up"} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, dead %t", outcome, dead), func(t *testing.T) {
				b := newBench(t, tasktest.NewStore(true), true)
				first := job(1, "a")
				b.do = func(_ context.Context, w *jobs.Work) error {
					if w.Job.ID != first.ID {
						return nil
					}
					var letters []brook.Write
					if dead {
						l := jobs.LetterOf(first, errAway, nil)
						letters = append(letters, l.Write(b.Catalog.Live().Letters))
					}
					b.remove(w.Job, letters...)
					switch outcome {
					case "published":
						tell(w, "it")
					case "failed":
						return errAway
					case "given up":
						return brook.ErrPermanent
					}
					return nil
				}
				b.ask(first, job(2, "a"), job(3, "b"))
				tries, left, letters := "job/1 1, job/3 1, job/2 1", "", 0
				if dead {
					tries, left, letters = "job/1 1, job/3 1", "job/2 0", 1
				}
				b.work(tries)
				b.wantStored(left)
				if n := len(b.DeadLetters()); n != letters || b.Outbox.Queued() != 0 {
					t.Errorf("%d letters and %d emissions", n, b.Outbox.Queued())
				}
			})
		}
	}
}

// Whatever the store fails at once, jobs are dealt with, and once each.
func TestStoreFailsOnce(t *testing.T) {
	for _, fenced := range []bool{false, true} {
		for n, struck := 1, true; struck; n++ {
			b := newBench(t, tasktest.NewStore(fenced), fenced)
			b.do = func(_ context.Context, w *jobs.Work) error {
				switch w.Job.ID {
				case "job/1":
					tell(w, "it")
				case "job/2":
					return brook.ErrPermanent
				}
				return nil
			}
			b.ask(job(1, "a"), job(2, "b"), job(3, "c"))
			once := fault.New(fault.Fail, n)
			b.Set.Store = storetest.Faulty(b.Set.Store, once)
			b.Set.Reader = b.Set.Store.Latest()
			b.Emissions.Reader = b.Set.Reader
			b.work("job/1 1, job/2 1, job/3 1")
			if struck = once.Struck(); !struck {
				break // there is no such operation
			}
			if left, letters := b.stored(), len(b.DeadLetters()); left != "" || letters != 1 ||
				b.Outbox.Queued() != 1 {
				t.Errorf("fenced %t, operation %d: %q is left, %d letters, %d emissions", fenced, n, left,
					letters, b.Outbox.Queued())
			}
		}
	}
}
