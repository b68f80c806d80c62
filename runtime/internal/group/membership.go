// Package group makes an app a member of the driver's group of its name, which divides partitions
// among the app's instances. A Membership lasts as long as one Run: it joins, joins again when the
// membership was lost, and passes on to outbox and tasks which partitions are the app's.
//
// Package runner makes one and calls it. The driver calls Release and Assign, one at a time, from
// goroutines of its own. Membership.mu guards what is assigned; it is not held during calls of the
// driver, and Outbox.mu and the locks of Wake and Assigned are taken under it.
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
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Membership is an app's membership in the group of its name. The members divide the partitions:
// with Config.Group for folding, else for acting, which is publishing emissions and running
// effects. A nil Membership is that of an app that has no use for a group. It is safe for
// concurrent use.
type Membership struct {
	Config *brook.Config // with defaults
	Driver brook.Grouper
	Topics []string
	Outbox *outbox.Outbox
	Report *report.Reporter
	Retry  *retry.Loop // shows what the driver fails at
	Run    *gauge.Run  // shows whether the app is a member
	Valve  *quiesce.Valve
	// Checkpoints returns how far the group has acted, as the driver keeps it.
	Checkpoints func(context.Context) (map[partition.ID]int64, error)
	// Assigned is called when the partitions are divided anew.
	Assigned func()
	// Wake makes tasks look if they may go on.
	Wake func()

	publishing context.Context // ends when nobody publishes any more; set by Join

	mu       sync.Mutex
	over     bool                  // the app ends, and takes no more partitions; guarded by mu
	assigned map[partition.ID]bool // to be folded, with Config.Group; guarded by mu
	changed  chan struct{}         // closed when assigned is replaced; guarded by mu
	retired  chan struct{}         // closed by Rejoin; nil: the app may be a member; guarded by mu
	leave    context.CancelFunc    // ends the membership that the app has now; guarded by mu
	failing  *retry.Request        // joining the group; nil: it does not fail; guarded by mu
}

// New returns m as the membership of an app that is yet to join.
func New(m *Membership) *Membership {
	m.assigned, m.changed = map[partition.ID]bool{}, make(chan struct{})
	return m
}

// Join makes the app a member until the returned function is called. That function leaves, waits
// until the app has left, and sets its error if the membership failed for good; end is called when
// that happens. Publishing may go on until publishing ends, and so may the app's last Release.
func (m *Membership) Join(
	lines *effects.Lines, publishing context.Context, end context.CancelFunc,
) (leave func(*error)) {
	m.publishing = publishing
	m.part(true)
	ctx, cancel := context.WithCancel(publishing)
	var work sync.WaitGroup
	var failed, deaf error
	work.Go(func() {
		if failed = m.stay(ctx); failed != nil {
			end()
		}
	})
	if !m.Config.Group {
		work.Go(func() {
			if deaf = m.follow(ctx); deaf != nil {
				end()
			}
		})
	}
	return func(err *error) {
		m.close(lines)
		cancel()
		work.Wait()
		m.mu.Lock()
		m.Report.Ended("", "group", brook.Position{})
		m.mended()
		m.mu.Unlock()
		if failed = cmp.Or(failed, deaf); failed != nil {
			*err = failed
		}
	}
}

// close refuses what is assigned from now on, and runs the effects that were assigned to the app
// after its tasks had ended.
func (m *Membership) close(lines *effects.Lines) {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	if m.Config.Group {
		return
	}
	m.Outbox.Group.Suspend()
	for _, e := range m.Outbox.Group.Freed(func(partition.ID) bool { return true }) {
		lines.Line(int(e.Position.Partition), nil).Push(e)
	}
}

// settled is how long a membership lasts if it is not one more failed attempt when it is lost.
const settled = time.Minute

