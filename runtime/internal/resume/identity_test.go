package resume

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// counted is a log that counts how often it is asked for partitions, and fails the first times.
type counted struct {
	*memdriver.Driver
	asked, fails atomic.Int32
}

func (d *counted) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	if d.asked.Add(1) <= d.fails.Load() {
		return nil, errors.New("away")
	}
	return d.Driver.Partitions(ctx, topics...)
}

// opened returns the parts of an app over the store of before and a log, which have no progress.
func opened(t *testing.T, before *tasktest.Rig, d brook.Driver) *tasktest.Rig {
	t.Helper()
	return tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store, c.Driver = before.Store, d
	})
}

// rigged returns the parts of an app that folded three events of a log.
func rigged(t *testing.T) *tasktest.Rig {
	t.Helper()
	r := tasktest.New(t, nil)
	r.Publish("x", "y", "z")
	r.Follow()
	return r
}

var in = partition.ID{Topic: "in"}

// The same log is compared once, and again after doubt; what was folded here, never.
func TestConfirm(t *testing.T) {
	before := rigged(t)
	if !before.Progress.Confirmed(in) {
		t.Error("what was folded from the log is in doubt")
	}
	d := &counted{Driver: before.Driver}
	d.fails.Store(2)
	r := opened(t, before, d)
	i := NewIdentity(r.Set)
	confirm := func(asked int32) {
		t.Helper()
		if err := i.Confirm(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if n := d.asked.Load(); n != asked {
			t.Errorf("the driver was asked %d times, want %d", n, asked)
		}
	}
	confirm(3)
	confirm(3)
	r.Progress.Doubt()
	confirm(4)
}

// Another log is not confirmed, however often that is asked; nor is one of which the store knows
// nothing.
func TestNotConfirmed(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *tasktest.Rig) *memdriver.Driver{
		"made anew": func(*testing.T, *tasktest.Rig) *memdriver.Driver { return memdriver.New() },
		"cut back":  func(t *testing.T, r *tasktest.Rig) *memdriver.Driver { return truncated(t, r, 2) },
		"cut back and grown": func(t *testing.T, r *tasktest.Rig) *memdriver.Driver {
			d := truncated(t, r, 2)
			r.Publish("other", "more")
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := rigged(t)
			r := opened(t, before, change(t, before))
			i := NewIdentity(r.Set)
			for range 2 {
				if err := i.Confirm(t.Context(), in); !errors.Is(err, brook.ErrLogChanged) {
					t.Errorf("%v, want ErrLogChanged", err)
				}
			}
		})
	}
	r := tasktest.New(t, nil)
	if err := NewIdentity(r.Set).Confirm(t.Context(), in); err != nil || r.Progress.Confirmed(in) {
		t.Errorf("of an empty store: %v, confirmed", err)
	}
}

func truncated(t *testing.T, r *tasktest.Rig, to int64) *memdriver.Driver {
	t.Helper()
	if err := r.Driver.Truncate("in", 0, to); err != nil {
		t.Fatal(err)
	}
	return r.Driver
}

// trimming is a log that retention cuts right after it was asked for its partitions.
type trimming struct{ *memdriver.Driver }

func (d trimming) Partitions(
	ctx context.Context, topics ...string,
) ([]brook.Partition, error) {
	p, err := d.Driver.Partitions(ctx, topics...)
	return p, errors.Join(err, d.Trim("in", 0, 3))
}

// A record that retention took can't be compared: the log counts as the same.
func TestConfirmWithoutTheRecord(t *testing.T) {
	before := rigged(t)
	for range 2 { // retention takes it meanwhile, and then took it before
		r := opened(t, before, trimming{before.Driver})
		if err := NewIdentity(r.Set).Confirm(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
}

// A partition that the driver does not have is no partition of the log; and a driver that does not
// answer is asked until the context ends.
func TestConfirmFails(t *testing.T) {
	before := rigged(t)
	d := &counted{Driver: before.Driver}
	r := opened(t, before, d)
	err := NewIdentity(r.Set).compare(t.Context(), partition.ID{Topic: "in", Number: 7},
		&partition.Stored{})
	if !errors.Is(err, brook.ErrOutOfRange) {
		t.Errorf("a partition that there is not: %v", err)
	}
	d.fails.Store(1 << 30)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	i := NewIdentity(r.Set)
	if err := i.Confirm(ctx, in); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a driver that does not answer: %v", err)
	}
	i.asking.Lock()
	if err := i.Confirm(ctx, in); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another call asks: %v", err)
	}
}
