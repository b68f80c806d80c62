package exclusive_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

var errBad = errors.New("bad")

// rig is a pool of exclusive tasks beside a set of tasks.
type rig struct {
	*tasktest.Rig
	t    *testing.T
	ctx  context.Context // of the calls
	pool *exclusive.Pool
}

func newRig(t *testing.T, fenced bool) *rig {
	t.Helper()
	r := tasktest.Claimed(t, tasktest.NewStore(fenced), nil)
	return &rig{Rig: r, t: t, ctx: t.Context(), pool: exclusive.New(r.Set)}
}

// newRigs returns those of two processes over one store.
func newRigs(t *testing.T) (here, there *rig) {
	t.Helper()
	here = newRig(t, true)
	other := tasktest.Claimed(t, here.Disk, nil)
	there = &rig{Rig: other, t: t, ctx: t.Context(), pool: exclusive.New(other.Set)}
	for _, r := range []*rig{here, there} {
		if err := r.Catalog.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return here, there
}

// at has a task do something with all tasks at rest.
func (r *rig) at(do func(*exclusive.Task) error) error {
	r.t.Helper()
	rest, err := r.Quiesce(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	defer rest.End()
	tk := r.pool.Begin(rest)
	defer tk.End()
	ctx := r.t.Context()
	if err := errors.Join(r.Emissions.Open(ctx), tk.ReadStandings(ctx)); err != nil {
		r.t.Fatal(err)
	}
	return do(tk)
}

// process applies an event, "key value".
func (r *rig) process(event string) (due batch.Due, err error) {
	r.t.Helper()
	k, value, _ := strings.Cut(event, " ")
	err = r.at(func(tk *exclusive.Task) error {
		record := &brook.Record{Topic: tasktest.Topic, Key: []byte(k), Value: []byte(value)}
		err := tk.Apply(r.t.Context(), record, brook.Message{
			ID: "p", Type: "put", Data: record.Value, Keyed: true,
		})
		if err == nil {
			due, err = tk.Commit(r.t.Context())
		}
		return err
	})
	return due, err
}

// redrive redrives the only letter that is stored.
func (r *rig) redrive() (applied bool, due batch.Due, err error) {
	r.t.Helper()
	all := r.DeadLetters()
	if len(all) != 1 {
		r.t.Fatalf("there are %d letters", len(all))
	}
	letter := all[0]
	remove := []brook.Write{{
		Table: r.Catalog.Live().Letters, Key: letter.AppendKey(nil), Op: brook.Remove,
	}}
	err = r.at(func(tk *exclusive.Task) (err error) {
		if letter.Stage == brook.StageEmit {
			due, err = tk.Reemit(r.t.Context(), letter, remove)
			return err
		}
		q := input.Single(tasktest.In, "log", letter.Attempts)
		p := tk.Single(q, r.BlockedOf(tasktest.In))
		applied, due, err = tk.Redrive(r.ctx, p, letter, remove)
		return err
	})
	return applied, due, err
}

// park folds an event, "k x", that fails in set T.
func (r *rig) park() *task.Task {
	r.t.Helper()
	r.Do["T x"] = func(*delivery.Delivery) error { return errBad }
	tk := r.Task(1)
	tasktest.Append(tk.Partitions[0], "k x")
	if err := r.Fold(tk); err != nil {
		r.t.Fatal(err)
	}
	r.wantLetters("0 T handle 1")
	return tk
}

// wantLetters compares the letters that are stored, as "offset set stage attempts", and wants their
// keys to be blocked as if they had just been read.
func (r *rig) wantLetters(want ...string) {
	r.t.Helper()
	var got []string
	for _, l := range r.DeadLetters() {
		text := []string{string(rune('0' + l.Position.Offset)), l.Set, l.Stage,
			string(rune('0' + l.Attempts))}
		got = append(got, strings.Join(text, " "))
	}
	if a, b := strings.Join(got, "; "), strings.Join(want, "; "); a != b {
		r.t.Errorf("letters are %q, want %q", a, b)
	}
	all, err := r.Letters.Blocked(r.t.Context(), r.Catalog.Live())
	if err != nil {
		r.t.Fatal(err)
	}
	stored := all[tasktest.In]
	if stored == nil {
		stored = &deadletter.Blocked{}
	}
	here := r.BlockedOf(tasktest.In)
	if here.Len() != stored.Len() || here.Empty() != stored.Empty() {
		r.t.Errorf("%d letters count (empty %t), and %d are stored (empty %t)",
			here.Len(), here.Empty(), stored.Len(), stored.Empty())
	}
}

func (r *rig) wantRows(want string) {
	r.t.Helper()
	if got := r.Rows(); got != want {
		r.t.Errorf("rows are %q, want %q", got, want)
	}
}

// An event of Process is stored by all sets or none. What it emits is numbered, and goes to the
// outbox with the number stored.
func TestProcess(t *testing.T) {
	r := newRig(t, false)
	r.Do["S x"] = func(d *delivery.Delivery) error {
		tasktest.Emit(d, "hello")
		d.After(func(context.Context) error { return nil })
		tasktest.Count(d, "s")
		return nil
	}
	due, err := r.process("k x")
	if err != nil || len(due.Effects) != 1 || r.Outbox.Queued() != 1 {
		t.Errorf("%v, %d effects, %d emissions", err, len(due.Effects), r.Outbox.Queued())
	}
	r.wantRows("kT:1 s:1")
	r.Do["T x"] = func(*delivery.Delivery) error { return errBad }
	if _, err := r.process("k x"); !errors.Is(err, errBad) {
		t.Error(err)
	}
	r.wantRows("kT:1 s:1")
	if n := r.Emissions.Numbers.Next; n != 2 || r.Outbox.Queued() != 1 {
		t.Errorf("the next number is %d, %d emissions", n, r.Outbox.Queued())
	}
}

// A failed commit leaves nothing in memory, and the numbers are read anew.
func TestCommitOnce(t *testing.T) {
	r := newRig(t, false)
	r.Disk.Before = func(*brook.Batch) error { return errBad }
	err := r.at(func(tk *exclusive.Task) error {
		tk.Batch.Writes = []brook.Write{{
			Table: tk.Gen.Dropped, Key: []byte("k"), Value: []byte("v"),
		}}
		return tk.CommitOnce(t.Context())
	})
	if !errors.Is(err, errBad) || r.Emissions.Numbers != nil || !r.Unsure.Load() {
		t.Errorf("%v, numbers %v, unsure %t", err, r.Emissions.Numbers, r.Unsure.Load())
	}
	r.Disk.Before = nil
	stored := len(r.Disk.Commits)
	if err := r.at(func(tk *exclusive.Task) error { return tk.CommitOnce(t.Context()) }); err != nil {
		t.Error(err)
	}
	if len(r.Disk.Commits) != stored {
		t.Error("what was not committed came with the next task")
	}
}

// A letter whose event succeeds is gone, in the store and in memory.
func TestRedrive(t *testing.T) {
	r := newRig(t, true)
	r.park()
	r.Do["T x"] = func(d *delivery.Delivery) error { tasktest.Count(d, "t"); return nil }
	if applied, due, err := r.redrive(); !applied || err != nil || len(due.Letters) > 0 {
		t.Error(applied, due, err)
	}
	r.wantLetters()
	r.wantRows("kS:1 t:1")
}

// One that fails again has one more attempt, and so has one whose changes are too large.
func TestRedriveAgain(t *testing.T) {
	r := newRig(t, true)
	r.park()
	if applied, due, err := r.redrive(); applied || err != nil || len(due.Letters) != 1 {
		t.Error(applied, due, err)
	}
	r.wantLetters("0 T handle 2")
	delete(r.Do, "T x")
	rows := r.Catalog.Live().Tables[0]
	r.Disk.Before = func(b *brook.Batch) error {
		for _, w := range b.Writes {
			if w.Table == rows {
				return brook.ErrTooLarge
			}
		}
		return nil
	}
	if applied, due, err := r.redrive(); applied || err != nil || len(due.Letters) != 1 {
		t.Error(applied, due, err)
	}
	r.wantLetters("0 T apply 3")
	r.wantRows("kS:1")
}

// If another process was faster, the letter blocks its key as before.
func TestRedriveConflict(t *testing.T) {
	r := newRig(t, true)
	r.park()
	delete(r.Do, "T x")
	r.Disk.Before = func(*brook.Batch) error { return brook.ErrConflict }
	if applied, _, err := r.redrive(); !errors.Is(err, brook.ErrConflict) {
		t.Error(applied, err)
	}
	r.wantLetters("0 T handle 1")
	if r.Unsure.Load() {
		t.Error("it is not sure whether it was committed")
	}
}

// While a commit over a shared store is tried again, others have the lock and a task of their own,
// and see the letter as it is stored.
func TestRedrivePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		r.park()
		if _, err := r.process("a y"); err != nil { // so that there is a processor to spare
			t.Fatal(err)
		}
		delete(r.Do, "T x")
		r.Retry.Policy.Min, r.Retry.Policy.Max = 50*time.Millisecond, 50*time.Millisecond
		others := make(chan error, 1)
		r.Disk.Before = func(*brook.Batch) error {
			r.Disk.Before = nil
			go func() {
				rest, err := r.Quiesce(t.Context())
				if err == nil {
					r.wantLetters("0 T handle 1")
					tk := r.pool.Begin(rest)
					if len(tk.Batch.Assemble()) > 0 {
						t.Error("the others have the batch that is not committed")
					}
					tk.End()
					rest.End()
				}
				others <- err
			}()
			return errBad
		}
		if applied, _, err := r.redrive(); !applied || err != nil {
			t.Error(applied, err)
		}
		if err := <-others; err != nil {
			t.Error(err)
		}
		r.wantLetters()
	})
}

