package outbox

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// What goes to one destination keeps its order while it fails, also with what comes later, and all
// else is published past it.
func TestOrderOfADestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.down["a/0"] = true
		for offset := range int64(2) {
			commit(r.Outbox, in, offset, "a", "b")
		}
		published, failing, recovered := r.try(false)
		want(t, "published", published, "0:0>b/0 0:1>b/0")
		want(t, "recovered", len(recovered), 0)
		if len(failing) != 1 || failing[0].Topic != "a" || failing[0].Tries != 1 {
			t.Fatalf("failing: %+v", failing)
		}
		want(t, "why", failing[0].Err, errAway)
		commit(r.Outbox, in, 2, "a", "b")
		published, failing, _ = r.try(false)
		want(t, "published past it", published, "0:2>b/0")
		want(t, "tried again before its time", len(failing), 0)
		want(t, "queued", r.Queued(), 0)
		want(t, "wait", r.Depth(in), 3)

		wait := r.Next()
		if wait <= 0 || wait > policy.Min {
			t.Fatalf("next try in %s", wait)
		}
		time.Sleep(wait)
		if _, failing, _ = r.try(false); len(failing) != 1 || failing[0].Tries != 2 {
			t.Fatalf("failing again: %+v", failing)
		}
		if longer := r.Next(); longer <= policy.Min {
			t.Errorf("next try in %s, no later than before", longer)
		}
		delete(r.down, "a/0")
		published, _, recovered = r.try(true)
		want(t, "published in the end", published, "0:0>a/0 0:1>a/0 0:2>a/0")
		if len(recovered) != 1 || recovered[0].Tries != 2 {
			t.Errorf("recovered: %+v", recovered)
		}
		want(t, "next try", r.Next(), 0)
		want(t, "wait in the end", r.Depth(in), 0)
	})
}

// What fails in the middle of many is tried again before what waits behind it, a flight at a time.
func TestOrderOfManyFlights(t *testing.T) {
	r := newRig()
	r.down["a/0"] = true
	const many = 2*flightSize + 7
	for offset := range int64(many) {
		commit(r.Outbox, in, offset, "a")
	}
	for r.Queued() > 0 {
		r.try(false)
	}
	delete(r.down, "a/0")
	next := int64(0)
	for flights := 0; r.Next() > 0; flights++ {
		if flights > 3 {
			t.Fatal("too many flights")
		}
		var failed map[*Item]error
		for i, item := range r.Take(time.Now(), flights == 0) { // it works: no wait for the rest
			if flights == 0 && i >= 10 { // the driver fails again
				if failed == nil {
					failed = map[*Item]error{}
				}
				failed[item] = errAway
				continue
			}
			want(t, "offset", item.Position.Offset, next)
			next++
		}
		r.Land(failed, policy)
		for _, d := range r.destinations.failing {
			if flights == 0 {
				d.next = time.Time{}
			}
		}
	}
	want(t, "published", next, many)
	want(t, "wait", r.Depth(in), 0)
	want(t, "late", r.destinations.late[in], 0)
}

// What goes to a partition does not overtake what goes to the same topic while nobody knows the
// partition; once that is known, it goes behind what waits there already.
func TestUnknownPartitions(t *testing.T) {
	r := newRig()
	unknown := emitted(in, 0, "a")
	unknown.Record.Placed = false
	r.Add(unknown)
	r.down["a"] = true
	r.wantTry(t, "")
	r.Add(emitted(in, 1, "a"), emitted(in, 2, "b"))
	r.wantTry(t, "0:2>b/0")

	batch := r.Take(time.Now(), true)
	want(t, "in flight", len(batch), 2)
	batch[0].Record.Placed = true // the publisher found it
	want(t, "blocked at its new destination", r.Blocked(batch[0]), false)
	r.Land(map[*Item]error{batch[0]: errAway, batch[1]: errAway}, policy)
	r.wantTry(t, "0:0>a/0 0:1>a/0")

	waits := emitted(in, 3, "c")
	r.Add(waits)
	r.down["c/0"] = true
	r.wantTry(t, "")
	want(t, "blocked where it waits itself", r.Blocked(waits), false)
	late := emitted(in, 4, "c")
	late.Record.Placed = false
	r.Add(late)
	r.Take(time.Now(), false)
	late.Record.Placed = true
	want(t, "blocked behind others", r.Blocked(late), true)
	r.Land(map[*Item]error{late: errAway}, policy)
	delete(r.down, "c/0")
	r.wantTry(t, "0:3>c/0 0:4>c/0")
}

