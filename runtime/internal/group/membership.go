// Package group divides the partitions of an app among its instances, as members of the driver's group
// of its name.
package group

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Membership is an app's place in the group of its name at the driver. Members divide the partitions: with
// Config.Group for folding, else for acting, which means publishing emissions and running effects. A nil
// Membership is that of an app that has no use for a group.
type Membership struct {
	Config *brook.Config // with defaults
	Driver brook.Grouper
	Topics []string
	Outbox *outbox.Outbox
	Report *report.Reporter
	// Checkpoints returns how far the group has acted, as the driver keeps it.
	Checkpoints func(context.Context) (map[partition.ID]int64, error)
	// Assigned is called when the partitions are divided anew.
	Assigned func()
	// Wake makes tasks look whether they may go on.
	Wake func()

	publish context.Context // ends when nobody publishes any more

	mu      sync.Mutex
	over    bool // the app ends: it is given nothing any more
	mine    map[partition.ID]bool
	changed chan struct{} // closed when mine is another one
	aside   chan struct{} // closed when the app, which stands aside, may join again; nil: it does not
	leave   context.CancelFunc
}

// New returns the membership of an app that is yet to join, from what m says.
func New(m *Membership) *Membership {
	m.mine, m.changed = map[partition.ID]bool{}, make(chan struct{})
	return m
}

// Join makes the app a member until the function it gives is called, which waits for the end; a membership that can't be
// had ends Run. Publishing may take until publish ends.
func (m *Membership) Join(lines *effects.Lines, publish context.Context, end context.CancelFunc) (leave func(*error)) {
	m.publish = publish
	ctx, cancel := context.WithCancel(publish)
	var work sync.WaitGroup
	var failed, deaf error
	work.Go(func() {
		if failed = m.stay(ctx); failed != nil {
			end()
		}
	})
	if !m.Config.Group {
		work.Go(func() {
			if deaf = m.hear(ctx); deaf != nil {
				end()
			}
		})
	}
	return func(err *error) {
		m.close(lines)
		cancel()
		work.Wait()
		if failed = cmp.Or(failed, deaf); failed != nil {
			*err = failed
		}
	}
}

// close ends what the app is given, and does what it was given when its lanes had ended already.
func (m *Membership) close(lines *effects.Lines) {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	if m.Config.Group {
		return
	}
	m.Outbox.Suspend()
	for _, e := range m.Outbox.Freed(every) {
		lines.Line(int(e.Position.Partition), nil).Push(e)
	}
}

// stay joins the group, and again where the membership was lost, until ctx ends.
func (m *Membership) stay(ctx context.Context) error {
	for attempts := 1; ; attempts++ {
		joined, leave := context.WithCancel(ctx)
		m.mu.Lock()
		aside := m.aside
		m.leave = leave
		m.mu.Unlock()
		if aside != nil {
			leave()
			select {
			case <-aside:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		started := time.Now()
		err := m.Driver.Join(joined, m.Config.Name, m.Topics, m)
		left := joined.Err() != nil
		leave()
		m.assign(nil)
		if ctx.Err() != nil {
			return nil // it left; how well, the driver's hooks and the group's time-out tell
		}
		if left {
			attempts = 0
			continue
		}
		if err == nil {
			err = errors.New("the driver ended it")
		}
		err = fmt.Errorf("brook: member of group %s: %w", m.Config.Name, err)
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		if time.Since(started) > time.Minute {
			attempts = 1
		}
		m.Report.Failure(brook.Failure{What: "group", Attempts: attempts, Err: err})
		_ = retry.Sleep(ctx, retry.Wait(m.Config.Retry, attempts)) // the end of ctx shows at the next turn
	}
}

// Retire makes the member leave the group until it may join again.
func (m *Membership) Retire() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.aside = make(chan struct{})
	if m.leave != nil {
		m.leave()
	}
}

func (m *Membership) Rejoin() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.aside)
	m.aside = nil
}

// hearPause is how often a member asks how far the others acted, while it holds anything back.
const hearPause = time.Second

// hear lets go of what was held back once the group's marks have passed it.
func (m *Membership) hear(ctx context.Context) error {
	ticker := time.NewTicker(hearPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if !m.Outbox.HasDeferred() {
			continue
		}
		marks, err := m.Checkpoints(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, brook.ErrPermanent) {
				return fmt.Errorf("brook: reading marks: %w", err)
			}
			m.Report.Failure(brook.Failure{What: "reading marks", Attempts: 1, Err: err})
			continue
		}
		m.Outbox.Acknowledged(marks)
		m.Wake()
	}
}

// Release ends what the app does for the group's other members, before the partitions are divided anew: from here on emissions and effects are
// held back, and the group's marks stand where it ended. Folding goes on.
func (m *Membership) Release(ctx context.Context) {
	if !m.Config.Group {
		m.Outbox.Suspend()
	}
	ctx, cancel := limited(ctx, m.Config.ShutdownTimeout)
	defer cancel()
	defer context.AfterFunc(m.publish, cancel)()
	m.Outbox.Drain(ctx)
}

// limited gives a context that ends with ctx, and after a time where that has no deadline.
func limited(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}

// Assign makes partitions the app's own.
func (m *Membership) Assign(partitions []brook.Position) {
	m.assign(partitions)
	if hook := m.Config.Hooks.Assigned; hook != nil {
		hook(slices.Clone(partitions))
	}
	m.Report.Info("the group gave partitions", "partitions", len(partitions))
}

func (m *Membership) assign(partitions []brook.Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	marks := map[partition.ID]int64{}
	mine := map[partition.ID]bool{}
	for _, p := range partitions {
		marks[partition.Of(p)] = p.Offset
		mine[partition.Of(p)] = true
	}
	m.Outbox.Assign(marks)
	m.Assigned()
	if !m.Config.Group {
		m.Wake()
		return
	}
	if len(mine)+len(m.mine) == 0 {
		return
	}
	// Even where they are the same: a member that is gone may have left something to publish in them.
	m.mine = mine
	close(m.changed)
	m.changed = make(chan struct{})
}

// Part gives the partitions that are to be folded, nil for all, and a channel that is closed when they are others.
func (m *Membership) Part() (map[partition.ID]bool, <-chan struct{}) {
	if m == nil || !m.Config.Group {
		return nil, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mine, m.changed
}

func every(partition.ID) bool { return true }
