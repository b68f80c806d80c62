package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// registry is an app of people that folds in the test's goroutine.
type registry struct {
	*people.App
	t      *testing.T
	driver *memdriver.Driver
}

func newRegistry(t *testing.T, partitions int) *registry {
	t.Helper()
	d := memdriver.New(memdriver.Partitions(partitions))
	c := config(d, newStore())
	c.OnFailure = brook.GoOn
	app, err := people.NewApp(c, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return &registry{app, t, d}
}

// fold publishes events and gives the errors of the dead letters that they made.
func (r *registry) fold(events ...brook.Outgoing) (letters []string) {
	r.t.Helper()
	if _, err := r.PublishAll(r.t.Context(), slices.Values(events)); err != nil {
		r.t.Fatal(err)
	}
	if err := r.CatchUp(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	for l, err := range r.DeadLetters() {
		if err != nil {
			r.t.Fatal(err)
		}
		letters = append(letters, l.Stage+": "+l.Error)
	}
	if _, err := r.Drop(r.t.Context(), nil); err != nil {
		r.t.Fatal(err)
	}
	return letters
}

// email wants the holder of an address; 0: nobody.
func (r *registry) email(address people.Email, id int64) {
	r.t.Helper()
	p, err := r.Views.People.ByEmail(address)
	if id == 0 && !errors.Is(err, brook.ErrNotFound) || id != 0 && err != nil || p.ID != id {
		r.t.Errorf("%s is %d's (%v), want %d's", address, p.ID, err, id)
	}
}

func joined(id int64, email people.Email, teams ...people.Team) brook.Outgoing {
	return brook.Emit(people.Joined{ID: id, Email: email, Teams: teams})
}

func TestUnique(t *testing.T) {
	r := newRegistry(t, 1)
	letters := r.fold(joined(1, "a"), joined(2, "b"), joined(3, "a"), joined(4, ""), joined(5, ""))
	if len(letters) != 1 || !strings.HasPrefix(letters[0], "apply: ") ||
		!strings.Contains(letters[0], "people 3 has") ||
		!strings.Contains(letters[0], "Email as 1,") {
		t.Errorf("letters %q, want one that names 1 and 3", letters)
	}
	if ok, err := r.Views.People.Has(3); ok || err != nil {
		t.Errorf("3 is there: %v, %v", ok, err)
	}
	r.email("a", 1)
	r.email("b", 2)
	r.email("", 0) // zero values are not indexed

	if l := r.fold(brook.Emit(people.Swapped{A: 1, B: 2})); l != nil {
		t.Errorf("a swap fails: %q", l)
	}
	r.email("a", 2)
	r.email("b", 1)
	if l := r.fold(brook.Emit(people.Moved{ID: 1, Email: "c"}), joined(3, "b")); l != nil { // freed by a change
		t.Errorf("letters %q", l)
	}
	r.email("b", 3)
	r.email("c", 1)
	if l := r.fold(brook.Emit(people.Moved{ID: 1, Email: "c"})); l != nil { // its own value
		t.Errorf("letters %q", l)
	}
}

func TestUniqueIsKeptWithinABatchAndAcrossCommits(t *testing.T) {
	r := newRegistry(t, 1)
	if l := r.fold(joined(1, "a"), joined(2, "a")); len(l) != 1 { // within a batch
		t.Errorf("letters %q", l)
	}
	if l := r.fold(joined(3, "a")); len(l) != 1 {
		t.Errorf("letters %q", l)
	}
	if l := r.fold(brook.Emit(people.Moved{ID: 1, Email: "b"}), joined(3, "a"),
		joined(1, "a")); len(l) != 1 {
		t.Errorf("letters %q", l)
	}
	r.email("a", 3)
	r.email("b", 1)
}

func TestIndexParameters(t *testing.T) {
	r := newRegistry(t, 4) // an index rules parallel lanes out, whatever the partitions
	boss := int64(1)
	l := r.fold(joined(1, "a", "red", "blue"), joined(2, "b", "red", "red", ""),
		brook.Emit(people.Joined{ID: 3, Email: "c", Boss: &boss}))
	if l != nil {
		t.Fatal(l)
	}
	var red []int64
	for p := range values(t, r.Views.People.ByTeams("red")) {
		red = append(red, p.ID)
	}
	if !slices.Equal(red, []int64{1, 2}) {
		t.Errorf("red are %v", red)
	}
	for p := range values(t, r.Views.People.ByBoss(1)) {
		if p.ID != 3 || *p.Boss != 1 {
			t.Errorf("1 is the boss of %+v", p)
		}
	}
	if l := r.fold(brook.Emit(people.Wrote{To: "b"}),
		brook.Emit(people.Wrote{To: "nobody"})); len(l) != 1 ||
		!strings.Contains(l[0], "letter to nobody") {
		t.Errorf("letters %q", l)
	}
	if p := brook.Must(r.Views.People.Get(2)); p.Letters != 1 {
		t.Errorf("2 got %d letters", p.Letters)
	}
	if l := r.fold(brook.Emit(people.Cleared("red"))); l != nil {
		t.Fatal(l)
	}
	if n, err := r.Views.People.Len(); n != 1 || err != nil {
		t.Errorf("%d are left, %v", n, err)
	}
	if n := brook.Must(r.Views.ClearedSizes.Get("red")); n != 2 {
		t.Errorf("%d were cleared", n)
	}
	for range r.Views.People.ByTeams("blue") {
		t.Error("the index outlived its row")
	}
}

func TestMergeOfNothingSetsTheKey(t *testing.T) {
	r := newRegistry(t, 1)
	if l := r.fold(brook.Emit(people.Moved{ID: 7, Email: "x"})); l != nil {
		t.Fatal(l)
	}
	r.email("x", 7)
}

func TestRequired(t *testing.T) {
	r := newRegistry(t, 1)
	rec := brook.Record{Topic: "ledger", Key: []byte("1")}
	m := brook.Message{ID: "1", Type: people.JoinedType, Author: "x", Data: []byte(`{"email":"a"}`)}
	if err := (brook.CloudEvents{}).Wrap(&m, &rec); err != nil {
		t.Fatal(err)
	}
	if _, err := r.driver.Publish(t.Context(), []brook.Record{rec}); err != nil {
		t.Fatal(err)
	}
	if l := r.fold(); len(l) != 1 || !strings.HasPrefix(l[0], "decode: ") ||
		!strings.Contains(l[0], "id") {
		t.Errorf("letters %q", l)
	}
}

func TestReplayFoldsEmissionsAfterTheirCauses(t *testing.T) {
	r := newRegistry(t, 1)
	if l := r.fold(brook.Emit(people.Hired{ID: 1}), brook.Emit(people.Hired{ID: 2})); l != nil {
		t.Fatal(l)
	}
	check := func(v people.Views) {
		t.Helper()
		for _, id := range []int64{1, 2} {
			if p, err := v.Payroll.Get(id); err != nil || !p.Paid {
				t.Errorf("%d is %+v, %v", id, p, err)
			}
		}
	}
	check(r.Views)
	if err := r.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(r.Views)
	again, err := people.NewApp(config(r.driver, newStore()), people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(again.Views)
	for l := range again.DeadLetters() {
		t.Error(l)
	}
}

func TestEverythingIsClosed(t *testing.T) {
	r := newRegistry(t, 1)
	if err := r.App.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, redrive := r.Redrive(ctx, nil)
	_, drop := r.Drop(ctx, nil)
	_, publish := r.Publish.Paid(ctx, people.Paid{})
	var letters error
	for _, err := range r.DeadLetters() {
		letters = err
	}
	for what, err := range map[string]error{"Redrive": redrive, "Drop": drop, "Publish": publish,
		"DeadLetters": letters, "Rebuild": r.Rebuild(ctx),
		"Process": r.Process.Paid(ctx, people.Paid{}), "CatchUp": r.CatchUp(ctx), "Run": r.Run(ctx),
		"WaitFor": r.WaitFor(ctx, brook.Position{Topic: "aaa", Offset: 7})} {
		if !errors.Is(err, brook.ErrClosed) {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
}
