package apptest

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Pages goes through the rows of an app, and through those of one indexed value, page by page in
// both directions, while the row that the last page ended with is removed. Then a handler reads
// pages of what is not committed yet.
func Pages(t *testing.T, store brook.Store) {
	var seen [][]int64 // by the handler
	instead := func(
		e brook.Event[people.Wrote], all brook.View[int64, people.Person],
		_ brook.Index[people.Email, int64, people.Person],
	) (c brook.Change[int64, people.Person], effect brook.Effect, err error) {
		var id int64
		if _, err := fmt.Sscan(e.Data.Text, &id); err != nil {
			return c, nil, err
		}
		for _, reverse := range []bool{false, true} {
			ids, err := idsOf(all.Page(brook.Page[int64]{After: &id, Limit: 2, Reverse: reverse}))
			if err != nil {
				return c, nil, err
			}
			seen = append(seen, ids)
		}
		_, there, err := all.Lookup(id)
		if !there || err != nil {
			return c, nil, err
		}
		return brook.Delete[people.Person](id), nil, nil
	}
	app, err := people.NewApp(brook.Config{Author: "people", Store: store,
		Driver: memdriver.New(memdriver.Topic("people", 1)), Log: slog.New(slog.DiscardHandler)},
		people.Registry{}, &people.Post{Instead: instead})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	fold := func(events ...brook.Outgoing) {
		t.Helper()
		if _, err := app.PublishAll(t.Context(), slices.Values(events)); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	join := func(boss int64, ids ...int64) (events []brook.Outgoing) {
		for _, id := range ids {
			events = append(events, brook.Emit(people.Joined{ID: id, Boss: &boss}))
		}
		return events
	}
	remove := func(id int64) brook.Outgoing {
		return brook.Emit(people.Wrote{To: "post", Text: fmt.Sprint(id)})
	}
	fold(join(1, -3, 1, 2, 5, 7, 11)...)
	fold(join(2, 0, 3, 6)...)

	through := func(
		page func(brook.Page[int64]) pageOfPeople, reverse bool, want ...[]int64,
	) {
		t.Helper()
		at := brook.Page[int64]{Limit: 2, Reverse: reverse}
		for _, want := range append(want, nil) {
			got, err := idsOf(page(at))
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("a page is %v, %v, want %v", got, err, want)
			}
			if len(got) > 0 {
				last := got[len(got)-1]
				at.After = &last
				fold(remove(last))
			}
		}
	}
	view := func(p brook.Page[int64]) pageOfPeople { return app.Views.People.Page(p) }
	byBoss := func(p brook.Page[int64]) pageOfPeople {
		return app.Views.People.BossIndex().Page(1, p)
	}
	through(byBoss, true, []int64{11, 7}, []int64{5, 2}, []int64{1, -3})
	through(byBoss, false, []int64{1, 5}, []int64{11})
	through(view, false, []int64{0, 1}, []int64{3, 6})
	through(view, true, []int64{3, 0})

	fold(join(3, 20, 21, 22, 23)...)
	seen = nil
	fold(remove(22), remove(20), remove(3), remove(22)) // in one batch
	want := [][]int64{{23}, {21, 20}, {21, 23}, {3}, {21, 23}, nil, {23}, {21}}
	if !slices.EqualFunc(seen[max(0, len(seen)-8):], want, slices.Equal[[]int64]) {
		t.Errorf("a handler sees %v, want %v", seen, want)
	}
	rest, err := idsOf(app.Views.People.BossIndex().Range(2, 4))
	if err != nil || !slices.Equal(rest, []int64{21, 23}) {
		t.Errorf("the range of an index is %v, %v", rest, err)
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("letter %v, %v", l.Error, err)
	}
}

type pageOfPeople = func(func(brook.Entry[int64, people.Person], error) bool)

func idsOf(entries pageOfPeople) (ids []int64, err error) {
	for e, err := range entries {
		if err != nil {
			return ids, err
		}
		ids = append(ids, e.Key)
	}
	return ids, nil
}
