package group_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

var (
	errAway = errors.New("away")
	in      = partition.ID{Topic: "in"}
	other   = partition.ID{Topic: "in", Number: 1}
)

// rig is a membership at a driver whose Join is a function. Its methods are for a synctest bubble.
type rig struct {
	*group.Membership
	born  time.Time
	shown gauge.Run
	valve quiesce.Valve
	ctx   context.Context // of publishing
	ended chan struct{}   // closed when the membership ends Run
	lines *effects.Lines

	mu       sync.Mutex
	join     func(ctx context.Context, m brook.Member) error
	marks    map[partition.ID]int64 // of the group
	marksErr error
	joined   []time.Duration // since born
	failures []brook.Failure
	hooked   [][]brook.Position
	log      strings.Builder
	assigned int // calls of Assigned
	woken    int
	ran      []int64 // offsets of effects that ran
}

func newRig(t *testing.T, folding bool) *rig {
	r := &rig{born: time.Now(), ctx: t.Context(), ended: make(chan struct{}), join: member}
	config := &brook.Config{
		Name: "shop", Group: folding, ShutdownTimeout: 10 * time.Second,
		Retry: brook.Retry{Min: time.Second, Max: 8 * time.Second},
		Hooks: brook.Hooks{Assigned: func(p []brook.Position) {
			defer r.locked()()
			r.hooked = append(r.hooked, p)
		}},
	}
	reporter := report.New("shop", slog.New(slog.NewTextHandler(r, nil)), brook.Hooks{
		Failure: func(f brook.Failure) {
			defer r.locked()()
			r.failures = append(r.failures, f)
		},
	})
	count := func(n *int) func() {
		return func() {
			defer r.locked()()
			*n++
		}
	}
	box := outbox.New()
	box.Group.Join(!folding)
	r.Membership = group.New(&group.Membership{
		Config: config, Driver: (*driver)(r), Topics: []string{"in"}, Outbox: box, Report: reporter,
		Retry: &retry.Loop{Policy: config.Retry, Report: reporter}, Run: &r.shown, Valve: &r.valve,
		Checkpoints: func(context.Context) (map[partition.ID]int64, error) {
			defer r.locked()()
			return maps.Clone(r.marks), r.marksErr
		},
		Assigned: count(&r.assigned), Wake: count(&r.woken),
	})
	runner := &effects.Executor{Policy: config.Retry, Report: reporter, App: r}
	r.lines = effects.NewLines(t.Context(), runner, &r.valve, time.Second)
	return r
}

// Write adds to the log.
func (r *rig) Write(line []byte) (int, error) {
	defer r.locked()()
	return r.log.Write(line)
}

func (r *rig) locked() (unlock func()) {
	r.mu.Lock()
	return r.mu.Unlock
}

// start joins, and returns what leaves and returns the error of Run.
func (r *rig) start() (stop func() error) {
	leave := r.Join(r.lines, r.ctx, sync.OnceFunc(func() { close(r.ended) }))
	return func() (err error) {
		leave(&err)
		r.lines.End()
		return err
	}
}

// does makes the next Join another one.
func (r *rig) does(join func(ctx context.Context, m brook.Member) error) {
	defer r.locked()()
	r.join = join
}

// commit is the commit of an event of a partition, which has an effect and an emission.
func (r *rig) commit(id partition.ID, offset int64) {
	run := func(context.Context) error {
		defer r.locked()()
		r.ran = append(r.ran, offset)
		return nil
	}
	at := id.At(offset)
	item := &outbox.Item{Position: at, Set: "s", Key: outbox.ItemKey(at, "", 0, 0, 0),
		Record: brook.Record{Topic: "out", Placed: true}}
	effect := outbox.Effect{Position: at, Set: "s", Run: run}
	for _, e := range r.Outbox.Committed([]*outbox.Item{item}, []outbox.Effect{effect},
		[]brook.Position{id.At(offset + 1)}, []brook.Position{at}, true) {
		r.lines.Line(int(id.Number), nil).Push(e)
	}
}

// driver is a rig as a driver with groups.
type driver rig

