package control_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/storetest"
)

var (
	errBad = errors.New("bad")
	id     = partition.ID{Topic: "in"}
)

// lettered returns the parts of an app that folded x, y and z, and whose set S failed for each.
func lettered(
	t *testing.T, change func(*brook.Config, *delivery.Definition),
) (*tasktest.Rig, control.Letters) {
	t.Helper()
	r := tasktest.New(t, change)
	for _, text := range []string{"x", "y", "z"} {
		r.Fails["S "+text] = errBad
		r.Publish(text)
	}
	r.Follow()
	if got := r.Lettered(); got != "0 S 1, 1 S 1, 2 S 1" {
		t.Fatal(got)
	}
	return r, control.Letters{Calls: &control.Calls{Tasks: r.Set, Exclusive: exclusive.New(r.Set)}}
}

// listed returns what All returns, as offsets.
func listed(t *testing.T, x control.Letters) string {
	t.Helper()
	var all []string
	for l, err := range x.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(l.Position.Offset))
	}
	return strings.Join(all, " ")
}

func only(offset int64) func(brook.DeadLetter) bool {
	return func(l brook.DeadLetter) bool { return l.Position.Offset == offset }
}

// Letters whose events succeed are applied, with what they emit; those that fail again stay, and
// are counted as tried.
func TestRedrive(t *testing.T) {
	r, x := lettered(t, nil)
	delete(r.Fails, "S x")
	delete(r.Fails, "S z")
	before := r.Outbox.Depth(id)
	n, err := x.Redrive(t.Context(), nil)
	if err != nil || n != 2 {
		t.Errorf("%d were applied, %v", n, err)
	}
	if got := r.Lettered(); got != "1 S 2" {
		t.Errorf("what stays: %s", got)
	}
	if n := r.BlockedOf(id).Len(); n != 1 {
		t.Errorf("%d letters block keys", n)
	}
	if more := r.Outbox.Depth(id) - before; more != 2 {
		t.Errorf("%d emissions, want those of S x and S z", more)
	}
}

// The filter chooses which letters are redriven, and which are dropped.
func TestFilters(t *testing.T) {
	r, x := lettered(t, nil)
	clear(r.Fails)
	if n, err := x.Redrive(t.Context(), only(1)); err != nil || n != 1 || listed(t, x) != "0 2" {
		t.Errorf("redriven: %d, %v, left %s", n, err, listed(t, x))
	}
	if n, err := x.Drop(t.Context(), only(0)); err != nil || n != 1 || listed(t, x) != "2" {
		t.Errorf("dropped: %d, %v, left %s", n, err, listed(t, x))
	}
	if n := r.BlockedOf(id).Len(); n != 1 {
		t.Errorf("%d letters block keys", n)
	}
	dropped := 0
	for _, err := range r.Reader.Scan(t.Context(), r.Catalog.Live().Dropped, nil, nil) {
		if dropped++; err != nil {
			t.Fatal(err)
		}
	}
	if dropped != 1 {
		t.Errorf("the store knows of %d letters that were dropped", dropped)
	}
}

// What was dropped is forgotten once the log no longer has it.
func TestForgetDropped(t *testing.T) {
	r, x := lettered(t, nil)
	if err := r.Driver.Trim("in", 0, 2); err != nil {
		t.Fatal(err)
	}
	if n, err := x.Drop(t.Context(), nil); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	var left []string
	for row, err := range r.Reader.Scan(t.Context(), r.Catalog.Live().Dropped, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, string(row.Key))
	}
	if len(left) != 1 {
		t.Errorf("%d are left of 3, want that of z, which the log has: %q", len(left), left)
	}
}

// What was done before an error stays done, and the error says which letter it is about.
func TestRedriveFails(t *testing.T) {
	f := fault.New(fault.Refuse, 0, fault.Get)
	r, x := lettered(t, func(c *brook.Config, _ *delivery.Definition) {
		c.Store = storetest.Faulty(c.Store, f)
	})
	clear(r.Fails)
	r.Handling["S y"] = f.Begin
	n, err := x.Redrive(t.Context(), nil)
	f.Mend()
	if n != 2 || !errors.Is(err, fault.ErrInjected) {
		t.Errorf("%d were applied, %v", n, err)
	}
	if got := listed(t, x); got != "2" {
		t.Errorf("left: %s", got)
	}
}

// An app that is closed lists nothing, and redrives and drops nothing.
func TestClosed(t *testing.T) {
	r, x := lettered(t, nil)
	r.Life.End()
	for _, err := range x.All(t.Context()) {
		if !errors.Is(err, brook.ErrClosed) {
			t.Errorf("listed: %v", err)
		}
	}
	if _, err := x.Redrive(t.Context(), nil); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("redriven: %v", err)
	}
	if _, err := x.Drop(t.Context(), nil); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("dropped: %v", err)
	}
	if err := x.Process(t.Context(), &brook.Outbound{}); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("processed: %v", err)
	}
	if got := r.Lettered(); got != "0 S 1, 1 S 1, 2 S 1" {
		t.Errorf("left: %s", got)
	}
}
