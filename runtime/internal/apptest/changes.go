package apptest

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Changes folds random changes of every kind into few rows of an indexed collection, and compares
// rows, index and histories with a model: while events come, after the app was opened again and
// after a rebuild. A change that does nothing is in no history.
func Changes(t *testing.T, store brook.Store, seed uint64) {
	t.Logf("seed %d", seed)
	driver := memdriver.New(memdriver.Topic("people", 1))
	open := func() *people.App {
		app, err := people.NewApp(brook.Config{Author: "people", Driver: driver, Store: store,
			Log: slog.New(slog.DiscardHandler), BatchSize: 7},
			people.Registry{}, &people.Post{Instead: writeChange})
		if err != nil {
			t.Fatal(err)
		}
		return app
	}
	app := open()
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	rnd := rand.New(rand.NewPCG(seed, 13))
	model := changeModel{rows: map[int64]int{}, history: map[int64][]int64{}}
	for step := range 8 {
		var events []brook.Outgoing
		for range 30 {
			op, id := changeKinds[rnd.IntN(len(changeKinds))], rnd.Int64N(5)
			model.apply(op, id)
			events = append(events, brook.Emit(people.Wrote{To: "post", Text: fmt.Sprint(op, " ", id)}))
		}
		if _, err := app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
			for _, e := range events {
				if !yield(e) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		model.compare(t, fmt.Sprint("step ", step), app)
	}
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	model.compare(t, "rebuilt", app)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = open()
	model.compare(t, "opened again", app)
}

// changeKinds are the first letters of changes.
const changeKinds = "cdimo"

// writeChange makes the change that a letter names by its kind and the row's key.
func writeChange(
	e brook.Event[people.Wrote], _ brook.View[int64, people.Person],
	_ brook.Index[people.Email, int64, people.Person],
) (c brook.Change[int64, people.Person], effect brook.Effect, err error) {
	var op rune
	var id int64
	if _, err := fmt.Sscanf(e.Data.Text, "%d %d", &op, &id); err != nil {
		return c, nil, err
	}
	count := func(p *people.Person) {
		p.Letters++
		p.Email = addressOf(id, p.Letters)
	}
	person := people.Person{ID: id, Letters: 100, Email: addressOf(id, 100)}
	switch op {
	case 'c':
		c = brook.Create(id, person)
	case 'd':
		c = brook.Delete[people.Person](id)
	case 'i':
		c = brook.Insert(id, person)
	case 'm':
		c = brook.Merge(id, count)
	case 'o':
		c = brook.Modify(id, count)
	}
	return c, nil, nil
}

func addressOf(id int64, letters int) people.Email {
	return people.Email(fmt.Sprintf("%d@%d", id, letters))
}

// changeModel is what rows and histories are to be: letters and offsets.
type changeModel struct {
	rows    map[int64]int
	history map[int64][]int64
	offset  int64
}

func (m *changeModel) apply(op byte, id int64) {
	offset := m.offset
	m.offset++
	letters, there := m.rows[id]
	switch {
	case op == 'd':
		delete(m.rows, id)
		delete(m.history, id)
		return
	case op == 'i' && there, op == 'o' && !there:
		return
	case op == 'c', op == 'i':
		m.rows[id] = 100
	default:
		m.rows[id] = letters + 1
	}
	m.history[id] = append(m.history[id], offset)
}

func (m *changeModel) compare(t *testing.T, when string, app *people.App) {
	t.Helper()
	rows, history := map[int64]int{}, map[int64][]int64{}
	for e, err := range app.Views.People.All() {
		if err != nil {
			t.Fatal(err)
		}
		rows[e.Key] = e.Value.Letters
		p, err := app.Views.People.ByEmail(addressOf(e.Key, e.Value.Letters))
		if err != nil || p.ID != e.Key {
			t.Errorf("%s: by the address of %d: %d, %v", when, e.Key, p.ID, err)
		}
	}
	for id := range int64(5) {
		events, err := app.Views.People.Events(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			history[id] = append(history[id], e.Position.Offset)
		}
	}
	if !reflect.DeepEqual(rows, m.rows) || !reflect.DeepEqual(history, m.history) {
		t.Fatalf("%s: rows are %v, want %v; histories are %v, want %v",
			when, rows, m.rows, history, m.history)
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("%s: letter %v, %v", when, l.Error, err)
	}
}
