package rebuild

import (
	"context"
	"errors"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// A rebuild waits for what may pass, and ends at what won't.
func TestTransient(t *testing.T) {
	for err, want := range map[error]bool{
		errors.New("away"): true, brook.ErrNotFound: true, brook.ErrUnreadable: true,
		brook.ErrPermanent: false, brook.ErrConflict: false, brook.ErrRebuildRefused: false,
		brook.ErrRetention: false, brook.ErrLogChanged: false, brook.ErrOutOfRange: false,
		brook.ErrTooLarge: false, brook.ErrClosed: false,
	} {
		if got := Transient(fmt.Errorf("store: %w", err)); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// A rebuild folds what the live views hold, and promotes it in their place.
func TestRebuildPromotes(t *testing.T) {
	r := newRig(t, nil)
	r.Publish("x", "y")
	r.Follow()
	r.Publish("z") // the live views have yet to come to it
	before := r.Catalog.Live()
	b, err := r.rebuild()
	if err != nil {
		t.Fatal(err)
	}
	live := r.Catalog.Live()
	if live == before || live.Number != before.Number+1 || r.promoted != 1 {
		t.Errorf("generation %d follows %d, promoted %d", live.Number, before.Number, r.promoted)
	}
	for _, task := range r.Tasks {
		if task.Gen != live {
			t.Errorf("a task folds into generation %d", task.Gen.Number)
		}
	}
	if r.Tasks[0].Partitions[0].Blocked != r.BlockedOf(in) {
		t.Error("the live task goes by the letters of the views before")
	}
	report, _, strangers := b.Report()
	if !report.Promoted || report.Read != 2 || report.ReadBefore != 2 || len(strangers) > 0 {
		t.Errorf("report: %+v, strangers: %v", report, strangers)
	}
	standings, err := live.Standings(t.Context(), r.Reader)
	if err != nil || standings[in].Next != 2 {
		t.Errorf("it stands at %d, %v", standings[in].Next, err)
	}
	if letters, owed, dropped := r.put(); letters+owed+dropped != "" {
		t.Errorf("letters %q, owed %q, dropped %q", letters, owed, dropped)
	}
}

var errBad = errors.New("bad")

// A rebuild that another process overtook says so, whatever it saw: the other one removes what it
// built, while it builds.
func TestRebuildOvertaken(t *testing.T) {
	store := tasktest.NewStore(true)
	r := newRig(t, func(c *brook.Config) { c.Store = store })
	r.Publish("x", "y")
	r.Follow()
	r.Handling["S y"] = func() {
		r.Fails["S y"] = errBad // as for want of a row
		other := tasktest.Claimed(t, store, nil)
		if _, err := other.Catalog.Construction.Build(t.Context()); err != nil {
			t.Error(err)
		}
	}
	_, err := r.rebuild()
	if !errors.Is(err, catalog.ErrOvertaken) || errors.Is(err, brook.ErrRebuildRefused) {
		t.Errorf("it ends with: %v", err)
	}
}

// What fails in the rebuilt views alone refuses the rebuild, and the live views stay.
func TestRebuildRefused(t *testing.T) {
	r := newRig(t, nil)
	r.Publish("x", "y")
	r.Follow()
	r.Fails["S y"] = errBad
	before := r.Catalog.Live()
	b, err := r.rebuild()
	var refused *brook.RebuildRefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("it is not refused: %v", err)
	}
	if refused.Report.Letters != 1 || refused.Report.Failures[0].Set != "S" {
		t.Errorf("report: %+v", refused.Report)
	}
	if r.Catalog.Live() != before || r.promoted != 0 {
		t.Error("the live views are others")
	}
	if report, _, strangers := b.Report(); report.Promoted || len(strangers) != 1 {
		t.Errorf("report: %+v, strangers: %v", report, strangers)
	}
	b, err = r.rebuild(brook.AcceptLetters())
	if err != nil {
		t.Fatal(err)
	}
	if letters, owed, _ := r.put(); letters != "1 S-" || owed != "" {
		t.Errorf("letters %q, owed %q: the event was acted on", letters, owed)
	}
	if _, _, strangers := b.Report(); len(strangers) != 1 {
		t.Errorf("strangers: %v", strangers)
	}
	if n := r.BlockedOf(in).Len(); n != 1 {
		t.Errorf("%d letters block", n)
	}
}

// What fails once is redriven before the promotion.
func TestRebuildRedrives(t *testing.T) {
	r := newRig(t, nil)
	r.Publish("x", "y")
	r.Follow()
	r.Fails["S x"] = errBad
	r.Handling["T y"] = func() { delete(r.Fails, "S x") } // later in the same batch
	if _, err := r.rebuild(); err != nil {
		t.Fatal(err)
	}
	if letters, owed, _ := r.put(); letters != "" || owed != "" {
		t.Errorf("letters %q, owed %q", letters, owed)
	}
}

// Too many letters end a rebuild, and the report says which.
func TestRebuildFull(t *testing.T) {
	r := newRig(t, func(c *brook.Config) { c.MaxDeadLetters = 2 })
	r.Publish("x", "y", "z")
	r.Follow()
	for _, text := range []string{"x", "y", "z"} {
		r.Fails["S "+text] = errBad
	}
	_, err := r.rebuild(brook.AcceptLetters())
	var refused *brook.RebuildRefusedError
	if !errors.As(err, &refused) || !errors.Is(err, brook.ErrDeadLettersFull) {
		t.Fatalf("it goes on: %v", err)
	}
	if refused.Report.Letters != 2 || refused.Report.Failures[0].Count != 2 {
		t.Errorf("report: %+v", refused.Report)
	}
}

// Events that the live views were made from and that the code does not know are counted.
func TestRebuildPasses(t *testing.T) {
	r := newRig(t, nil)
	r.Publish("x", "y")
	r.Follow()
	later := rig{t: t, Rig: tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
		c.Store, c.Driver, c.OnStale = r.Store, r.Driver, brook.GoOn
		def.Events = append(def.Events[1:], tasktest.Text("other")) // it does not know "did"
		def.Handlers = []plan.Handler{
			{Set: 0, Name: "Other", Event: "other", Writes: []int{0}, Proved: true},
		}
	})}
	later.Progress.Advance(in, 2)
	b, err := later.rebuild()
	if err != nil {
		t.Fatal(err)
	}
	if report, changes, _ := b.Report(); report.Passed["did"] != 2 || changes == "" {
		t.Errorf("passed %v, changes %q", report.Passed, changes)
	}
}

