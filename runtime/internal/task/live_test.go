package task_test

import (
	"context"
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

var errBad = errors.New("bad")

func fails(*delivery.Delivery) error { return errBad }

// A commit to the live views moves progress on, hands emissions to the outbox, and is reported.
func TestLiveCommitted(t *testing.T) {
	r := tasktest.Claimed(t, tasktest.NewStore(false), nil)
	ran := 0
	r.Do["S x"] = func(d *delivery.Delivery) error {
		tasktest.Emit(d, "hello")
		d.After(func(context.Context) error { ran++; return nil })
		return nil
	}
	r.Do["T bad"] = fails
	tk := r.Task(1)
	tasktest.Append(tk.Partitions[0], "a x", "b y", "c bad")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	if got := r.Rows(); got != "aT:1 bS:1 bT:1 cS:1" {
		t.Errorf("rows %q", got)
	}
	if at := r.Progress.At(tasktest.In); at != 3 || r.Outbox.Queued() != 1 || ran != 1 {
		t.Errorf("at %d, %d emissions, %d effects", at, r.Outbox.Queued(), ran)
	}
	commits, letters := r.Reported()
	if len(commits) != 1 || commits[0].Events != 3 || commits[0].Letters != 1 || len(letters) != 1 {
		t.Errorf("reported %+v and %+v", commits, letters)
	}
}

// A partition stands still while too many of its emissions wait.
func TestOutboxFull(t *testing.T) {
	r := tasktest.Claimed(t, tasktest.NewStore(false), func(c *brook.Config) { c.MaxOutbox = 2 })
	r.Do["S x"] = func(d *delivery.Delivery) error { tasktest.Emit(d, "hello"); return nil }
	tk := r.Task(1)
	p := tk.Partitions[0]
	tasktest.Append(p, "a x", "b x", "c x")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	if p.Base() != 2 || r.Outbox.Queued() != 2 || p.Full {
		t.Errorf("at %d, %d emissions, full %t", p.Base(), r.Outbox.Queued(), p.Full)
	}
	r.Outbox.Clear()
	tk.Target.Look(tk.Partitions)
	if err := r.Fold(tk); err != nil || p.Base() != 3 {
		t.Errorf("at %d, %v", p.Base(), err)
	}
}

// A partition stands still while it has too many dead letters, which is reported once; the others
// go on.
func TestDeadLettersFull(t *testing.T) {
	r := tasktest.Claimed(t, tasktest.NewStore(false), func(c *brook.Config) { c.MaxDeadLetters = 2 })
	r.Do["T x"] = fails
	tk := r.Task(2)
	p := tk.Partitions[0]
	tasktest.Append(p, "a x", "b x", "c y")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	tasktest.Append(tk.Partitions[1], "d y")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	failures := r.Failures()
	if len(failures) != 1 || !errors.Is(failures[0].Err, brook.ErrDeadLettersFull) ||
		failures[0].What != "folding" {
		t.Errorf("failures %+v", failures)
	}
	if p.Base() != 2 || tk.Partitions[1].Base() != 1 || !p.Full {
		t.Errorf("at %d and %d, full %t", p.Base(), tk.Partitions[1].Base(), p.Full)
	}
	p.Blocked.Remove(&deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: tasktest.In.At(0), Set: "T", Key: []byte("a"),
	}})
	if err := r.Fold(tk); err != nil || p.Base() != 3 || p.Full {
		t.Errorf("at %d, full %t, %v", p.Base(), p.Full, err)
	}
}

