package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// twice is a package in which two sets handle one event: the first counts in tallies, the second,
// which fails as long as it is broken, in marks. A third set, which needs no name, handles another
// event.
func twice(sets [3]string, broken bool) *engine.Definition {
	added, tagged := taggingEvent("added"), taggingEvent("tagged")
	rows := func(name string) *typed.Collection[string, tally] {
		return &typed.Collection[string, tally]{Name: name, Shape: "string",
			AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
			Key: func(v *tally) *string { return &v.ID }}
	}
	tallies, marks := rows("tallies"), rows("marks")
	def := &engine.Definition{Collections: []*brook.Collection{tallies.Def(), marks.Def()},
		Events: []*brook.EventDef{added, tagged}}
	for _, name := range sets {
		if !slices.Contains(def.Sets, name) {
			def.Sets = append(def.Sets, name)
		}
	}
	at := func(i int) int { return slices.Index(def.Sets, sets[i]) }
	def.Handlers = []engine.Handler{{Set: at(0), Name: "Added", Event: "added", Writes: []int{0}},
		{Set: at(1), Name: "Added", Event: "added", Writes: []int{1}},
		{Set: at(2), Name: "Tagged", Event: "tagged", Writes: []int{0}}}
	def.Lane = func(tx *engine.Tx) func(*engine.Delivery) {
		first, second := typed.RowsOf(tx, 0, tallies), typed.RowsOf(tx, 1, marks)
		count := func(v *tally) { v.N++ }
		return func(m *engine.Delivery) {
			event := added
			if m.Type() == "tagged" {
				event = tagged
			}
			e := engine.Decode[tagging](m, event)
			if e == nil {
				return
			}
			if event == tagged {
				m.Handle(at(2), func(context.Context) error { return nil })
				return
			}
			m.Handle(at(0), func(context.Context) error {
				first.Apply(brook.Merge(e.Data.ID, count))
				return nil
			})
			m.Handle(at(1), func(context.Context) error {
				if broken {
					return errors.New("broken")
				}
				second.Apply(brook.Merge(e.Data.ID, count))
				return nil
			})
		}
	}
	return def
}

// Letters and the keys that they hold up belong to the set that handles their event now, however
// often sets were renamed in Go and handlers moved between them since, and whether the app was
// started again in between (rule 27).
func TestLettersFollowRenamedSets(t *testing.T) {
	for _, test := range []struct {
		name string
		then [][3]string // the names of the sets, version by version; the first is First, Second, Third
	}{
		{"one set", [][3]string{{"First", "Renamed", "Third"}}},
		{"both sets", [][3]string{{"Alpha", "Beta", "Third"}}},
		{"one after the other",
			[][3]string{{"Alpha", "Second", "Third"}, {"Alpha", "Beta", "Third"},
				{"Alpha", "Gamma", "Third"}}},
		{"moved to another set", [][3]string{{"First", "Third", "Third"}}},
		{"moved and renamed",
			[][3]string{{"First", "Third", "Third"}, {"First", "Fourth", "Fourth"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, s := memdriver.New(), newShared()
			var app *engine.App
			start := func(sets [3]string, broken bool) {
				t.Helper()
				if app != nil {
					if err := app.Close(); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				c := config(d, s)
				c.OnStale = brook.Fail // a rename is no staleness
				if app, err = engine.NewApp(c, twice(sets, broken)); err != nil {
					t.Fatal(err)
				}
			}
			letters := func() (n int) {
				t.Helper()
				for _, err := range app.DeadLetters() {
					if n++; err != nil {
						t.Fatal(err)
					}
				}
				return n
			}
			events := 0
			fold := func() {
				t.Helper()
				data, _ := json.Marshal(tagging{ID: "a"})
				r := brook.Record{Topic: "ledger", Key: []byte("a")}
				events++
				err := brook.CloudEvents{}.Wrap(&brook.Message{ID: fmt.Sprint(events), Type: "added", Author: "ledger", Time: time.Unix(1, 0), Data: data}, &r)
				if err == nil {
					_, err = d.Publish(t.Context(), []brook.Record{r})
				}
				if err == nil {
					err = app.CatchUp(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				if n := letters(); n != events {
					t.Errorf("after %d events there are %d letters: the key is not held up", events,
						n)
				}
			}
			start([3]string{"First", "Second", "Third"}, true)
			fold()
			var sets [3]string
			for _, sets = range test.then {
				start(sets, false)
				fold()
				start(sets, false)
				fold()
			}
			if n, err := app.Redrive(t.Context(), nil); n != events || err != nil {
				t.Errorf("Redrive: %d, %v; want %d", n, err, events)
			}
			if n := letters(); n != 0 {
				t.Errorf("%d letters are left", n)
			}
			for slot, want := range rowsOfTwice(t, app) {
				if want != events {
					t.Errorf("collection %d counts %d of %d events", slot, want, events)
				}
			}
		})
	}
}

// rowsOfTwice returns what both collections count of key a.
func rowsOfTwice(t *testing.T, app *engine.App) (n [2]int) {
	t.Helper()
	for slot, name := range []string{"tallies", "marks"} {
		rows := &typed.Collection[string, tally]{Name: name, Shape: "string",
			AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
			Key: func(v *tally) *string { return &v.ID }}
		v, err := typed.ViewOf(app.Source(), slot, rows).Get("a")
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			t.Fatal(err)
		}
		n[slot] = v.N
	}
	return n
}
