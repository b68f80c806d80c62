package backfill_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// store is a mapstore whose commits may fail.
type store struct {
	brook.Store
	fenced bool
	commit func(*brook.Batch) error // nil: all succeed
}

func (s *store) Fenced() bool { return s.fenced }

func (s *store) Commit(ctx context.Context, b *brook.Batch) error {
	if s.commit != nil {
		if err := s.commit(b); err != nil {
			return err
		}
	}
	return s.Store.Commit(ctx, &brook.Batch{ID: b.ID, Writes: b.Writes})
}

type person struct{ ID, Email string }

// people is a collection, with an index if field is not "".
func people(field string, unique bool) *brook.Collection {
	c := &typed.Collection[string, person]{
		Name: "people", Shape: "string", AppendKey: key.AppendString[string],
		DecodeKey: key.DecodeString[string],
		Key:       func(p *person) *string { return &p.ID },
	}
	if field != "" {
		c.Indexes = []typed.IndexDef[person]{{Field: field, Shape: "string", Unique: unique,
			Entries: func(p *person, e *brook.Entries) {
				e.Add(key.AppendString(e.Bytes(), p.Email))
			}}}
	}
	return c.Def()
}

// rig is a filler over a store in which code without an index folded rows.
type rig struct {
	*backfill.Filler
	store    *store
	progress []brook.IndexProgress
	failures []brook.Failure
	log      strings.Builder
	filled   int
}