// whileAway has do run, by whoever holds the quiesce lock, while the first commit that fails with
// err waits for its next try.
func whileAway(t *testing.T, r *tasktest.Rig, err error, do func()) (wait func()) {
	r.Retry.Policy.Min, r.Retry.Policy.Max = 50*time.Millisecond, 50*time.Millisecond
	done := make(chan struct{})
	r.Disk.Before = func(*brook.Batch) error {
		r.Disk.Before = nil
		go func() {
			defer close(done)
			rest, err := r.Quiesce(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer rest.End()
			do()
		}()
		return err
	}
	return func() { <-done }
}

// onePartition returns a task whose next batch parks the event a of set T.
func onePartition(t *testing.T, fenced bool) (*tasktest.Rig, *task.Task, *task.Partition) {
	r := tasktest.Claimed(t, tasktest.NewStore(fenced), nil)
	r.Do["T x"] = fails
	tk := r.Task(1)
	tasktest.Append(tk.Partitions[0], "a x", "b y")
	return r, tk, tk.Partitions[0]
}

// Between two tries of a commit others may have the lock, and see no letter that is not stored. If
// only memory can tell whether the batch still fits, it is put back and comes again.
func TestStepOut(t *testing.T) {
	for _, fenced := range []bool{false, true} {
		r, tk, p := onePartition(t, fenced)
		handled := 0
		r.Do["T x"] = func(*delivery.Delivery) error { handled++; return errBad }
		wait := whileAway(t, r, errBad, func() {
			if p.Blocked.Len() != 0 {
				t.Errorf("%d letters block that are not stored", p.Blocked.Len())
			}
		})
		tried := len(r.Disk.Commits)
		if err := r.Fold(tk); err != nil {
			t.Fatal(err)
		}
		wait()
		if got := r.Rows(); got != "aS:1 bS:1 bT:1" || len(r.DeadLetters()) != 1 || p.Blocked.Len() != 1 {
			t.Errorf("rows %q, %d letters, %d block", got, len(r.DeadLetters()), p.Blocked.Len())
		}
		if n := len(r.Disk.Commits) - tried; n != 1 || fenced != (handled == 1) {
			t.Errorf("fenced %t: %d commits, handled %d times", fenced, n, handled)
		}
	}
}

// If nobody had the lock meanwhile, the batch is tried again as it is.
func TestStepOutAlone(t *testing.T) {
	r, tk, p := onePartition(t, false)
	var tried []brook.BatchID
	r.Disk.Before = func(b *brook.Batch) error {
		if tried = append(tried, b.ID); len(tried) < 3 {
			return errBad
		}
		return nil
	}
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	if len(tried) != 3 || tried[0] != tried[2] || p.Blocked.Len() != 1 || p.Blocked.Empty() {
		t.Errorf("tried %x, %d letters block", tried, p.Blocked.Len())
	}
}

// A batch that was stored although its commit failed is not put back. What it parked counts as it
// is stored by then.
func TestRecount(t *testing.T) {
	for _, dropped := range []bool{false, true} {
		r, tk, p := onePartition(t, false)
		wait := whileAway(t, r, tasktest.ErrLost, func() {
			if !dropped {
				return
			}
			for _, l := range r.DeadLetters() {
				drop := []brook.Write{{
					Table: r.Catalog.Live().Letters, Key: l.AppendKey(nil), Op: brook.Remove,
				}}
				if err := r.Disk.Commit(t.Context(), &brook.Batch{Writes: drop}); err != nil {
					t.Error(err)
				}
			}
		})
		if err := r.Fold(tk); err != nil {
			t.Fatal(err)
		}
		wait()
		want := len(r.DeadLetters())
		if got := r.Rows(); got != "aS:1 bS:1 bT:1" || p.Base() != 2 {
			t.Errorf("rows %q, at %d", got, p.Base())
		}
		if p.Blocked.Len() != want || p.Blocked.Empty() == !dropped {
			t.Errorf("dropped %t: %d letters block, %d are stored", dropped, p.Blocked.Len(), want)
		}
	}
}

// What waits for its turn of the lock is not held up by an emission that is refused.
func TestRecountEmissions(t *testing.T) {
	r, tk, p := onePartition(t, false)
	r.Do["T x"] = func(d *delivery.Delivery) error { tasktest.Emit(d, "refused"); return nil }
	wait := whileAway(t, r, tasktest.ErrLost, func() {})
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	wait()
	if n := len(r.DeadLetters()); n != 1 || p.Blocked.Len() != 1 || !p.Blocked.Empty() {
		t.Errorf("%d letters are stored, %d count, empty %t", n, p.Blocked.Len(), p.Blocked.Empty())
	}
}