// Whatever fails when, each destination gets each emission once and in order.
func TestOrderWithRandomFailures(t *testing.T) {
	for seed := range uint64(200) {
		n := seed
		random := func(below uint64) uint64 { // an LCG: the same in every run
			n = n*6364136223846793005 + 1442695040888963407
			return (n >> 33) % below
		}
		r := newRig()
		next := map[string]int{}
		sent := map[string]int{}
		step := func(fail bool) {
			failed := map[*Item]error{}
			down := map[string]bool{}
			for _, item := range r.Take(time.Now(), random(2) == 0) {
				if item.IsCheckpoint() {
					continue
				}
				target := item.Target()
				if _, known := down[target]; !known {
					down[target] = fail && random(3) == 0
				}
				if down[target] = down[target] || fail && random(9) == 0; down[target] {
					failed[item] = errAway
					continue
				}
				want(t, fmt.Sprintf("seed %d: %s", seed, target), item.Ordinal, next[target])
				next[target]++
			}
			r.Land(failed, brook.Retry{})
		}
		for offset := range int64(30) {
			item := emitted(in, offset, string(rune('a'+random(4))))
			item.Ordinal = sent[item.Target()] // its place
			sent[item.Target()]++
			r.Add(item)
			if random(2) == 0 {
				step(true)
			}
		}
		for range 3 {
			step(false)
			for _, d := range r.destinations.failing {
				d.next = time.Time{}
			}
		}
		for target, n := range sent {
			want(t, fmt.Sprintf("seed %d: published to %s", seed, target), next[target], n)
		}
		want(t, "wait", r.Depth(in)+r.destinations.late[in]+len(r.destinations.failing), 0)
	}
}

// A destination that fails is tried again after longer and longer, and is gone once nothing waits.
func TestDestinationAlone(t *testing.T) {
	s := newDestinations()
	try := func(items []*Item, fails bool) *Destination {
		again := map[*Destination][]*Item{}
		for _, i := range items {
			if i.at != nil && again[i.at] == nil {
				again[i.at] = []*Item{}
			}
			if fails {
				s.fail(i, errAway, again)
			} else {
				s.leave(i)
			}
		}
		for d, items := range again {
			s.endTry(d, items, policy)
			return d
		}
		return nil
	}
	first, second := emitted(in, 0, "a"), emitted(in, 1, "a")
	want(t, "before it fails", s.of(first) == nil && s.wait() == 0, true)
	d := try([]*Item{first}, true)
	want(t, "name", d.Topic+" "+d.name, "a a/0")
	want(t, "waits for it", s.of(second) == d && s.of(emitted(in, 1, "b")) == nil, true)
	want(t, "blocks others alone", s.blocks(second) && !s.blocks(first), true)
	s.enqueue(d, second)
	want(t, "late", s.late[in], 2)
	if wait := s.wait(); wait <= 0 || wait > policy.Min {
		t.Errorf("the first pause is %s", wait)
	}
	want(t, "before the pause is over", len(s.take(nil, time.Now(), false)), 0)
	taken := s.take(nil, time.Now().Add(policy.Min), false)
	want(t, "after it", len(taken), 2)
	try(taken, true)
	want(t, "tries", d.Tries, 2)
	want(t, "in order", d.items[0] == first && d.items[1] == second, true)
	if wait := s.wait(); wait <= policy.Min {
		t.Errorf("the second pause is %s", wait)
	}
	try(s.take(nil, time.Now(), true), false)
	want(t, "in the end", len(s.failing)+s.late[in], 0)
}
