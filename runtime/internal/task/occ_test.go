package task_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

// checks returns what the last commit relied on: "state", "alone", and the numbers of partitions.
func checks(r *tasktest.Rig) string {
	var all []string
	g, last := r.Catalog.Live(), r.Disk.Commits[len(r.Disk.Commits)-1]
	for _, c := range last.Checks {
		switch c.Table {
		case r.Catalog.Meta():
			all = append(all, string(c.Key))
		case g.Positions:
			all = append(all, fmt.Sprint(c.Key[len(c.Key)-1])) // of a number, big-endian
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// scan is a handler that reads all rows.
func scan(d *delivery.Delivery) error {
	for _, err := range d.Tx.Scan(0, nil, nil) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Over a shared store a commit relies on the state and on the positions that it goes on from; if
// its events scan, on those of the whole task and on the exclusive mark; if they do so while all
// tasks rest, on those of all.
func TestPreconditions(t *testing.T) {
	r := tasktest.Claimed(t, tasktest.NewStore(true), nil)
	r.Do["S scan"] = scan
	tk, all := r.Task(3), r.Task(4)
	all.SetPartitions(all.Partitions[3:])
	if err := tk.Moved(t.Context()); err != nil { // the store gets to know the partitions
		t.Fatal(err)
	}
	for _, c := range []struct {
		exclusive   bool
		event, want string
	}{
		{false, "a x", "1 state"}, {false, "a scan", "0 1 2 alone state"},
		{true, "a x", "1 state"}, {true, "a scan", "0 1 2 3 alone state"},
	} {
		// Nobody says where keys belong: beside other tasks the event has to run exclusively.
		tk.Parallel = c.exclusive
		tasktest.Append(tk.Partitions[1], c.event)
		if err := r.Fold(tk); err != nil {
			t.Fatal(err)
		}
		if got := checks(r); got != c.want {
			t.Errorf("%q, exclusive %t, relies on %q, want %q", c.event, c.exclusive, got, c.want)
		}
		commits, _ := r.Reported()
		if n := commits[len(commits)-1].Strays; n == 1 != c.exclusive {
			t.Errorf("%q, exclusive %t: %d strays", c.event, c.exclusive, n)
		}
	}
}

// What an event scanned may be of any partition of the task: if another process moved one on that
// the batch does not move, nothing is written.
func TestScanConflict(t *testing.T) {
	for _, c := range []struct {
		event string
		want  error
		rows  string
	}{
		{"a x", nil, "aS:1 aT:1"}, {"a scan", retry.ErrRestart, ""},
	} {
		r := tasktest.Claimed(t, tasktest.NewStore(true), nil)
		r.Do["S scan"] = scan
		tk := r.Task(2)
		if err := tk.Moved(t.Context()); err != nil { // the store gets to know the partitions
			t.Fatal(err)
		}
		moved := tk.Partitions[0]
		others := brook.Batch{Writes: []brook.Write{{
			Table: r.Catalog.Live().Positions, Key: moved.ID.AppendKey(nil),
			Value: append(bytes.Clone(moved.Stored()), ' '),
		}}}
		if err := r.Disk.Commit(t.Context(), &others); err != nil {
			t.Fatal(err)
		}
		tasktest.Append(tk.Partitions[1], c.event)
		if err := r.Fold(tk); !errors.Is(err, c.want) || r.Rows() != c.rows {
			t.Errorf("%q: %v, want %v, rows %q", c.event, err, c.want, r.Rows())
		}
	}
}

// If another process was faster, nothing of the batch stays, and the task begins anew.
func TestConflict(t *testing.T) {
	r := tasktest.Claimed(t, tasktest.NewStore(true), nil)
	r.Do["T x"] = fails
	other := tasktest.Claimed(t, r.Disk, nil)
	tk, ahead := r.Task(1), other.Task(1)
	tasktest.Append(ahead.Partitions[0], "a y")
	ctx := t.Context()
	if err := errors.Join(r.Catalog.Reload(ctx), other.Catalog.Reload(ctx)); err != nil {
		t.Fatal(err)
	}
	if err := other.Fold(ahead); err != nil {
		t.Fatal(err)
	}
	tasktest.Append(tk.Partitions[0], "a x")
	if err := r.Fold(tk); !errors.Is(err, retry.ErrRestart) {
		t.Errorf("%v, want a restart", err)
	}
	p := tk.Partitions[0]
	if p.Next() != 0 || p.Blocked.Len() != 0 || len(tk.Batch.Letters) != 0 {
		t.Errorf("at %d, %d letters block", p.Next(), p.Blocked.Len())
	}
}