func (d *driver) Join(ctx context.Context, name string, topics []string, m brook.Member) error {
	if name != "shop" || !slices.Equal(topics, []string{"in"}) {
		return fmt.Errorf("join of %s for %v: %w", name, topics, brook.ErrPermanent)
	}
	d.mu.Lock()
	join := d.join
	d.joined = append(d.joined, time.Since(d.born))
	d.mu.Unlock()
	return join(ctx, m)
}

func (d *driver) Mark(context.Context, string, []brook.Position) error { return nil }

func (d *driver) Marks(context.Context, string) ([]brook.Position, error) { return nil, nil }

// member is a Join that assigns a partition, and releases it at the end.
func member(ctx context.Context, m brook.Member) error {
	m.Assign([]brook.Position{in.At(5)})
	<-ctx.Done()
	m.Release(context.WithoutCancel(ctx))
	return nil
}

func lost(context.Context, brook.Member) error { return errAway }

// pass lets a time pass, and what is due by then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func wantEqual[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// An app is a member until it leaves, and says so to outbox, hook and tasks.
func TestMembershipLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		if r.Outbox.Group.ActsFor(in) {
			t.Error("it acts before it is a member")
		}
		stop := r.start()
		synctest.Wait()
		if !r.Outbox.Group.ActsFor(in) || r.Outbox.Group.ActsFor(other) {
			t.Error("it does not act for its partition alone")
		}
		if len(r.hooked) != 1 || r.assigned != 1 || r.woken != 1 {
			t.Errorf("hooked %v, assigned %d, woken %d", r.hooked, r.assigned, r.woken)
		}
		wantEqual(t, "hooked", r.hooked[0], []brook.Position{in.At(5)})
		if part, changed := r.Part(); part != nil || changed != nil {
			t.Errorf("of those that divide acting each folds everything: %v", part)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantEqual(t, "joined", r.joined, []time.Duration{0})
		if len(r.failures) > 0 {
			t.Errorf("failures: %v", r.failures)
		}
	})
}

// A membership that is lost is asked for again, with longer and longer waits, and begins anew with
// short ones if it lasted.
func TestMembershipBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.does(lost)
		stop := r.start()
		pass(time.Minute)
		r.does(func(ctx context.Context, m brook.Member) error {
			m.Assign([]brook.Position{in.At(0)})
			time.Sleep(time.Hour)
			r.does(lost)
			return nil
		})
		pass(10 * time.Second)
		if !r.Outbox.Group.ActsFor(in) {
			t.Error("it is no member")
		}
		pass(time.Hour)
		if r.Outbox.Group.ActsFor(in) {
			t.Error("it acts for a partition that it lost")
		}
		if err := stop(); err != nil {
			t.Errorf("it left while it waited: %v", err)
		}
		var attempts []int
		anew := 0
		for i, f := range r.failures {
			if attempts = append(attempts, f.Attempts); f.Attempts == 1 {
				anew = i
			}
			if f.What != "group" || i != anew && !errors.Is(f.Err, errAway) {
				t.Errorf("failure %d: %+v", i, f)
			}
		}
		if len(attempts) < 8 || !slices.Equal(attempts[:5], []int{1, 2, 3, 4, 5}) || anew < 5 {
			t.Errorf("attempts: %v", attempts)
		}
		for i := range 4 { // 1 s, 2 s, 4 s, 8 s, less a quarter at most
			wait, most := r.joined[i+1]-r.joined[i], time.Second<<i
			if wait > most || wait < most*3/4 {
				t.Errorf("wait %d: %v", i+1, wait)
			}
		}
		if wait := r.joined[anew+1] - r.joined[anew] - time.Hour; wait > time.Second {
			t.Errorf("after a membership that lasted it waited %v", wait)
		}
	})
}

// What trying again won't repair ends Run.
func TestMembershipFailsForGood(t *testing.T) {
	dead := fmt.Errorf("no such group: %w", brook.ErrPermanent)
	for name, fail := range map[string]func(*rig){
		"joining": func(r *rig) {
			r.does(func(context.Context, brook.Member) error { return dead })
		},
		"reading marks": func(r *rig) {
			r.marksErr = dead
			r.commit(other, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, false)
				fail(r)
				stop := r.start()
				select {
				case <-r.ended:
				case <-time.After(time.Hour):
					t.Error("Run goes on")
				}
				if err := stop(); !errors.Is(err, brook.ErrPermanent) {
					t.Errorf("Run ends with %v", err)
				}
				if len(r.failures) > 0 {
					t.Errorf("it is tried again: %v", r.failures)
				}
			})
		})
	}
}

