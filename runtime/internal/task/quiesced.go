package task

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Quiesced is a time in which its owner holds the quiesce lock, so that all tasks rest.
type Quiesced struct {
	set      *Set
	over     bool // the lock is released
	Released bool // others had the lock meanwhile
}

// Quiesce acquires the quiesce lock.
func (s *Set) Quiesce(ctx context.Context) (*Quiesced, error) {
	ctx, cancel := s.Life.WhileOpen(ctx)
	defer cancel()
	if err := s.Lock.Lock(ctx); err != nil {
		return nil, lifetime.Closing(ctx, err)
	}
	return &Quiesced{set: s}, nil
}

// End releases the lock. It may be called again.
func (q *Quiesced) End() {
	if !q.over {
		q.over = true
		q.set.Lock.Unlock()
	}
}

// pause waits, and lets others have the lock meanwhile. If it returns an error, the lock may be
// released.
func (q *Quiesced) pause(ctx context.Context, d time.Duration) error {
	q.End()
	err := retry.Sleep(ctx, d)
	if lerr := q.set.Lock.Lock(ctx); lerr != nil {
		return lerr
	}
	q.over, q.Released = false, true
	return err
}

// retry calls do until it succeeds, as Loop.DoPausing does. Between two tries nobody waits for the
// task: a commit may be refused for as long as nobody drops something.
func (t *Task) retry(ctx context.Context, what string, do func() error) error {
	asked := t.set.Retry.Pending.Begin(what)
	defer t.set.Retry.Pending.End(asked)
	return t.set.Retry.DoPausing(ctx, what, asked, t.Pause, do)
}

// Pause waits between two tries of a commit.
func (t *Task) Pause(ctx context.Context, d time.Duration) error {
	switch {
	case t.Target.Visits() && len(t.Partitions) > 0:
		return t.stepOut(ctx, d)
	case t.Rest == nil:
		return retry.Sleep(ctx, d)
	case !t.Target.Visits():
		return t.Rest.pause(ctx, d)
	}
	s := t.set
	ctx, cancel := s.Life.WhileOpen(ctx)
	defer cancel()
	if !s.Catalog.Fenced() {
		// Others' commits must not come between a commit whose outcome is unknown and its repeat.
		return lifetime.Closing(ctx, retry.Sleep(ctx, d))
	}
	// The batch is committed as it is, or is a conflict. The exclusive task is others' meanwhile.
	s.Emissions.Numbers = nil
	s.Exclusive = s.NewTask(t.Gen, t.Target)
	back := t.setAside()
	if err := t.Rest.pause(ctx, d); err != nil {
		return lifetime.Closing(ctx, err)
	}
	if s.Life.Err() != nil { // Close had its turn meanwhile
		return brook.ErrClosed
	}
	back()
	return nil
}

// setAside takes back what an uncommitted batch did to the blocked keys, until back is called.
func (t *Task) setAside() (back func()) {
	if t.aside == nil {
		return func() {}
	}
	return t.aside()
}

// stepOut leaves the quiesce lock between two tries of a commit. If somebody acquired it meanwhile,
// and only memory can tell whether the batch still fits, the batch is put back, unless it is
// committed.
func (t *Task) stepOut(ctx context.Context, d time.Duration) error {
	turns := t.set.Lock.Turns()
	t.withhold()
	var err error
	if t.Rest != nil { // it runs exclusively
		turns++ // its own
		if err = t.Rest.pause(ctx, d); t.Rest.over {
			return err
		}
	} else {
		t.Leave()
		err = retry.Sleep(ctx, d)
		if eerr := t.Enter(ctx); eerr != nil {
			return eerr
		}
	}
	others := t.set.Lock.Turns() != turns
	t.overtaken = t.overtaken || !t.set.Catalog.Fenced() && others
	if !t.overtaken { // else the letters may be dropped already: see recount
		t.restore()
	}
	return err
}