// unlucky is a store with one commit that fails, or that happens although its error says otherwise.
type unlucky struct {
	brook.Store
	left  int // commits until that one
	happy bool
	err   error
}

func (s *unlucky) Durable() bool { return false }

func (s *unlucky) Commit(ctx context.Context, b *brook.Batch) error {
	if s.left--; s.left != 0 {
		return s.Store.Commit(ctx, b)
	}
	if s.happy {
		return errors.Join(s.err, s.Store.Commit(ctx, b))
	}
	return s.err
}

// Whichever commit of a rebuild fails, and whether or not it happened, the rebuild goes on to the
// same end.
func TestRebuildOutlivesAnyCommit(t *testing.T) {
	away := errors.New("away")
	for _, happy := range []bool{false, true} {
		for n, all := 1, 1; n <= all; n++ {
			s := &unlucky{Store: mapstore.New(), happy: happy, err: away}
			r := newRig(t, func(c *brook.Config) { c.Store = s })
			r.Publish("x", "y", "z")
			r.Fails["S x"], r.Fails["S y"], r.Fails["S z"] = errBad, errBad, errBad
			r.Follow()
			r.drop(2, "S")
			delete(r.Fails, "S x")
			before := r.Catalog.Live().Number
			s.left = n
			if _, err := r.rebuild(); err != nil {
				t.Fatalf("commit %d, happened %v: %v", n, happy, err)
			}
			all = n - s.left
			letters, owed, dropped := r.put()
			if letters != "1 S" || owed != "0 S" || dropped != "2 S" || r.promoted != 1 {
				t.Errorf("commit %d, happened %v: letters %q, owed %q, dropped %q, promoted %d",
					n, happy, letters, owed, dropped, r.promoted)
			}
			if live := r.Catalog.Live().Number; live != before+1 {
				t.Errorf("commit %d, happened %v: generation %d after %d", n, happy, live, before)
			}
			if n == 1 && all < 5 {
				t.Errorf("only %d commits", all)
			}
		}
	}
}

// A store that is away makes a rebuild wait, and what it made stays made.
func TestRebuildWaits(t *testing.T) {
	f := fault.New(fault.Refuse, 0, fault.Scan)
	r := newRig(t, func(c *brook.Config) {
		c.Store = storetest.Faulty(c.Store, f)
		heard := c.Hooks.Failure
		c.Hooks.Failure = func(failure brook.Failure) {
			heard(failure)
			f.Mend()
		}
	})
	r.Publish("x", "y")
	r.Fails["S x"] = errBad
	r.Follow()
	delete(r.Fails, "S x")
	r.Handling["T y"] = f.Begin
	if _, err := r.rebuild(); err != nil {
		t.Fatal(err)
	}
	if len(r.Failures()) == 0 {
		t.Error("nobody hears of it")
	}
	if letters, owed, _ := r.put(); letters != "" || owed != "0 S" {
		t.Errorf("letters %q, owed %q", letters, owed)
	}
}
