package parked

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

var (
	in     = partition.ID{Topic: "in"}
	now    = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	places = NewPlaces(schema.NewLayout([]schema.Collection{{
		Name: "users", Shape: "string",
		Indexes: []schema.Index{{Field: "Email", Shape: "string"}},
	}}))
)

// event is the event of set S at an offset, with a key, that misses rows of users.
func event(offset int64, k string, missed ...string) *Event {
	l := deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: in.At(offset), Set: "S", Key: []byte(k), ID: fmt.Sprint(offset), Attempts: 1,
		Record: brook.Record{Value: []byte("v"), Time: now}, Time: now,
	}}
	var rows []Row
	for _, m := range missed {
		rows = append(rows, places.Row(0, key.AppendString(nil, m)))
	}
	return New(l, rows, now.Add(time.Duration(offset)))
}

// journal returns one over empty events.
func journal() *Journal {
	j := &Journal{}
	j.On(NewEvents(places, []string{"S", "T"}))
	return j
}

// text returns what is parked, as "offset missed", with "!" for what is due.
func text(x *Events) string {
	var all []string
	for _, e := range x.All() {
		one := fmt.Sprint(e.Position.Offset, " ", len(e.Missed))
		if e.Due != nil {
			one += "!"
		}
		all = append(all, one)
	}
	return strings.Join(all, ", ")
}

func want(t *testing.T, x *Events, events string) {
	t.Helper()
	if got := text(x); got != events {
		t.Errorf("parked are %q, want %q", got, events)
	}
}

func row(name string) []byte { return key.AppendString(nil, name) }

// A stored event comes back as it was.
func TestStored(t *testing.T) {
	e := event(3, "k", "a", "b")
	e = e.with(func(c *Event) { c.Due, c.Reported = &Due{By: in.At(9), Silent: true}, true })
	w := e.Write("t")
	again, err := Decode(brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}})
	if err != nil || !reflect.DeepEqual(e, again) {
		t.Errorf("%v\n%+v\nwas\n%+v", err, again, e)
	}
	if _, err := Decode(brook.Row{Value: brook.Value{Data: []byte("{")}}); err == nil {
		t.Error("what is damaged is decoded")
	}
}

// A row wakes those that miss it, and an index those that miss its value, whatever row has it.
func TestAppeared(t *testing.T) {
	j := journal()
	j.Park(event(1, "k", "a"))
	j.Park(event(2, "l", "b"))
	byIndex := event(3, "m")
	byIndex.Missed = []Row{places.Row(1, row("mail"))}
	j.Park(byIndex)
	j.Appeared(0, row("c"), Due{})
	want(t, j.Events(), "1 1, 2 1, 3 1")
	j.Appeared(0, row("b"), Due{By: in.At(7)})
	j.Appeared(1, append(row("mail"), row("u")...), Due{By: in.At(8)})
	want(t, j.Events(), "1 1, 2 1!, 3 1!")
	first := j.Events().Due(in)
	if first == nil || first.Position.Offset != 2 || first.Due.By != in.At(7) {
		t.Errorf("due first is %+v", first)
	}
	if low, ok := j.Events().Owing(in, false); !ok || low != 7 {
		t.Errorf("the lowest that woke one is %d, %t", low, ok)
	}
}

// What waits behind an event is due once that is gone, and if it may make appear what the event
// waits for now.
func TestBehind(t *testing.T) {
	j := journal()
	j.Park(event(1, "k", "a"))
	j.Park(event(2, "k"))
	j.Park(event(3, "k", "b"))
	if at, ok := j.Events().Ahead(in, "S", []byte("k"), 3); !ok || at.Offset != 2 {
		t.Errorf("ahead of 3 is %v, %t", at, ok)
	}
	if _, ok := j.Events().Ahead(in, "T", []byte("k"), 3); ok {
		t.Error("an event waits for another set")
	}
	first := j.Events().Get(event(1, "k").Key())
	j.Stays(first, first.Letter, first.Missed)
	want(t, j.Events(), "1 1, 2 0, 3 1") // it waits for the same
	j.Stays(first, first.Letter, event(1, "k", "c").Missed)
	want(t, j.Events(), "1 1, 2 0!, 3 1")
	second := j.Events().Get(event(2, "k").Key())
	j.Stays(second, second.Letter, nil)
	want(t, j.Events(), "1 1, 2 0, 3 1")
	if !j.Events().Misses(in, "S", []byte("k"), 2, 0, row("c")) ||
		j.Events().Misses(in, "S", []byte("k"), 1, 0, row("c")) {
		t.Error("who is ahead misses its row, and nobody else")
	}
	j.Removed(j.Events().Get(first.Key()), Due{})
	want(t, j.Events(), "2 0!, 3 1")
	j.Removed(j.Events().Get(second.Key()), Due{})
	want(t, j.Events(), "3 1") // it waits for its row
}

// Undo and Redo take all changes back and make them again, whatever they are; what is written is
// the last of each event.
func TestJournal(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		j := journal()
		for range rnd.IntN(6) {
			j.Park(event(rnd.Int64N(9), "k", "a"))
		}
		j.Forget()
		before := text(j.Events())
		stored := map[string]bool{}
		for _, e := range j.Events().All() {
			stored[string(e.Key())] = true
		}
		for range rnd.IntN(9) {
			e := event(rnd.Int64N(9), "k", "b")
			old := j.Events().Get(e.Key())
			switch rnd.IntN(4) {
			case 0:
				j.Appeared(0, row("a"), Due{})
			case 1:
				if old != nil {
					j.Removed(old, Due{})
				}
			case 2:
				if old != nil {
					j.Report(old)
				}
			default:
				if old == nil {
					j.Park(e)
				}
			}
		}
		after := text(j.Events())
		for _, w := range j.Writes(nil, Tables{Events: "e", Letters: "l"},
			func([]byte) bool { return false }) {
			if w.Table == "e" {
				stored[string(w.Key)] = w.Op == brook.Put
			}
		}
		n := 0
		for _, there := range stored {
			if there {
				n++
			}
		}
		if len(j.Events().All()) != n {
			t.Errorf("seed %d: %d are stored, and parked are %q", seed, n, after)
		}
		j.Undo()
		want(t, j.Events(), before)
		j.Redo()
		want(t, j.Events(), after)
		j.Undo()
		j.Forget()
		want(t, j.Events(), before)
		for _, e := range j.Events().All() {
			j.Removed(e, Due{})
		}
		x := j.Events()
		if !x.Empty() || len(x.of)+len(x.rows)+len(x.all) > 0 || x.AnyDue() {
			t.Fatalf("seed %d: something is left: %+v", seed, x)
		}
	}
}

// The event that waits for the longest is reported first, once.
func TestOverdue(t *testing.T) {
	j := journal()
	j.Park(event(5, "k", "a"))
	j.Park(event(2, "l", "a"))
	e := j.Events().Overdue(in)
	if e == nil || e.Position.Offset != 2 {
		t.Fatalf("overdue first is %+v", e)
	}
	j.Report(e)
	if n, reported := j.Events().Len(in); n != 2 || reported != 1 || len(j.Reported()) != 1 {
		t.Errorf("%d of %d are reported, %v", reported, n, j.Reported())
	}
	if e = j.Events().Overdue(in); e == nil || e.Position.Offset != 5 {
		t.Errorf("overdue next is %+v", e)
	}
}
