package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1b"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// recoded is a log and a store over which versions run that differ in the code of a handler.
type recoded struct {
	*deployed
	policy brook.CodeChangePolicy
	log    bytes.Buffer
}

func newRecoded(t *testing.T, policy brook.CodeChangePolicy) *recoded {
	r := &recoded{deployed: newDeployed(t), policy: policy}
	r.change = func(c *brook.Config) {
		c.OnCodeChange = r.policy
		c.Log = slog.New(slog.NewTextHandler(&r.log, nil))
	}
	return r
}

// told folds with a version, and returns the lines of the log about code.
func (r *recoded) told(number int, users string) string {
	r.Helper()
	r.log.Reset()
	r.want(number, users)
	var lines []string
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, "had other code") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// A map store is filled by the code that starts: there is nothing to tell.
func TestCodeChangeOverMapStore(t *testing.T) {
	for _, policy := range []brook.CodeChangePolicy{brook.Tell, brook.RebuildStale, brook.GoOn} {
		r := newRecoded(t, policy)
		r.place("a 1")
		for version, users := range map[int]string{1: "a=1", codeOnly: "a=2"} {
			r.store = mapstore.New()
			if told := r.told(version, users); told != "" || len(r.reports) != 0 {
				t.Errorf("%s: %s, %d reports", policy, told, len(r.reports))
			}
		}
	}
}

// With Tell the views stay as they are, and each start tells of the handlers until a rebuild.
func TestCodeChangeIsTold(t *testing.T) {
	r := newRecoded(t, "")
	r.place("a 1")
	for range 2 {
		if told := r.told(1, "a=1"); told != "" {
			t.Errorf("the same code: %s", told)
		}
	}
	if told := r.told(codeOnly, "a=1"); !strings.Contains(told, "level=WARN") ||
		!strings.Contains(told, "users: Orders.Placed changed just now") ||
		!strings.Contains(told, "App.Preview") || !strings.Contains(told, "App.Rebuild") {
		t.Errorf("changed: %s", told)
	}
	if told := r.told(1, "a=1"); told != "" {
		t.Errorf("code that folded nothing left a trace: %s", told)
	}
	r.place("a 10")
	if told := r.told(codeOnly, "a=21"); told == "" {
		t.Error("nothing is told with events to fold")
	}
	if told := r.told(codeOnly, "a=21"); !strings.Contains(told, "Orders.Placed changed at 2") {
		t.Errorf("since when: %s", told)
	}
	if told := r.told(1, "a=21"); !strings.Contains(told, "Orders.Placed was another one at 2") {
		t.Errorf("taken back: %s", told)
	}
	app, err := v1b.NewApp(r.config(), v1b.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.Rebuild(t.Context()), app.Close()); err != nil {
		t.Fatal(err)
	}
	if told := r.told(codeOnly, "a=22"); told != "" {
		t.Errorf("rebuilt: %s", told)
	}
}

// With RebuildStale the views are made anew, once.
func TestCodeChangeRebuilds(t *testing.T) {
	r := newRecoded(t, brook.RebuildStale)
	r.place("a 1")
	r.told(1, "a=1")
	if told := r.told(codeOnly, "a=2"); !strings.Contains(told, "rebuilt") || len(r.reports) != 1 {
		t.Errorf("%s, %d reports", told, len(r.reports))
	}
	if told := r.told(codeOnly, "a=2"); told != "" || len(r.reports) != 0 {
		t.Errorf("again: %s, %d reports", told, len(r.reports))
	}
}

// With GoOn it is told once, and known all the same: another policy finds what happened.
func TestCodeChangeGoesOn(t *testing.T) {
	r := newRecoded(t, brook.GoOn)
	r.place("a 1")
	r.told(1, "a=1")
	if told := r.told(codeOnly, "a=1"); !strings.Contains(told, "going on") {
		t.Errorf("changed: %s", told)
	}
	r.place("a 10")
	if told := r.told(codeOnly, "a=21"); told != "" || len(r.reports) != 0 {
		t.Errorf("again: %s, %d reports", told, len(r.reports))
	}
	r.policy = brook.Tell
	if told := r.told(codeOnly, "a=21"); !strings.Contains(told, "changed at 2") {
		t.Errorf("the other policy: %s", told)
	}
	r.policy = brook.RebuildStale
	r.told(codeOnly, "a=22")
}

