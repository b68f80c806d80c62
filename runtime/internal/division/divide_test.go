package division_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// owners returns the owner of each place, and fails if a place has two.
func owners(t *testing.T, parts map[string][]division.Place) map[division.Place]string {
	t.Helper()
	all := map[division.Place]string{}
	for id, part := range parts {
		if !slices.IsSortedFunc(part, division.Place.Compare) {
			t.Fatalf("%s has %v, which is not in order", id, part)
		}
		for _, p := range part {
			if other, ok := all[p]; ok {
				t.Fatalf("%v belongs to %s and %s", p, other, id)
			}
			all[p] = id
		}
	}
	return all
}

// numbers returns how many numbers each member has.
func numbers(parts map[string][]division.Place) map[string]int {
	n := map[string]int{}
	for id, part := range parts {
		of := map[int32]bool{}
		for _, p := range part {
			of[p.Number] = true
		}
		n[id] = len(of)
	}
	return n
}

func shuffled(rnd *rand.Rand, members []division.Member) []division.Member {
	members = slices.Clone(members)
	rnd.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	for i := range members {
		m := &members[i]
		m.Topics, m.Owned = slices.Clone(m.Topics), slices.Clone(m.Owned)
		rnd.Shuffle(len(m.Topics), func(i, j int) {
			m.Topics[i], m.Topics[j] = m.Topics[j], m.Topics[i]
		})
		rnd.Shuffle(len(m.Owned), func(i, j int) {
			m.Owned[i], m.Owned[j] = m.Owned[j], m.Owned[i]
		})
	}
	return members
}

// Members of the same topics come and go, and topics grow.
func TestDivideAlike(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		counts := map[string]int32{}
		var topics []string
		for i := range 1 + rnd.IntN(3) {
			topics = append(topics, fmt.Sprint("t", i))
			counts[topics[i]] = int32(1 + rnd.IntN(12))
		}
		parts := map[string][]division.Place{}
		for step := range 12 {
			ids := slices.Sorted(maps.Keys(parts))
			if len(ids) > 1 && rnd.IntN(3) == 0 {
				delete(parts, ids[rnd.IntN(len(ids))])
			}
			for range rnd.IntN(3) {
				parts[fmt.Sprint("m", rnd.IntN(100))] = nil
			}
			if rnd.IntN(5) == 0 {
				counts[topics[rnd.IntN(len(topics))]] += int32(rnd.IntN(4))
			}
			if len(parts) == 0 {
				parts["m"] = nil
			}
			var members []division.Member
			for id, part := range parts {
				members = append(members, division.Member{ID: id, Topics: topics, Owned: part})
			}
			got := division.Divide(shuffled(rnd, members), counts)
			if again := division.Divide(shuffled(rnd, members),
				counts); !reflect.DeepEqual(got, again) {
				t.Fatalf("step %d: the order matters: %v and %v", step, got, again)
			}
			checkAlike(t, parts, got, counts)
			parts = got
		}
	}
}

func checkAlike(t *testing.T, before, got map[string][]division.Place, counts map[string]int32) {
	t.Helper()
	if !slices.Equal(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(got))) {
		t.Fatalf("members %v became %v", before, got)
	}
	all := owners(t, got)
	total, most := 0, int32(0)
	for topic, count := range counts {
		total += int(count)
		most = max(most, count)
		for n := range count {
			id, ok := all[division.Place{Topic: topic, Number: n}]
			if !ok {
				t.Fatalf("%s/%d belongs to nobody", topic, n)
			}
			for other, count := range counts {
				if n < count && all[division.Place{Topic: other, Number: n}] != id {
					t.Fatalf("the partitions %d are apart: %v", n, got)
				}
			}
		}
	}
	if len(all) != total {
		t.Fatalf("%d partitions of %d", len(all), total)
	}
	loads := slices.Collect(maps.Values(numbers(got)))
	if slices.Max(loads)-slices.Min(loads) > 1 {
		t.Fatalf("unequal: %v", numbers(got))
	}
	// What has to move is what somebody has beyond the fair share; as many members as possible
	// keep the larger one.
	had := slices.Sorted(maps.Values(numbers(before)))
	slices.Reverse(had)
	fair, larger := int(most)/len(had), int(most)%len(had)
	least := 0
	for i, n := range had {
		share := fair
		if i < larger {
			share++
		}
		least += max(0, n-share)
	}
	moved := map[int32]bool{}
	was := owners(t, before)
	for p, id := range all {
		if old, ok := was[p]; ok && old != id {
			moved[p.Number] = true
		}
	}
	if len(moved) != least {
		t.Fatalf("%d numbers moved, %d had to: %v became %v", len(moved), least, before, got)
	}
}

