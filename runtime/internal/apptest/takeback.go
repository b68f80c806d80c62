package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/pack"
)

// badge is an event and a row of a package whose tag is indexed, or unique.
type badge struct{ ID, Tag string }

// badges returns the package, as it is with the unique tag or without.
func badges(unique bool) (*engine.Definition, *typed.Collection[string, badge]) {
	event := &typed.Event[badge]{Type: "badge", Shape: "string",
		AppendKey: func(dst []byte, e *badge) []byte {
			return key.AppendString(dst, e.ID)
		},
		Decode: func(data []byte) (e badge, err error) {
			err = json.Unmarshal(data, &e)
			return e, err
		}}
	rows := &typed.Collection[string, badge]{Name: "badges", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
		Key: func(v *badge) *string {
			return &v.ID
		}, Schema: "{ID string,Tag string}", Pack: func(c *pack.Coder, v *badge) {
			c.Struct(2)
			c.String(&v.ID)
			c.String(&v.Tag)
		},
		Indexes: []typed.IndexDef[badge]{{Field: "Tag", Shape: "string", Unique: unique,
			Entries: func(v *badge, e *brook.Entries) {
				e.Add(key.AppendString(e.Bytes(), v.Tag))
			}}}}
	def := &engine.Definition{Sets: []string{"Set"}, Collections: []*brook.Collection{rows.Def()},
		Events:   []*brook.EventDef{event.Def()},
		Handlers: []engine.Handler{{Name: "Badge", Event: "badge", Writes: []int{0}}}}
	def.Lane = func(tx *engine.Tx) func(*engine.Delivery) {
		at := typed.RowsOf(tx, 0, rows)
		return func(m *engine.Delivery) {
			if e := engine.Decode[badge](m, event.Def()); e != nil {
				m.Handle(0, func(context.Context) error {
					at.Apply(brook.Create(e.Data.ID, e.Data))
					return nil
				})
			}
		}
	}
	return def, rows
}

// UniqueTakenBack makes an index unique over a store whose rows don't allow that, which is refused,
// and takes it back: the index has all rows all the time, those that come later too.
func UniqueTakenBack(t *testing.T, s brook.Store) {
	t.Helper()
	d := memdriver.New(memdriver.Topic("badges", 1))
	n := 0
	publish := func(tag string) {
		t.Helper()
		n++
		data, err := json.Marshal(badge{fmt.Sprintf("%03d", n), tag})
		r := brook.Record{Topic: "badges", Key: fmt.Appendf(nil, "%03d", n)}
		if err == nil {
			err = brook.CloudEvents{}.Wrap(&brook.Message{ID: fmt.Sprint(n), Type: "badge",
				Author: "badges", Time: time.Unix(1, 0), Data: data}, &r)
		}
		if err == nil {
			_, err = d.Publish(t.Context(), []brook.Record{r})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run := func(unique bool) (letters int, byTag map[string]int, err error) {
		t.Helper()
		def, rows := badges(unique)
		app, err := engine.NewApp(brook.Config{Author: "badges", Driver: d, Store: s,
			Log: slog.New(slog.DiscardHandler), OnStale: brook.Fail,
			Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}, def)
		if err != nil {
			t.Fatal(err)
		}
		err = app.CatchUp(t.Context())
		for _, lerr := range app.DeadLetters() {
			if letters++; lerr != nil {
				t.Error(lerr)
			}
		}
		byTag = map[string]int{}
		index := typed.IndexOf(typed.ViewOf(app.Source(), 0, rows), 0, key.AppendString[string])
		for _, tag := range []string{"a", "b", "c"} {
			for _, ierr := range index.All(tag) {
				if byTag[tag]++; ierr != nil {
					byTag[tag] = -1
					break
				}
			}
		}
		if cerr := app.Close(); cerr != nil {
			t.Error(cerr)
		}
		return letters, byTag, err
	}
	holds := func(unique bool, letters, a, b, c int) {
		t.Helper()
		l, by, err := run(unique)
		if err != nil || l != letters || by["a"] != a || by["b"] != b || by["c"] != c {
			t.Errorf("unique %t: %v, %d letters, by tag %v; want %d, a %d, b %d, c %d", unique, err,
				l, by, letters, a, b, c)
		}
	}
	for range 20 {
		publish("a")
	}
	for range 10 {
		publish("b")
	}
	holds(false, 0, 20, 10, 0)
	for range 2 {
		if _, _, err := run(true); !errors.Is(err, brook.ErrUnique) {
			t.Errorf("two rows have one tag: %v, want ErrUnique", err)
		}
	}
	holds(false, 0, 20, 10, 0)
	publish("c")
	holds(false, 0, 20, 10, 1)
}