// Release waits for what the outbox holds, as long as the group or the app lets it.
func TestMembershipReleases(t *testing.T) {
	for name, c := range map[string]struct {
		deadline time.Duration // of the group's context; 0: none
		publish  time.Duration // publishing goes on so long; 0: for ever
		acts     time.Duration // it publishes what waits after that time; 0: never
		want     time.Duration
	}{
		"published":              {acts: time.Second, want: time.Second},
		"not in time":            {want: 10 * time.Second},
		"the group waits less":   {deadline: 3 * time.Second, want: 3 * time.Second},
		"the group waits longer": {deadline: time.Minute, want: time.Minute},
		"nobody publishes any more": {deadline: time.Minute, publish: time.Second,
			want: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, false)
				publishing, cancel := context.WithCancel(t.Context())
				defer cancel()
				r.ctx = publishing
				stop := r.start()
				synctest.Wait()
				r.commit(in, 7)
				ctx := t.Context()
				if c.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.deadline)
					defer cancel()
				}
				if c.publish > 0 {
					time.AfterFunc(c.publish, cancel)
				}
				act := func() {
					r.Outbox.Take(time.Now(), true)
					r.Outbox.Land(nil, r.Config.Retry)
					due, _ := r.Outbox.Checkpoints.Due(true, false)
					r.Outbox.Checkpoints.Confirm(due)
				}
				if c.acts > 0 {
					time.AfterFunc(c.acts, act)
				}
				began := time.Now()
				r.Release(ctx)
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				r.commit(in, 8)
				if r.Outbox.Group.ActsFor(in) || !r.Outbox.Group.HasDeferred() {
					t.Error("it goes on to act")
				}
				act()
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// With Config.Group the partitions assigned are those to be folded, and Release suspends nothing:
// the store's fence decides who commits.
func TestMembershipPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		part, changed := r.Part()
		if part == nil || len(part) != 0 {
			t.Errorf("before it is a member it folds %v", part)
		}
		isClosed := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		}
		see := func(positions []brook.Position, moves bool, want ...partition.ID) {
			t.Helper()
			before := changed
			r.Assign(positions)
			part, changed = r.Part()
			got := slices.SortedFunc(maps.Keys(part), func(a, b partition.ID) int {
				return a.At(0).Compare(b.At(0))
			})
			wantEqual(t, "part", got, want)
			if isClosed(before) != moves || isClosed(changed) {
				t.Errorf("of %v: moved %v", positions, isClosed(before))
			}
		}
		see(nil, false)
		see([]brook.Position{in.At(0), other.At(3)}, true, in, other)
		see([]brook.Position{in.At(0), other.At(3)}, true, in, other) // somebody may have left work
		r.join = func(ctx context.Context, m brook.Member) error {
			<-ctx.Done()
			return nil
		}
		stop := r.start()
		r.Release(t.Context())
		r.commit(in, 0)
		if r.Outbox.Group.HasDeferred() {
			t.Error("it defers what it folds")
		}
		see([]brook.Position{other.At(4)}, true, other)
		if r.woken > 0 {
			t.Error("tasks that end anyway are woken")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if left, _ := r.Part(); len(left) != 1 {
			t.Errorf("it takes partitions when it ends: %v", left)
		}
	})
	part, changed := (*group.Membership)(nil).Part()
	if part != nil || changed != nil {
		t.Error("an app without a group has a part")
	}
}

// Who retires leaves the group at once, and is no member until it rejoins, without a wait then.
func TestMembershipRetires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		stop := r.start()
		pass(time.Second)
		r.Retire()
		pass(time.Hour)
		if r.Outbox.Group.ActsFor(in) {
			t.Error("it acts although it retired")
		}
		r.Rejoin()
		synctest.Wait()
		if !r.Outbox.Group.ActsFor(in) {
			t.Error("it does not act again")
		}
		wantEqual(t, "joined", r.joined, []time.Duration{0, time.Hour + time.Second})
		r.Retire()
		if err := stop(); err != nil { // while it is retired
			t.Error(err)
		}
		if len(r.failures) > 0 {
			t.Errorf("failures: %v", r.failures)
		}
	})
	(*group.Membership)(nil).Retire()
	(*group.Membership)(nil).Rejoin()
}

