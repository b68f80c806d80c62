package task_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/key"
)

// earlyNames are the rows that events need and make; "-" is none.
var earlyNames = []string{"-", "a", "b", "c", "d"}

// earlyRig has set S need one row, and make another: an event is "needs makes".
func earlyRig(t *testing.T, store *tasktest.Store) *tasktest.Rig {
	r := tasktest.Claimed(t, store, nil)
	for _, needs := range earlyNames {
		for _, makes := range earlyNames {
			r.Do["S "+needs+makes] = func(d *delivery.Delivery) error {
				if needs != "-" {
					if _, err := d.Tx.Get(0, key.AppendString(nil, needs)); err != nil {
						return brook.Early(err)
					}
				}
				if makes != "-" {
					tasktest.Count(d, makes)
				}
				tasktest.Count(d, string(d.Record.Key)+"S")
				return nil
			}
		}
	}
	return r
}

// earlyModel is a naive model: it looks through all parked events again and again.
type earlyModel struct {
	rows   map[string]int
	parked []*earlyEvent // in log order
}

type earlyEvent struct {
	offset            int
	key, needs, makes string
	missed            string // "": it waits behind another one
	again             bool   // what is ahead waits for another row than when it ran last
}

func (m *earlyModel) ahead(e *earlyEvent) (all []*earlyEvent) {
	for _, p := range m.parked {
		if p.key == e.key && p.offset < e.offset {
			all = append(all, p)
		}
	}
	return all
}

// run runs an event, and reports whether it was applied.
func (m *earlyModel) run(e *earlyEvent) bool {
	e.again = false
	before := e.missed
	if e.needs != "-" && m.rows[e.needs] == 0 {
		if e.missed = e.needs; e.missed != before {
			for _, p := range m.parked {
				p.again = p.again || p.key == e.key && p.offset > e.offset && p.missed == ""
			}
		}
		return false
	}
	ahead := m.ahead(e)
	if len(ahead) > 0 && !slices.ContainsFunc(ahead, func(p *earlyEvent) bool {
		return p.missed != "" && p.missed == e.makes
	}) {
		e.missed = ""
		return false
	}
	if e.makes != "-" {
		m.rows[e.makes]++
	}
	m.rows[e.key+"S"]++
	return true
}

// process folds an event, and then all that it wakes.
func (m *earlyModel) process(e *earlyEvent) {
	m.rows[e.key+"T"]++
	if !m.run(e) {
		m.parked = append(m.parked, e)
	}
	for m.wake() {
	}
}

// wake runs the first parked event that is due, and reports whether there was one.
func (m *earlyModel) wake() bool {
	for i, e := range m.parked {
		first := len(m.ahead(e)) == 0
		if e.missed != "" && m.rows[e.missed] > 0 || e.missed == "" && (first || e.again) {
			if m.run(e) {
				m.parked = slices.Delete(m.parked, i, i+1)
			}
			return true
		}
	}
	return false
}

func (m *earlyModel) String() string {
	var all []string
	for row, n := range m.rows {
		if n > 0 {
			all = append(all, fmt.Sprintf("%s:%d", row, n))
		}
	}
	slices.Sort(all)
	for _, e := range m.parked {
		all = append(all, fmt.Sprintf("%d %s", e.offset, e.missed))
	}
	return strings.Join(all, " ")
}

// shown is what a task made of events, in the form of the model.
func shown(r *tasktest.Rig, events []*parked.Event) string {
	all := strings.Fields(r.Rows())
	slices.Sort(all)
	for _, e := range events {
		missed := ""
		if len(e.Missed) > 0 {
			missed, _ = key.DecodeString[string](e.Missed[0].Key)
		}
		all = append(all, fmt.Sprintf("%d %s", e.Position.Offset, missed))
	}
	return strings.Join(all, " ")
}

// Events that need rows and make some, in a random order, come to what a naive model comes to, in
// batches of any size, and whenever the task begins anew.
func TestEarlyEqualsANaiveModel(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 37))
		r := earlyRig(t, tasktest.NewStore(seed%2 == 0))
		r.Config.BatchSize = 1 + rnd.IntN(6)
		r.Config.MaxDeadLetters = 1000
		tk := r.Task(1)
		m := &earlyModel{rows: map[string]int{}}
		for offset := 0; offset < 60; {
			for range 1 + rnd.IntN(5) {
				e := &earlyEvent{
					offset: offset, key: string(rune('x' + rnd.IntN(3))),
					needs: earlyNames[rnd.IntN(5)], makes: earlyNames[rnd.IntN(3+offset/30)],
				}
				offset++
				m.process(e)
				tasktest.Append(tk.Partitions[0], e.key+" "+e.needs+e.makes)
			}
			if err := r.Fold(tk); err != nil {
				t.Fatal(err)
			}
			events, err := r.Letters.Parked(t.Context(), r.Catalog.Live())
			if err != nil {
				t.Fatal(err)
			}
			if got, want := shown(r, events), m.String(); got != want {
				t.Fatalf("seed %d, %d events: stored is\n%s, want\n%s", seed, offset, got, want)
			}
			if got, want := shown(r, r.Parked.All()), m.String(); got != want {
				t.Fatalf("seed %d, %d events: memory has\n%s, want\n%s", seed, offset, got, want)
			}
			if rnd.IntN(4) == 0 {
				r.Parked.Replace(events)
			}
		}
		if letters := r.Lettered(); letters != "" {
			t.Errorf("seed %d: letters %s", seed, letters)
		}
	}
}

// What a parked event asks for when it runs at last is in the batch, although it emits nothing.
func TestWokenAsksForAJob(t *testing.T) {
	r := earlyRig(t, tasktest.NewStore(false))
	early := true
	r.Do["S job"] = func(d *delivery.Delivery) error {
		if _, err := d.Tx.Get(0, key.AppendString(nil, "a")); early {
			return brook.Early(err)
		}
		d.Requests = append(d.Requests, delivery.Emission{Set: d.Set})
		return nil
	}
	tk := r.Task(1)
	tasktest.Append(tk.Partitions[0], "k job")
	if err := r.Fold(tk); err != nil {
		t.Fatal(err)
	}
	all := r.Parked.All()
	if len(all) != 1 {
		t.Fatalf("%d events are parked", len(all))
	}
	early = false
	what, applied, err := tk.ProcessParked(t.Context(), &tk.Partitions[0].Partition, all[0], 0)
	if err != nil || !applied || len(tk.Batch.Jobs) != 1 {
		t.Errorf("outcome %d, applied %t, %v, %d jobs", what, applied, err, len(tk.Batch.Jobs))
	}
}