// Views whose code is not recorded are not told of. Today's is recorded with the next commit.
func TestUnknownCode(t *testing.T) {
	r := newRecoded(t, "")
	r.place("a 1")
	r.told(1, "a=1")
	alter(t, r.store, func(state map[string]any) {
		for _, o := range state["Made"].(map[string]any) {
			for _, e := range o.(map[string]any)["Events"].([]any) {
				delete(e.(map[string]any), "Code")
			}
		}
	})
	if told := r.told(codeOnly, "a=1"); told != "" {
		t.Errorf("not known: %s", told)
	}
	r.place("a 10")
	r.told(codeOnly, "a=21")
	if told := r.told(1, "a=21"); told == "" {
		t.Error("what is recorded since is not told of")
	}
}

// Code that made views that are kept gets them back though the structure is the same, unless it is
// to go on. Nothing of other code is in them, and each order is billed once.
func TestWayBackOfCode(t *testing.T) {
	for _, policy := range []brook.CodeChangePolicy{brook.Tell, brook.RebuildStale} {
		r := newRecoded(t, policy)
		r.place("a 1")
		r.told(1, "a=1")
		app, err := v1b.NewApp(r.config(), v1b.Orders{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(app.Rebuild(t.Context()), app.Close()); err != nil {
			t.Fatal(err)
		}
		r.place("a 10")
		r.told(codeOnly, "a=22")
		r.place("a 100")
		if told := r.told(1, "a=111"); strings.Contains(told, "level=WARN") {
			t.Errorf("%s: %s", policy, told)
		}
		r.wantReturned(true)
		r.told(codeOnly, "a=222")
		r.wantReturned(true)
		for order, n := range r.bills() {
			if n != 1 {
				t.Errorf("%s was billed %d times", order, n)
			}
		}
	}
	r := newRecoded(t, brook.Tell)
	r.place("a 1")
	r.told(1, "a=1")
	r.policy = brook.RebuildStale
	r.told(codeOnly, "a=2")
	r.policy = brook.GoOn
	r.told(1, "a=2")
	if len(r.reports) != 0 {
		t.Errorf("it went back: %+v", r.reports)
	}
}

// Views that several versions folded into fit none of them.
func TestNoWayBackToMixedCode(t *testing.T) {
	r := newRecoded(t, brook.Tell)
	r.place("a 1")
	r.told(1, "a=1")
	r.place("a 10")
	r.told(codeOnly, "a=21")
	r.policy = brook.RebuildStale
	r.told(codeOnly, "a=22")
	r.told(1, "a=11")
	r.wantReturned(false)
}

// Versions that differ in code alone fold side by side over a shared store, and the state has both.
func TestVersionsOfCodeFoldTogether(t *testing.T) {
	r := newRecoded(t, brook.Tell)
	store := newShared()
	store.Store = bytestore.New()
	r.store = store
	first, err := v1.NewApp(r.config(), v1.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := v1b.NewApp(r.config(), v1b.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]bool{}
	for i, catchUp := range []func(context.Context) error{
		first.CatchUp, second.CatchUp, first.CatchUp, second.CatchUp, first.CatchUp,
	} {
		r.place(fmt.Sprint("a ", i+1))
		if err := catchUp(t.Context()); err != nil {
			t.Errorf("start %d: %v", i, err)
		}
		if i > 0 {
			states[rawRows(t, r.store, "state")["state"]] = true
		}
	}
	if u := brook.Must(first.Views.Users.Get("a")); u.Cents != 1+4+3+8+5 {
		t.Errorf("%+v", u)
	}
	if len(states) != 1 {
		t.Errorf("they go on writing the state: %d states", len(states))
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
}