// A member that retires has not failed: what fails when it rejoins is the first failure.
func TestMembershipCountsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.does(lost)
		stop := r.start()
		pass(5 * time.Second)
		r.does(member)
		pass(10 * time.Second)
		r.does(lost)
		before := len(r.failures)
		r.Retire()
		r.Rejoin()
		pass(0)
		if len(r.failures) != before+1 || r.failures[before].Attempts != 1 {
			t.Errorf("failures: %v", r.failures[before:])
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// Who retires before it joined joins when it may.
func TestMembershipRetiresEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.Retire()
		stop := r.start()
		pass(time.Minute)
		r.Rejoin()
		synctest.Wait()
		wantEqual(t, "joined", r.joined, []time.Duration{time.Minute})
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// What another member is to act on is deferred until the group's checkpoints say that it did.
func TestMembershipFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.marks = map[partition.ID]int64{other: 1}
		stop := r.start()
		synctest.Wait()
		r.commit(other, 0)
		r.commit(other, 1)
		unlock := r.locked()
		woken := r.woken
		unlock()
		pass(2500 * time.Millisecond)
		if r.Outbox.Depth(other) != 3 || r.woken == woken { // 0 is to be removed from the store
			t.Errorf("%d wait, woken %d", r.Outbox.Depth(other), r.woken-woken)
		}
		if !r.Outbox.Group.HasDeferred() {
			t.Error("it let go of what nobody acted on")
		}
		unlock = r.locked()
		r.marks[other] = 2
		unlock()
		pass(time.Second)
		if r.Outbox.Group.HasDeferred() {
			t.Error("it still defers what was acted on")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantEqual(t, "effects that ran", r.ran, nil)
	})
}

// A driver that does not say how far the group acted is asked again, and each failure in a row is
// counted: the log has a line for few of them.
func TestMembershipFollowsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.marks, r.marksErr = map[partition.ID]int64{other: 1}, errAway
		stop := r.start()
		synctest.Wait()
		r.commit(other, 0)
		pass(3500 * time.Millisecond)
		var attempts []int
		for _, f := range r.failures {
			attempts = append(attempts, f.Attempts)
			if f.What != "reading marks" || !errors.Is(f.Err, errAway) {
				t.Errorf("failure: %+v", f)
			}
		}
		wantEqual(t, "attempts", attempts, []int{1, 2, 3})
		unlock := r.locked()
		r.marksErr = nil
		unlock()
		pass(time.Second)
		if r.Outbox.Group.HasDeferred() {
			t.Error("it still defers what was acted on")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// What was deferred and became the app's when its tasks had ended is done all the same, and what is
// assigned later is not taken.
func TestMembershipEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.does(func(ctx context.Context, m brook.Member) error {
			m.Assign([]brook.Position{other.At(0)})
			<-ctx.Done()
			m.Assign([]brook.Position{in.At(0)})
			return nil
		})
		r.commit(other, 3)
		stop := r.start()
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantEqual(t, "effects that ran", r.ran, []int64{3})
		if r.Outbox.Group.ActsFor(in) || len(r.hooked) != 1 || r.assigned != 1 {
			t.Errorf("after its end it takes partitions: %v, %d", r.hooked, r.assigned)
		}
	})
}

// Only an app with Config.Group hears of a group: the log of any other one says for which
// partitions it acts.
func TestAssignmentIsLogged(t *testing.T) {
	for folding, want := range map[bool]string{
		true: "the group assigned partitions", false: "publishes and runs effects for partitions",
	} {
		r := newRig(t, folding)
		r.Assign([]brook.Position{{Topic: "in"}})
		if log := r.log.String(); !strings.Contains(log, want) ||
			strings.Contains(log, "group") != folding {
			t.Errorf("Group %t: %s", folding, log)
		}
	}
}