// Members of different topics, as while a new version of an app is rolled out.
func TestDivideUnlike(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		counts := map[string]int32{}
		for i := range 4 {
			counts[fmt.Sprint("t", i)] = int32(rnd.IntN(6))
		}
		var members []division.Member
		have := map[string][]string{}
		for i := range 1 + rnd.IntN(5) {
			m := division.Member{ID: fmt.Sprint("m", i)}
			for topic, count := range counts {
				if rnd.IntN(2) == 0 {
					m.Topics = append(m.Topics, topic)
					have[topic] = append(have[topic], m.ID)
				}
				if rnd.IntN(3) == 0 {
					m.Owned = append(m.Owned,
						division.Place{Topic: topic, Number: rnd.Int32N(count + 1)})
				}
			}
			members = append(members, m)
		}
		got := division.Divide(shuffled(rnd, members), counts)
		if again := division.Divide(shuffled(rnd, members),
			counts); !reflect.DeepEqual(got, again) {
			t.Fatalf("the order matters: %v and %v", got, again)
		}
		all, total := owners(t, got), 0
		for topic, count := range counts {
			if len(have[topic]) > 0 {
				total += int(count)
			}
		}
		if len(all) != total {
			t.Fatalf("%d partitions of %d", len(all), total)
		}
		for p, id := range all {
			if !slices.Contains(have[p.Topic], id) {
				t.Fatalf("%s has %v but not its topic", id, p)
			}
		}
		for n := range int32(6) {
			var of []string
			whole := []string{"m0", "m1", "m2", "m3", "m4"}
			for p, id := range all {
				if p.Number == n {
					of = append(of, id)
					whole = slices.DeleteFunc(whole, func(id string) bool {
						return !slices.Contains(have[p.Topic], id)
					})
				}
			}
			slices.Sort(of)
			if len(whole) > 0 && len(slices.Compact(of)) > 1 {
				t.Fatalf("the partitions %d are apart, though %v have all their topics: %v",
					n, whole, got)
			}
		}
		for i := range members {
			members[i].Owned = got[members[i].ID]
		}
		if again := division.Divide(members, counts); !reflect.DeepEqual(got, again) {
			t.Fatalf("though nothing changed, %v became %v", got, again)
		}
	}
}

// What a has too much of c cannot take: b takes it, and c gets something else.
func TestDivideChain(t *testing.T) {
	x0, x1, y0 := division.Place{Topic: "x"}, division.Place{Topic: "x", Number: 1},
		division.Place{Topic: "y"}
	z0, z1 := division.Place{Topic: "z"}, division.Place{Topic: "z", Number: 1}
	got := division.Divide([]division.Member{
		{ID: "a", Topics: []string{"x"}, Owned: []division.Place{x0, x1}},
		{ID: "b", Topics: []string{"x", "y"}, Owned: []division.Place{y0}},
		{ID: "c", Topics: []string{"y"}},
		{ID: "d", Topics: []string{"z"}},
	}, map[string]int32{"x": 2, "y": 1, "z": 2})
	want := map[string][]division.Place{"a": {x0}, "b": {x1}, "c": {y0}, "d": {z0, z1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