// If the context ends while others have the lock, the letter blocks its key as it is stored.
func TestRedriveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		r.park()
		delete(r.Do, "T x")
		ctx, cancel := context.WithCancel(t.Context())
		r.ctx = ctx
		r.Retry.Policy.Min, r.Retry.Policy.Max = time.Minute, time.Minute
		r.Disk.Before = func(*brook.Batch) error {
			time.AfterFunc(time.Millisecond, cancel)
			return errBad
		}
		if _, _, err := r.redrive(); !errors.Is(err, context.Canceled) || !errors.Is(err, errBad) {
			t.Error(err)
		}
		r.wantLetters("0 T handle 1")
	})
}

// Two processes do not give a number twice.
func TestNumbersConflict(t *testing.T) {
	here, there := newRigs(t)
	emit := func(d *delivery.Delivery) error { tasktest.Emit(d, "hello"); return nil }
	there.Do["S x"] = emit
	here.Do["S x"] = func(d *delivery.Delivery) error {
		if _, err := there.process("k x"); err != nil {
			t.Error(err)
		}
		return emit(d)
	}
	if _, err := here.process("k x"); !errors.Is(err, brook.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
}

// An emission that the log refused is published once more, unless its record can't be read.
func TestReemit(t *testing.T) {
	r := newRig(t, false)
	r.Do["S x"] = func(d *delivery.Delivery) error { tasktest.Emit(d, "refused"); return nil }
	tk := r.Task(1)
	tasktest.Append(tk.Partitions[0], "k x")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	r.wantLetters("0 S emit 1")
	letter := r.DeadLetters()[0]
	letter.Record = brook.Record{Topic: "out", Value: []byte("refused")} // as a driver had it
	write := brook.Batch{Writes: []brook.Write{letter.Write(r.Catalog.Live().Letters)}}
	if err := r.Disk.Commit(t.Context(), &write); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.redrive(); !errors.Is(err, emission.ErrNoRecord) {
		t.Error(err)
	}
	r.wantLetters("0 S emit 1")
	letter.Record.Value = []byte("hello")
	write = brook.Batch{Writes: []brook.Write{letter.Write(r.Catalog.Live().Letters)}}
	if err := r.Disk.Commit(t.Context(), &write); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.redrive(); err != nil || r.Outbox.Queued() != 1 {
		t.Error(err, r.Outbox.Queued())
	}
	r.wantLetters()
}

// Whoever scanned relies on the exclusive mark and all positions: nobody may have committed since.
func TestScanned(t *testing.T) {
	here, there := newRigs(t)
	scan := func(d *delivery.Delivery) error {
		for _, err := range d.Tx.Scan(0, nil, nil) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	here.Do["S scan"] = scan
	if _, err := here.process("k scan"); err != nil {
		t.Error(err)
	}
	here.Do["S scan"] = func(d *delivery.Delivery) error {
		if _, err := there.process("other y"); err != nil {
			t.Error(err)
		}
		return scan(d)
	}
	if _, err := here.process("k scan"); !errors.Is(err, brook.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
	last := here.Disk.Commits[len(here.Disk.Commits)-1]
	marks := func(w brook.Write) bool {
		v, ok := w.Value.([]byte)
		return ok && bytes.Equal(w.Key, []byte("alone")) && bytes.Equal(v, last.ID[:])
	}
	if !marks(last.Writes[len(last.Writes)-1]) {
		t.Errorf("the commit writes no mark: %+v", last.Writes)
	}
}

// Rows are removed a batch at a time.
func TestRemoveSome(t *testing.T) {
	r := newRig(t, false)
	tk := r.Task(1)
	for _, k := range "abcdefgh" {
		tasktest.Append(tk.Partitions[0], string(k)+" x")
	}
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	var more []bool
	for range 2 {
		err := r.at(func(tk *exclusive.Task) error {
			m, err := tk.RemoveSome(t.Context(), 0)
			more = append(more, m)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.wantRows("")
	if !more[0] || more[1] {
		t.Errorf("more: %v, of 16 rows and batches of 10", more)
	}
}
