package engine_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Events of another topic are not folded on top of views that were made from the first one (rule
// 27).
func TestAnotherTopicIsStaleness(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	first := config(d, s)
	second := first
	second.Topic = "other"
	fold := func(c brook.Config, cents int64) (*ledger.App, error) {
		app := ledgerOver(t, c)
		if cents > 0 {
			if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
				t.Fatal(err)
			}
			if _, err := app.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: cents}); err != nil {
				t.Fatal(err)
			}
		}
		return app, app.CatchUp(t.Context())
	}
	app, err := fold(first, 5)
	if err = errors.Join(err, app.Close()); err != nil {
		t.Fatal(err)
	}
	before := rawRows(t, s, "state")["state"]
	refusing := second
	refusing.OnStale = brook.Fail
	app, err = fold(refusing, 7)
	if !errors.Is(err, brook.ErrStale) || !strings.Contains(err.Error(),
		"accounts is made from money.moved of topic other, and was from that of topic ledger") {
		t.Errorf("refused: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if after := rawRows(t, s, "state")["state"]; after != before {
		t.Errorf("what was refused left in the state\n%s\nwhich was\n%s", after, before)
	}
	if app, err = fold(first, 0); err != nil { // back
		t.Errorf("the way back: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app, err = fold(second, 0)
	if a := brook.Must(app.Views.Accounts.Get("a")); err != nil || a.Balance != 7 {
		t.Errorf("rebuilt: %+v, %v", a, err)
	}
}

// Two instances that go on with stale views both do.
func TestTwoInstancesGoOn(t *testing.T) {
	d, s := log(t, 1, []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"})}), newShared()
	c := config(d, s)
	if app := ledgerOver(t, c); app.CatchUp(t.Context()) != nil || app.Close() != nil {
		t.Fatal("the first fold")
	}
	alter(t, s, foreignCode)
	c.OnStale = brook.GoOn
	one, two := ledgerOver(t, c), ledgerOver(t, c)
	for i, app := range []*ledger.App{one, two, one} {
		if _, err := app.Publish.Moved(t.Context(),
			ledger.Moved{Account: "a", Cents: 1}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Errorf("instance %d: %v", i, err)
		}
	}
	if a := brook.Must(two.Views.Accounts.Get("a")); a.Balance != 3 {
		t.Errorf("%+v", a)
	}
}

// A row that the code can't read any more makes a letter that names the way out; its partition goes
// on.
func TestUnreadableRowIsALetter(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a")
	h.opened("b")
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "a"), []byte{1, 0x95, 0xa1})
	h.fails(h.move("a", 1, ""))
	h.wait(h.move("b", 1, ""))
	n := 0
	for l, err := range h.DeadLetters() {
		if n++; err != nil || l.Stage != brook.StageApply || !strings.Contains(l.Error, "Rebuild") {
			t.Errorf("letter %s, %v", l, err)
		}
	}
	if n == 0 {
		t.Error("no letter")
	}
	if _, err := h.Views.Accounts.Get("a"); !errors.Is(err, brook.ErrUnreadable) {
		t.Errorf("Get: %v", err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
}

// So does one whose number the code's type can't hold (rule 27).
func TestNarrowedRowIsALetter(t *testing.T) { apptest.Narrowed(t, bytestore.New()) }

// Code that runs reads rows of a shape that newer code recorded since (rule 40).
func TestNewerShapesAreLookedUp(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a")
	rawPut(t, s, "1/shapes", []byte("accounts\x00\x00\x00\x00\x09"), []byte(olderSchema))
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "new"),
		(&older{moves: 5, gone: []string{"x"}, id: "new"}).bytes(t, 9))
	h.wait(h.move("new", 3, ""))
	h.balance("new", 3, 6)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
}

// An index that becomes unique, and is refused because two rows have one value, stays whole for the
// code that goes on using it.
func TestRefusedUniqueLeavesTheIndex(t *testing.T) {
	d, s := memdriver.New(), newStore()
	c := config(d, s)
	app := peopleOver(t, c)
	for id := range int64(3) {
		if err := app.Process.Joined(t.Context(),
			people.Joined{ID: id + 1, Email: people.Email(string(rune('a' + id)))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	// As an index that is not unique had it: another row of the same address.
	entries := len(rawRows(t, s, "1/index/people/Email"))
	rawPut(t, s, "1/index/people/Email",
		append(key.AppendString(nil, "a"), key.AppendInt(nil, int64(9))...), []byte{})
	alter(t, s, func(state map[string]any) {
		state["Folds"] = "code with an index"
		state["Kept"].(map[string]any)["people Email string"].(map[string]any)["Once"] = false
	})
	app = peopleOver(t, c)
	if err := app.CatchUp(t.Context()); !errors.Is(err, brook.ErrUnique) ||
		!strings.Contains(err.Error(), "1 and 9") {
		t.Errorf("CatchUp: %v", err)
	}
	if n := len(rawRows(t, s, "1/index/people/Email")); n != entries+1 {
		t.Errorf("%d entries are left of %d", n, entries+1)
	}
	if state := rawRows(t, s, "state")["state"]; !strings.Contains(state,
		`"people Email string":{"Table":"index/people/Email","Whole":true,"Once":false}`) {
		t.Errorf("the state is %s", state)
	}
}

// Nor does it lose a row once the tag is taken back.
func TestUniqueTagTakenBack(t *testing.T) { apptest.UniqueTakenBack(t, newStore()) }

// Of two apps of one name over one store of the process one folds: two would count every event
// twice.
func TestTwoAppsOfOneName(t *testing.T) {
	d, s := memdriver.New(), mapstore.New()
	c := config(d, s)
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	second := ledgerOver(t, c)
	for name, err := range map[string]error{
		"Run": second.Run(t.Context()), "CatchUp": second.CatchUp(t.Context()),
		"Rebuild": second.Rebuild(t.Context()),
		"Process": second.Process.Opened(t.Context(), ledger.Opened{Account: "b"}),
	} {
		if !errors.Is(err, brook.ErrRunning) || !strings.Contains(err.Error(), "ledger") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := second.Views.Accounts.Get("a"); err != nil {
		t.Errorf("a read: %v", err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := second.CatchUp(t.Context()); err != nil {
		t.Errorf("when the first one has ended: %v", err)
	}
}
