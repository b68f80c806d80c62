package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// tagging is the payload of both events, and tally the row, of a package of which there are several
// versions.
type tagging struct{ ID, Tag string }

type tally struct {
	ID  string
	N   int
	Tag string
}

func taggingEvent(typ string) *brook.EventDef {
	return typed.Event[tagging]{Type: typ, Shape: "string",
		AppendKey: func(dst []byte, e *tagging) []byte { return key.AppendString(dst, e.ID) },
		Append: func(dst []byte, e *tagging) ([]byte, error) {
			b, err := json.Marshal(e)
			return append(dst, b...), err
		},
		Decode: func(data []byte) (e tagging, err error) {
			err = json.Unmarshal(data, &e)
			return e, err
		}}.Def()
}

// tallies is a version of the package: the newer one handles a further event, and has an index.
func tallies(newer, index bool) (*engine.Definition, *typed.Collection[string, tally]) {
	added, tagged := taggingEvent("added"), taggingEvent("tagged")
	rows := &typed.Collection[string, tally]{Name: "tallies", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
		Key: func(v *tally) *string { return &v.ID }}
	if index {
		rows.Indexes = []typed.IndexDef[tally]{{Field: "Tag", Shape: "string", Entries: func(v *tally, e *brook.Entries) {
			if v.Tag != "" {
				e.Add(key.AppendString(e.Bytes(), v.Tag))
			}
		}}}
	}
	def := &engine.Definition{Sets: []string{"Set"}, Collections: []*brook.Collection{rows.Def()},
		Events:   []*brook.EventDef{added, tagged},
		Handlers: []engine.Handler{{Name: "Added", Event: "added", Writes: []int{0}}}}
	if newer {
		def.Handlers = append(def.Handlers,
			engine.Handler{Name: "Tagged", Event: "tagged", Writes: []int{0}})
	} else {
		def.Discards = []string{"tagged"}
	}
	def.EventOf = func(data any) *brook.EventDef {
		if _, ok := data.(*tagging); ok {
			return added
		}
		return nil
	}
	def.Lane = func(tx *engine.Tx) func(*engine.Delivery) {
		at := typed.RowsOf(tx, 0, rows)
		return func(m *engine.Delivery) {
			switch typ := m.Type(); {
			case typ == "added" || typ == "tagged" && newer:
				event := added
				if typ == "tagged" {
					event = tagged
				}
				if e := engine.Decode[tagging](m, event); e != nil {
					m.Handle(0, func(context.Context) error {
						at.Apply(brook.Merge(e.Data.ID, func(v *tally) {
							v.N++
							if newer { // the handler was changed
								v.Tag = e.Data.Tag
							}
						}))
						return nil
					})
				}
			case typ == "tagged":
				m.Discard()
			default:
				m.Unknown()
			}
		}
	}
	return def, rows
}

// Versions of one package over one store, killed at any commit in any order: at the end the views
// equal one pass of the newer code, and its index leads to all rows (rules 27 and 40).
func TestVersionsKilledAtRandom(t *testing.T) {
	for round := range uint64(30) {
		rnd := rand.New(rand.NewPCG(round, 40))
		d, s := memdriver.New(memdriver.Topic("ledger", 3)), newShared()
		publish := func(n int) {
			for range n {
				c := tagging{fmt.Sprint(rnd.IntN(40)), fmt.Sprint(rnd.IntN(5))}
				typ := []string{"added", "tagged"}[rnd.IntN(2)]
				data, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				r := brook.Record{Topic: "ledger", Key: []byte(c.ID)}
				err = brook.CloudEvents{}.Wrap(&brook.Message{ID: fmt.Sprint(rnd.Uint64()), Type: typ, Author: "ledger", Time: time.Unix(1, 0), Data: data}, &r)
				if err == nil {
					_, err = d.Publish(t.Context(), []brook.Record{r})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		publish(100)
		kinds := [][2]bool{{false, false}, {true, true}}
		if round%2 == 0 {
			kinds[0] = [2]bool{true, false} // the index alone is new
		}
		for range 12 {
			kind := kinds[rnd.IntN(2)]
			fault := storetest.NewFault([]storetest.FaultKind{storetest.CrashBefore, storetest.CrashAfter}[rnd.IntN(2)], 1+rnd.IntN(12), storetest.OpCommit)
			c := config(d, storetest.Faulty(s, fault))
			c.BatchSize = 1 + rnd.IntN(20)
			if rnd.IntN(3) == 0 {
				c.OnStale = brook.GoOn
				if kinds[0][0] != kinds[1][0] {
					c.OnStale = ""
				}
			}
			def, _ := tallies(kind[0], kind[1])
			ctx, cancel := fault.Until(t.Context())
			if app, err := engine.NewApp(c, def); err == nil {
				if err := app.CatchUp(ctx); err != nil && !fault.Crashed() {
					t.Errorf("round %d: %v", round, err)
				}
				app.Close()
			}
			cancel()
			publish(rnd.IntN(20))
		}
		view := func(s brook.Store) (map[string]tally, map[string]int) {
			def, rows := tallies(true, true)
			app, err := engine.NewApp(config(d, s), def)
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			v := typed.ViewOf(app.Source(), 0, rows)
			all, err := brook.Map(v.All())
			found := map[string]int{}
			for n := range 5 {
				for e, ferr := range typed.IndexOf(v, 0,
					key.AppendString[string]).All(fmt.Sprint(n)) {
					if err = errors.Join(err, ferr); e.Value.Tag != fmt.Sprint(n) {
						t.Errorf("round %d: by tag %d there is %+v", round, n, e.Value)
					}
					found[fmt.Sprint(n)]++
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			return all, found
		}
		got, gotFound := view(s)
		want, wantFound := view(mapstore.New())
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotFound, wantFound) {
			t.Fatalf("round %d:\n got %v %v\nwant %v %v", round, got, gotFound, want, wantFound)
		}
	}
}
