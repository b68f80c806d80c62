package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// membership is the app's place in the group of its name at the driver. Members divide the partitions: with Config.Group for
// folding, else for acting, which means publishing emissions and running effects.
type membership struct {
	app     *App
	driver  brook.Grouper
	publish context.Context // ends when nobody publishes any more

	mu      sync.Mutex
	over    bool // the app ends: it is given nothing any more
	mine    map[partition.ID]bool
	changed chan struct{} // closed when mine is another one
	aside   chan struct{} // closed when the app, which stands aside, may join again; nil: it does not
	leave   context.CancelFunc
}

// newMembership gives nil for an app that has no use for a group: nothing is divided, and nobody acts, or whoever commits does.
func (a *App) newMembership() *membership {
	g, ok := a.config.Driver.(brook.Grouper)
	acts := slices.ContainsFunc(a.def.Handlers, func(h plan.Handler) bool { return h.Acts })
	if !ok || !a.config.Group && (a.catalog.Fenced() || !acts) {
		return nil
	}
	return &membership{app: a, driver: g, mine: map[partition.ID]bool{}, changed: make(chan struct{})}
}

// divisible says why the instances of an app can't divide the partitions, as errors of the configuration.
func (a *App) divisible() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: Group: "+format, append([]any{brook.ErrConfig}, args...)...))
	}
	if _, ok := a.config.Driver.(brook.Grouper); !ok {
		bad("the driver has no groups")
	}
	if _, ok := a.config.Driver.(brook.Partitioner); !ok {
		bad("the driver does not say which partition a key belongs to")
	}
	if !a.catalog.Fenced() {
		bad("the store is the process's own, so each instance has to fold all partitions; leave Group out, or share a store: redisstore")
	}
	if delivery.Unkeyed(a.config.Envelope) {
		bad("the envelope's record keys are not the events' keys, so that events of one key may be in any partition")
	}
	for i := range a.def.Handlers {
		if reason := a.code.Obstacle(&a.def.Handlers[i]); reason != "" {
			bad("%s", reason)
		}
	}
	return errors.Join(errs...)
}

// join makes the app a member until the function it gives is called, which waits for the end; a membership that can't be
// had ends Run. Publishing may take until publish ends.
func (m *membership) join(lines *effects.Lines, publish context.Context, end context.CancelFunc) (leave func(*error)) {
	a := m.app
	m.publish = publish
	ctx, cancel := context.WithCancel(publish)
	var work sync.WaitGroup
	var failed, deaf error
	work.Go(func() {
		if failed = m.stay(ctx); failed != nil {
			end()
		}
	})
	if !a.config.Group {
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
func (m *membership) close(lines *effects.Lines) {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	if m.app.config.Group {
		return
	}
	m.app.outbox.Suspend()
	for _, e := range m.app.outbox.Freed(everyPartition) {
		lines.Line(int(e.Position.Partition), nil).Push(e)
	}
}

// stay joins the group, and again where the membership was lost, until ctx ends.
func (m *membership) stay(ctx context.Context) error {
	a := m.app
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
		err := m.driver.Join(joined, a.config.Name, a.code.Topics, m)
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
		err = fmt.Errorf("brook: member of group %s: %w", a.config.Name, err)
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		if time.Since(started) > time.Minute {
			attempts = 1
		}
		a.report.Failure(brook.Failure{What: "group", Attempts: attempts, Err: err})
		_ = retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) // the end of ctx shows at the next turn
	}
}

// retire makes the member leave the group until it may join again.
func (m *membership) retire() {
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

func (m *membership) rejoin() {
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
func (m *membership) hear(ctx context.Context) error {
	ticker := time.NewTicker(hearPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if !m.app.outbox.HasDeferred() {
			continue
		}
		marks, err := m.app.publisher.Checkpoints(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, brook.ErrPermanent) {
				return fmt.Errorf("brook: reading marks: %w", err)
			}
			m.app.report.Failure(brook.Failure{What: "reading marks", Attempts: 1, Err: err})
			continue
		}
		m.app.outbox.Acknowledged(marks)
		m.app.tasks.WakeTasks()
	}
}

// Release ends what the app does for the group's other members, before the partitions are divided anew: from here on emissions and effects are
// held back, and the group's marks stand where it ended. Folding goes on.
func (m *membership) Release(ctx context.Context) {
	if !m.app.config.Group {
		m.app.outbox.Suspend()
	}
	ctx, cancel := limited(ctx, m.app.config.ShutdownTimeout)
	defer cancel()
	defer context.AfterFunc(m.publish, cancel)()
	m.app.outbox.Drain(ctx)
}

// limited gives a context that ends with ctx, and after a time where that has no deadline.
func limited(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}

// Assign makes partitions the app's own.
func (m *membership) Assign(partitions []brook.Position) {
	m.assign(partitions)
	if hook := m.app.config.Hooks.Assigned; hook != nil {
		hook(slices.Clone(partitions))
	}
	m.app.report.Info("the group gave partitions", "partitions", len(partitions))
}

func (m *membership) assign(partitions []brook.Position) {
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
	m.app.outbox.Assign(marks)
	m.app.noteOwed()
	if !m.app.config.Group {
		m.app.tasks.WakeTasks()
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

// part gives the partitions that are to be folded, nil for all, and a channel that is closed when they are others.
func (m *membership) part() (map[partition.ID]bool, <-chan struct{}) {
	if m == nil || !m.app.config.Group {
		return nil, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mine, m.changed
}