// open returns a filler of code with one collection, which has claimed the live generation.
func open(t *testing.T, s *store, c *brook.Collection, r *report.Reporter) *backfill.Filler {
	t.Helper()
	all := []*brook.Collection{c}
	code := plan.New("in", nil, nil, nil, all, nil)
	config := &brook.Config{Name: "shop", Store: s, BatchSize: 100, ShutdownTimeout: time.Second}
	ids, lock := ids.New(), &quiesce.Lock{}
	cat := catalog.New(catalog.Parts{
		Life:   lifetime.New(t.Context(), config.ShutdownTimeout),
		Config: config, Code: code, Collections: all, Reader: s.Latest(), IDs: ids, Lock: lock,
		Retry: &retry.Loop{Report: r},
		Owner: catalog.Owner{
			Taken: func(context.Context) error { return nil }, Renewed: func(bool) {},
			Shown:     func(bool) {},
			Installed: func(*generation.Generation) {},
			Positions: func() map[partition.ID]int64 { return nil },
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	if err := cat.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cat.Claim.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &backfill.Filler{
		Catalog: cat, Collections: all, Layout: code.Layout, Store: s, Reader: s.Latest(), IDs: ids,
		Lock: lock, Report: r, Policy: brook.Retry{Min: time.Second, Max: time.Second},
	}
}

// newRig returns a rig with n people, each with an address that of gives.
func newRig(t *testing.T, n int, unique bool, of func(i int) string) *rig {
	t.Helper()
	r := &rig{store: &store{Store: mapstore.New()}}
	hooks := brook.Hooks{
		Index:   func(p brook.IndexProgress) { r.progress = append(r.progress, p) },
		Failure: func(f brook.Failure) { r.failures = append(r.failures, f) },
	}
	rep := report.New("shop", slog.New(slog.NewTextHandler(&r.log, nil)), hooks)
	before := open(t, r.store, people("", false), rep).Catalog
	var writes []brook.Write
	for i := range n {
		p := &person{fmt.Sprintf("p%05d", i), of(i)}
		writes = append(writes,
			brook.Write{Table: before.Live().Tables[0], Key: key.AppendString(nil, p.ID), Value: p})
	}
	if err := r.store.Commit(t.Context(), &brook.Batch{Writes: writes}); err != nil {
		t.Fatal(err)
	}
	r.Filler = open(t, r.store, people("Email", unique), rep)
	r.Filled = func() { r.filled++ }
	return r
}

func address(i int) string { return fmt.Sprintf("%d@example.org", i) }

// steps counts the entries that each commit writes from now on, and lets may decide on it.
func (r *rig) steps(may func(n, entries int) error) *[]int {
	var sizes []int
	table := r.Catalog.Live().Tables[1]
	r.store.commit = func(b *brook.Batch) error {
		entries := 0
		for _, w := range b.Writes {
			if w.Table == table {
				entries++
			}
		}
		if entries == 0 {
			return nil
		}
		sizes = append(sizes, entries)
		return may(len(sizes)-1, entries)
	}
	return &sizes
}

func fine(int, int) error { return nil }

// wantIndex checks that the index leads to all rows, and is complete.
func (r *rig) wantIndex(t *testing.T, n int) {
	t.Helper()
	want := map[string]bool{}
	for i := range n {
		want[string(key.AppendString(key.AppendString(nil, address(i)),
			fmt.Sprintf("p%05d", i)))] = true
	}
	got := map[string]bool{}
	for row, err := range r.Reader.Scan(t.Context(), r.Catalog.Live().Tables[1], nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got[string(row.Key)] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("the index has %d entries, and not those of %d rows", len(got), n)
	}
	if left := r.Catalog.Indexes.Unfilled(); len(left) != 0 || r.Catalog.Live().Unready[1] {
		t.Errorf("the index is not complete: %v", left)
	}
}

func TestFill(t *testing.T) {
	r := newRig(t, 1201, true, address)
	if !r.Catalog.Live().Unready[1] {
		t.Fatal("the index is ready before it is filled")
	}
	sizes := r.steps(fine)
	if err := r.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.wantIndex(t, 1201)
	if want := []int{500, 500, 201}; !slices.Equal(*sizes, want) {
		t.Errorf("steps of %v rows, want %v", *sizes, want)
	}
	done := brook.IndexProgress{Collection: "people", Field: "Email", Rows: 1201, Done: true}
	if want := []brook.IndexProgress{done}; !slices.Equal(r.progress, want) || r.filled != 1 {
		t.Errorf("progress %+v, filled %d times; want %+v, once", r.progress, r.filled, want)
	}
	if err := r.Fill(t.Context()); err != nil || len(r.progress) != 1 || len(*sizes) != 3 {
		t.Errorf("filled again: %v, %+v", err, r.progress)
	}
}

// A commit that is too large is tried with half as many rows, and steps stay that small; one that
// meets others' writes halves the next step only.
func TestStepsShrink(t *testing.T) {
	for name, c := range map[string]struct {
		may  func(n, entries int) error
		want []int
	}{
		"too large": {func(_, entries int) error {
			if entries > 300 {
				return brook.ErrTooLarge
			}
			return nil
		}, []int{500, 250, 250, 250, 250, 201}},
		"conflict": {func(n, _ int) error {
			if n < 2 {
				return brook.ErrConflict
			}
			return nil
		}, []int{500, 250, 125, 250, 500, 326}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1201, false, address)
			r.store.fenced = true
			sizes := r.steps(c.may)
			if err := r.Fill(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(*sizes, c.want) {
				t.Errorf("steps of %v rows, want %v", *sizes, c.want)
			}
			r.store.commit = nil
			r.wantIndex(t, 1201)
		})
	}
}

// Over a shared store each step checks the rows that it read, and the state.
func TestStepsCheckTheirRows(t *testing.T) {
	r := newRig(t, 10, false, address)
	r.store.fenced = true
	checks, state := 0, 0
	gen := r.Catalog.Live()
	r.store.commit = func(b *brook.Batch) error {
		for _, c := range b.Checks {
			switch c.Table {
			case gen.Tables[0]:
				checks++
			case r.Catalog.Meta():
				state++
			}
		}
		return nil
	}
	if err := r.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if checks != 10 || state != 2 { // the second one is of the commit that says that it is complete
		t.Errorf("%d rows checked and the state %d times, want 10 and 2", checks, state)
	}
}

func TestValuesThatAreNotUnique(t *testing.T) {
	r := newRig(t, 9, true, func(i int) string { return address(i % 8) })
	err := r.Fill(t.Context())
	if !errors.Is(err, brook.ErrUnique) {
		t.Fatalf("filled: %v, want ErrUnique", err)
	}
	for _, part := range []string{"people.Email", `"p00000" and "p00008"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
	if len(r.progress) != 1 || !r.progress[0].Done ||
		!errors.Is(r.progress[0].Err, brook.ErrUnique) || r.filled != 0 {
		t.Errorf("progress %+v, filled %d times", r.progress, r.filled)
	}
	if len(r.Catalog.Indexes.Unfilled()) != 1 {
		t.Error("the index counts as complete")
	}
}

// Two entries that a scan of a shared store finds may not have been there at one time.
func TestEntriesOfDifferentTimes(t *testing.T) {
	r := newRig(t, 2, true, func(int) string { return "same@example.org" })
	r.store.fenced = true
	asked := 0
	r.store.commit = func(b *brook.Batch) error {
		if len(b.Writes) == 0 {
			asked++
			if len(b.Checks) != 2 {
				t.Errorf("asked for %d entries, want 2", len(b.Checks))
			}
			return brook.ErrConflict
		}
		return nil
	}
	if err := r.Fill(t.Context()); err != nil || asked != 1 || len(r.Catalog.Indexes.Unfilled()) != 0 {
		t.Errorf("filled: %v, asked %d times", err, asked)
	}
}

// Another process promotes other views in between: nothing is filled in the old ones any more, and
// the new ones have their index.
func TestFillEndsInAnotherGeneration(t *testing.T) {
	r := newRig(t, 700, true, address)
	r.store.fenced = true
	old := r.Catalog.Live()
	other := open(t, r.store, people("Email", true), r.Report).Catalog
	sizes := r.steps(func(n, _ int) error {
		if n > 0 {
			return nil
		}
		kept := r.store.commit
		r.store.commit = nil
		defer func() { r.store.commit = kept }()
		g, err := other.Construction.Build(t.Context())
		if err == nil {
			err = other.Construction.Promote(t.Context(), g, nil)
		}
		if err != nil {
			t.Error(err)
		}
		return brook.ErrConflict // of the state, which the step checks
	})
	if err := r.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []int{500}; !slices.Equal(*sizes, want) {
		t.Errorf("steps of %v rows, want %v", *sizes, want)
	}
	if live := r.Catalog.Live(); live.Number == old.Number {
		t.Error("the old generation is live")
	}
	r.wantIndex(t, 0)
	if len(r.progress) != 0 || r.filled != 0 {
		t.Errorf("progress %+v, filled %d times", r.progress, r.filled)
	}
}

// A store that fails is tried again with rising waits; the hook does not hear of an index that was
// given up.
func TestRunTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 10, true, address)
		away := errors.New("away")
		r.steps(func(n, _ int) error {
			if n < 3 {
				return away
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r.Run(ctx, func(err error) { t.Errorf("ended with %v", err) })
		if ctx.Err() == nil {
			t.Error("Run ended before its context")
		}
		r.wantIndex(t, 10)
		if len(r.failures) != 3 || r.failures[2].Attempts != 3 ||
			!errors.Is(r.failures[2].Err, away) {
			t.Errorf("reported %+v", r.failures)
		}
		if len(r.progress) != 1 || r.progress[0].Err != nil {
			t.Errorf("progress %+v, want one, without error", r.progress)
		}
		if !strings.Contains(r.log.String(), "filling an index works again") {
			t.Errorf("no recovery in the log: %s", r.log.String())
		}
	})
}

func TestRunEnds(t *testing.T) {
	for name, c := range map[string]struct {
		of   func(int) string
		fail error
		want error
	}{
		"not unique": {func(int) string { return "same" }, nil, brook.ErrUnique},
		"permanent":  {address, brook.ErrPermanent, brook.ErrPermanent},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 10, true, c.of)
			r.steps(func(int, int) error { return c.fail })
			var ended error
			r.Run(t.Context(), func(err error) { ended = err })
			if !errors.Is(ended, c.want) || len(r.progress) != 1 ||
				!errors.Is(r.progress[0].Err, c.want) {
				t.Errorf("ended with %v, progress %+v; want %v", ended, r.progress, c.want)
			}
		})
	}
}