// stay joins the group, and joins again when the membership is lost, until ctx ends. It returns an
// error if there is no use in trying again.
func (m *Membership) stay(ctx context.Context) error {
	for attempts := 1; ; attempts++ {
		member, err := m.begin(ctx)
		if err != nil {
			return nil // ctx ended
		}
		started := time.Now()
		err = m.Driver.Join(member, m.Config.Name, m.Topics, m)
		left := member.Err() != nil
		m.leave()
		m.part(true)
		m.assign(nil)
		if ctx.Err() != nil {
			return nil // it left; if not well, the driver's hooks and the group's time-out say so
		}
		if left { // it retired
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
		if time.Since(started) > settled {
			attempts = 1
		}
		m.fails(attempts, err)
		_ = retry.Sleep(ctx, retry.Wait(m.Config.Retry, attempts)) // begin returns the end of ctx
	}
}

// fails reports that the app could not become a member, or remain one.
func (m *Membership) fails(attempts int, err error) {
	m.mu.Lock()
	if m.failing == nil {
		m.failing = m.Retry.Pending.Watch("group")
	}
	m.Retry.Pending.Failed(m.failing, attempts, err)
	m.mu.Unlock()
	m.Report.Failure(brook.Failure{What: "group", Attempts: attempts, Err: err})
}

// mended notes that joining the group fails no longer. The caller holds mu.
func (m *Membership) mended() {
	if m.failing != nil {
		m.Retry.Pending.End(m.failing)
		m.failing = nil
		m.Report.Worked("", "group", brook.Position{})
	}
}

// begin waits until the app may be a member, and returns the context of its membership, which leave
// ends. It returns an error if ctx ends before.
func (m *Membership) begin(ctx context.Context) (context.Context, error) {
	for {
		m.mu.Lock()
		retired := m.retired
		if retired == nil && ctx.Err() == nil {
			defer m.mu.Unlock()
			ctx, m.leave = context.WithCancel(ctx)
			return ctx, nil
		}
		m.mu.Unlock()
		select {
		case <-retired:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Retire makes the app leave the group until Rejoin is called.
func (m *Membership) Retire() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retired = make(chan struct{})
	if m.leave != nil {
		m.leave()
	}
}

// Rejoin lets an app that retired be a member again.
func (m *Membership) Rejoin() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.retired)
	m.retired = nil
}

// followPause is how often a member that defers anything reads how far the others acted.
const followPause = time.Second

// follow lets go of what the outbox defers once the group's checkpoints have passed it, until ctx
// ends. It returns an error if there is no use in trying again.
func (m *Membership) follow(ctx context.Context) error {
	ticker := time.NewTicker(followPause)
	defer ticker.Stop()
	backoff := retry.Backoff{Policy: m.Config.Retry, Report: m.Report}
	defer backoff.Ended()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if !m.Outbox.Group.HasDeferred() {
			continue
		}
		checkpoints, err := m.Checkpoints(ctx)
		switch {
		case err == nil:
			backoff.Succeeded()
			m.Outbox.Group.Acknowledged(checkpoints)
			m.Wake()
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, brook.ErrPermanent):
			return fmt.Errorf("brook: reading marks: %w", err)
		default:
			backoff.Note(brook.Failure{What: "reading marks", Err: err})
		}
	}
}

// Release ends what the app does for the other members before the partitions are divided anew. From
// here on emissions and effects are deferred, and the group's checkpoints stay where the app ended.
// Folding goes on.
func (m *Membership) Release(ctx context.Context) {
	if !m.Config.Group {
		m.Outbox.Group.Suspend()
	}
	if m.Valve.Closing() {
		return // nobody publishes: what waits, waits for the next owner
	}
	ctx, cancel := limited(ctx, m.Config.ShutdownTimeout)
	defer cancel()
	defer context.AfterFunc(m.publishing, cancel)()
	m.Outbox.Drain(ctx)
}

// limited returns a context that ends with ctx, and after a time if ctx has no deadline.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// Assign makes partitions the app's, and no others. Their offsets are the group's checkpoints.
func (m *Membership) Assign(partitions []brook.Position) {
	if !m.assign(partitions) {
		return
	}
	m.part(false)
	if hook := m.Config.Hooks.Assigned; hook != nil {
		hook(slices.Clone(partitions))
	}
	if m.Config.Group {
		m.Report.Info("the group assigned partitions", "partitions", len(partitions))
	} else {
		m.Report.Info("this instance publishes and runs effects for partitions",
			"partitions", len(partitions))
	}
}

// part notes whether the app is without the partitions that it is to fold.
func (m *Membership) part(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !on {
		m.mended()
	}
	if m.Config.Group {
		m.Run.Part(on)
	}
}

// assign reports whether the app took the partitions: it takes none any more when it ends.
func (m *Membership) assign(partitions []brook.Position) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return false
	}
	checkpoints, assigned := map[partition.ID]int64{}, map[partition.ID]bool{}
	for _, p := range partitions {
		checkpoints[partition.Of(p)] = p.Offset
		assigned[partition.Of(p)] = true
	}
	m.Outbox.Group.Assign(checkpoints)
	m.Assigned()
	if !m.Config.Group {
		m.Wake()
		return true
	}
	if len(assigned)+len(m.assigned) == 0 {
		return true
	}
	// Also if they are the same: a member that is gone may have left something to publish in them.
	m.assigned = assigned
	close(m.changed)
	m.changed = make(chan struct{})
	return true
}

// Part returns the partitions that are to be folded, nil for all, and a channel that is closed when
// they are replaced. The caller does not change the map.
func (m *Membership) Part() (map[partition.ID]bool, <-chan struct{}) {
	if m == nil || !m.Config.Group {
		return nil, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.assigned, m.changed
}
