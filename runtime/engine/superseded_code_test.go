package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Rule 40: code that another version overtook commits nothing more, whatever way its events take:
// here one that strays runs alone after the state was read anew.
func TestOvertakenCodeCommitsNoStrays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		version := func(newer bool,
			by int) (*engine.Definition, *typed.Collection[string, tally], *brook.EventDef) {
			def, rows := tallies(newer, false)
			added := taggingEvent("added")
			for i := range def.Handlers {
				def.Handlers[i].Partitioned = true
			}
			def.Lane = func(tx *engine.Tx) func(*engine.Delivery) {
				at := typed.RowsOf(tx, 0, rows)
				return func(m *engine.Delivery) {
					if e := engine.Decode[tagging](m, added); e != nil {
						m.Handle(0, func(context.Context) error {
							k := e.Data.ID
							if e.Data.Tag != "" {
								k = e.Data.Tag // strays
							}
							at.Apply(brook.Merge(k, func(v *tally) { v.N += by }))
							return nil
						})
					}
				}
			}
			return def, rows, added
		}
		d, s := memdriver.New(memdriver.Partitions(2)), newShared()
		def1, _, added := version(false, 1)
		def2, rows, _ := version(true, 1000)
		for _, e := range []tagging{{ID: "a"}, {ID: "a", Tag: "other"}} {
			data, _ := json.Marshal(e)
			r := brook.Record{Topic: "ledger", Key: []byte(e.ID)}
			if err := (brook.CloudEvents{}).
				Wrap(&brook.Message{ID: fmt.Sprint(e), Type: "added", Author: "x", Time: time.Unix(1,
					0), Data: data}, &r); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Publish(t.Context(), []brook.Record{r}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var old *engine.App
		var once sync.Once
		var view brook.View[string, tally]
		c := config(d, s)
		c.Hooks.Commit = func(e brook.Commit) {
			if e.Events == 0 {
				return
			}
			once.Do(func() {
				c2 := config(d, s)
				c2.OnStale = brook.GoOn
				two, err := engine.NewApp(c2, def2)
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { two.Close() })
				view = typed.ViewOf(two.Source(), 0, rows)
				if err := engine.Process(ctx, two, added, &tagging{ID: "z"}); err != nil { // claims
					t.Error(err)
				}
				// It is refused, and reads the state anew, as the news of a store do.
				_ = engine.Process(ctx, old, added, &tagging{ID: "z"})
			})
			if e.Strays > 0 {
				cancel()
			}
		}
		c.Hooks.Failure = func(f brook.Failure) {
			if f.What == "folding" && f.Final { // it stands aside
				cancel()
			}
		}
		var err error
		if old, err = engine.NewApp(c, def1); err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		if err := old.Run(ctx); err != nil {
			t.Error(err)
		}
		if v, err := view.Get("other"); err == nil && v.N > 0 {
			t.Errorf("older code folded an event into the views that the newer code claimed: %+v", v)
		}
	})
}
