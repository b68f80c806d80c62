package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

type (
	peopleView  = brook.View[int64, people.Person]
	emailIndex  = brook.Index[people.Email, int64, people.Person]
	writes      = brook.Event[people.Wrote]
	personEntry = brook.Entry[int64, people.Person]
)

// lent is an app with people 1 to 3, whose handler of letters is the given one. It is not pure:
// over a map store it isn't rehearsed.
func lent(t *testing.T, store brook.Store, instead func(e writes, view peopleView,
	index emailIndex) (brook.Change[int64, people.Person], brook.Effect, error)) *people.App {
	t.Helper()
	app, err := people.NewApp(config(memdriver.New(), store), people.Registry{},
		&people.Post{Instead: instead})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	for id := int64(1); id <= 3; id++ {
		_, err := app.Publish.Joined(t.Context(),
			people.Joined{ID: id, Email: people.Email('a' + rune(id)), Teams: []people.Team{"x"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return app
}

// write publishes a letter.
func write(t *testing.T, app *people.App, to people.Email) brook.Position {
	t.Helper()
	pos, err := app.Publish.Wrote(t.Context(), people.Wrote{To: to})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// lastOf gives the last error of a sequence, and how many values came before.
func lastOf[T any](seq iter.Seq2[T, error]) (n int, last error) {
	for _, err := range seq {
		if last = err; err == nil {
			n++
		}
	}
	return n, last
}

// uses gives what every way to use a view and an index comes to.
func uses(view peopleView, index emailIndex) map[string]error {
	all := map[string]error{}
	_, all["Get"] = view.Get(1)
	_, all["Has"] = view.Has(1)
	_, all["Len"] = view.Len()
	_, all["All"] = lastOf(view.All())
	_, all["Range"] = lastOf(view.Range(1, 3))
	_, all["Map"] = brook.Map(view.All())
	_, all["Values"] = brook.Values(view.All())
	_, all["Index.Get"] = index.Get("b")
	_, all["Index.All"] = lastOf(index.All("b"))
	return all
}

// wantReturned wants every use to say that the handler returned, and of which collection the view
// is.
func wantReturned(t *testing.T, who string, uses map[string]error) {
	t.Helper()
	for name, err := range uses {
		if !errors.Is(err, brook.ErrHandlerReturned) || !strings.Contains(err.Error(), "people") {
			t.Errorf("%s: %s gives %v, want ErrHandlerReturned of people", who, name, err)
		}
	}
}

func wantUsable(t *testing.T, who string, uses map[string]error) {
	t.Helper()
	for name, err := range uses {
		if err != nil {
			t.Errorf("%s: %s gives %v", who, name, err)
		}
	}
}

// A view that an effect captures, that a handler set keeps, or that is used after its handler
// failed or panicked, gives ErrHandlerReturned, and the next handler's own view goes on working.
func TestViewEndsWhenItsHandlerReturns(t *testing.T) {
	effects := make(chan map[string]error, 10)
	type kept struct {
		view  peopleView
		index emailIndex
		all   iter.Seq2[personEntry, error]
	}
	var before []kept
	app := lent(t, mapstore.New(), func(e writes, view peopleView, index emailIndex) (none brook.Change[int64, people.Person], effect brook.Effect, err error) {
		for _, k := range before {
			wantReturned(t, "an earlier handler's view", uses(k.view, k.index))
			_, err := lastOf(k.all)
			wantReturned(t, "an earlier handler's sequence", map[string]error{"All": err})
		}
		wantUsable(t, "its own view", uses(view, index))
		before = append(before, kept{view, index, view.All()})
		switch e.Data.To {
		case "error":
			return none, nil, errors.New("refused")
		case "panic":
			for _, err := range view.All() {
				panic(fmt.Sprint("in an iteration: ", err))
			}
		}
		return none, func(context.Context) error {
			effects <- uses(view, index)
			return nil
		}, nil
	})
	runs(t, app.Run)
	for _, to := range []people.Email{"effect", "error", "panic", "effect"} {
		err := app.WaitFor(t.Context(), write(t, app, to))
		if fails := to != "effect"; errors.Is(err, brook.ErrDeadLetter) != fails ||
			!fails && err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if to == "effect" {
			wantReturned(t, "an effect", <-effects)
		}
	}
	if err := app.Process.Wrote(t.Context(), people.Wrote{To: "effect"}); err != nil {
		t.Fatal(err)
	}
	wantReturned(t, "an effect of Process", <-effects)
	if n, err := app.Redrive(t.Context(),
		func(l brook.DeadLetter) bool { return strings.Contains(l.Error, "panic") }); n != 0 ||
		err != nil {
		t.Errorf("redriven: %d, %v", n, err)
	}
	if len(before) != 6 {
		t.Errorf("%d handlers ran, want 6", len(before))
	}
}

// An iteration that a handler began and that goes on when it has returned ends with
// ErrHandlerReturned.
func TestIterationEndsWhenItsHandlerReturns(t *testing.T) {
	var nexts []func() error
	begun := func(next func() error) {
		if next() == nil { // else it was rehearsed
			nexts = append(nexts, next)
		}
	}
	app := lent(t, newStore(), func(e writes, view peopleView,
		index emailIndex) (none brook.Change[int64, people.Person], _ brook.Effect, _ error) {
		for _, seq := range []iter.Seq2[personEntry, error]{view.All(), view.Range(1, 4),
			index.All("b")} {
			next, _ := iter.Pull2(seq)
			begun(func() error { _, err, _ := next(); return err })
		}
		return none, nil, nil
	})
	write(t, app, "b")
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(nexts) < 3 {
		t.Errorf("%d iterations were begun", len(nexts))
	}
	for i, next := range nexts {
		wantReturned(t, "an iteration", map[string]error{"next": next()})
		if err := next(); err != nil {
			t.Errorf("iteration %d goes on after its end: %v", i, err)
		}
	}
}

// Goroutines that a handler starts and leaves behind read what it could read until it returns, and
// then get ErrHandlerReturned: while its merges run, its indexes are brought up to date and later
// events are folded (for -race).
func TestGoroutinesOfAHandlerLoseItsView(t *testing.T) {
	left := make(chan error, 1000)
	started := 0
	app := lent(t, newStore(), func(e writes, view peopleView,
		index emailIndex) (brook.Change[int64, people.Person], brook.Effect, error) {
		for _, read := range []func() error{
			func() error { _, err := view.Get(1); return err },
			func() error { _, err := lastOf(view.All()); return err },
			func() error { _, err := lastOf(index.All("b")); return err },
		} {
			started++
			running := make(chan struct{})
			go func() {
				close(running)
				for {
					if err := read(); errors.Is(err, brook.ErrHandlerReturned) {
						left <- err
						return
					}
				}
			}()
			<-running
		}
		return brook.Merge(int64(1), func(p *people.Person) {
			p.Letters++
			p.Teams = append(p.Teams, people.Team(e.Data.To))
		}), nil, nil
	})
	for _, to := range []people.Email{"x", "y", "x", "y", "x", "y"} {
		write(t, app, to)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range started {
		wantReturned(t, "a goroutine", map[string]error{"read": <-left})
	}
	if p, err := app.Views.People.Get(1); err != nil || p.Letters != 6 {
		t.Errorf("person 1: %+v, %v", p, err)
	}
}

// A Merge function may use what its handler was given for as long as the set's changes are applied:
// it sees what those before it did. Later it gets ErrHandlerReturned, as everybody.
func TestMergeUsesWhatItsHandlerWasGiven(t *testing.T) {
	merges := 0
	app := lent(t, mapstore.New(), func(e writes, view peopleView, index emailIndex) (change brook.Change[int64, people.Person], effect brook.Effect, err error) {
		merge := func(p *people.Person) {
			wantUsable(t, "a merge function", uses(view, index))
			other, err := view.Get(2)
			if err != nil {
				t.Error(err)
			}
			for _, err := range view.All() { // readers within readers
				if err != nil {
					t.Error(err)
				}
				n, err := lastOf(index.All("b"))
				if n != 1 || err != nil {
					t.Errorf("index: %d, %v", n, err)
				}
			}
			p.Letters += other.Letters + 1
			merges++
			if e.Data.To == "panic" {
				panic("in a merge function")
			}
		}
		change = brook.Merge(int64(1), merge)
		return change, func(context.Context) error {
			wantReturned(t, "an effect", uses(view, index))
			return nil
		}, nil
	})
	for _, to := range []people.Email{"b", "panic", "b"} {
		write(t, app, to)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := app.Views.People.Get(1); err != nil || p.Letters != 2 || merges != 3 {
		t.Errorf("person 1 after %d merges: %+v, %v", merges, p, err)
	}
}
