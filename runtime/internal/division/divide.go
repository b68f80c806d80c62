// Package division decides which member of a group has which partitions. Drivers whose apps
// form groups share it.
package division

import (
	"cmp"
	"slices"
	"strings"
)

// Place names a partition.
type Place struct {
	Topic  string
	Number int32
}

// Compare orders by topic, then by number.
func (p Place) Compare(q Place) int {
	return cmp.Or(strings.Compare(p.Topic, q.Topic), cmp.Compare(p.Number, q.Number))
}

// Member is a member of a group before its partitions are divided.
type Member struct {
	ID     string // no two members have the same
	Topics []string
	Owned  []Place // what it had; places that are no more, or that others claim too, do no harm
}

// Divide returns the part of each member, by ID, of the partitions of all topics that anyone has,
// sorted. Counts has the number of partitions of a topic.
//
// Each partition is one member's. Partitions of one number are the same member's, unless no member
// has all their topics. Among members of the same topics, nobody has more than one number more than
// another. Of what members owned as little as possible moves. The result depends on nothing but the
// arguments; the order of members, topics and places is none of it.
func Divide(members []Member, counts map[string]int32) map[string][]Place {
	d := &divider{load: make([]int, len(members)), weight: make([]int, len(members))}
	d.members = slices.SortedFunc(slices.Values(members), func(a, b Member) int {
		return strings.Compare(a.ID, b.ID)
	})
	d.form(counts)
	d.keep()
	d.place()
	for d.level() {
	}
	parts := make(map[string][]Place, len(members))
	for _, m := range d.members {
		parts[m.ID] = nil
	}
	for _, u := range d.units {
		id := d.members[u.owner].ID
		parts[id] = append(parts[id], u.places...)
	}
	for _, part := range parts {
		slices.SortFunc(part, Place.Compare)
	}
	return parts
}

const nobody = -1

// A unit is what goes to one member: the partitions of one number.
type unit struct {
	places   []Place
	eligible []int // indexes of the members that have all its topics
	owner    int
}

type divider struct {
	members []Member
	units   []unit // by number
	load    []int  // by member: units
	weight  []int  // by member: partitions
}

// form finds the units.
func (d *divider) form(counts map[string]int32) {
	have := map[string][]int{} // by topic: who has it
	for i, m := range d.members {
		for _, t := range slices.Compact(slices.Sorted(slices.Values(m.Topics))) {
			have[t] = append(have[t], i)
		}
	}
	topics := make([]string, 0, len(have))
	var most int32
	for t := range have {
		topics = append(topics, t)
		most = max(most, counts[t])
	}
	slices.Sort(topics)
	for n := range most {
		whole := unit{owner: nobody}
		for i := range d.members {
			whole.eligible = append(whole.eligible, i)
		}
		for _, t := range topics {
			if n < counts[t] {
				whole.places = append(whole.places, Place{t, n})
				whole.eligible = slices.DeleteFunc(whole.eligible, func(i int) bool {
					return !slices.Contains(have[t], i)
				})
			}
		}
		if len(whole.eligible) > 0 {
			d.units = append(d.units, whole)
			continue
		}
		// Nobody has all: topics that the same members have stay together.
		first := len(d.units)
		for _, p := range whole.places {
			i := first + slices.IndexFunc(d.units[first:], func(u unit) bool {
				return slices.Equal(u.eligible, have[p.Topic])
			})
			if i < first {
				i = len(d.units)
				d.units = append(d.units, unit{eligible: have[p.Topic], owner: nobody})
			}
			d.units[i].places = append(d.units[i].places, p)
		}
	}
}

// keep leaves each unit with the member that had most of it.
func (d *divider) keep() {
	owned := make([]map[Place]bool, len(d.members))
	for i, m := range d.members {
		owned[i] = make(map[Place]bool, len(m.Owned))
		for _, p := range m.Owned {
			owned[i][p] = true
		}
	}
	for k := range d.units {
		u := &d.units[k]
		most := 0
		for _, i := range u.eligible {
			n := 0
			for _, p := range u.places {
				if owned[i][p] {
					n++
				}
			}
			if n > most {
				u.owner, most = i, n
			}
		}
		if u.owner != nobody {
			d.add(u, 1)
		}
	}
}

// place assigns what nobody has to the member that has least.
func (d *divider) place() {
	for k := range d.units {
		u := &d.units[k]
		if u.owner == nobody {
			u.owner = slices.MinFunc(u.eligible, func(i, j int) int {
				return cmp.Or(cmp.Compare(d.load[i], d.load[j]),
					cmp.Compare(d.weight[i], d.weight[j]))
			})
			d.add(u, 1)
		}
	}
}

// level moves one unit away from a member that has too many, along as few others as it takes, and
// reports whether there was one.
func (d *divider) level() bool {
	from := make([]int, len(d.members))
	for i := range from {
		from[i] = i
	}
	slices.SortStableFunc(from, func(i, j int) int { return cmp.Compare(d.load[j], d.load[i]) })
	return slices.ContainsFunc(from, d.relieve)
}

// relieve looks for a chain of moves from a member to one that has two units fewer, and makes them.
func (d *divider) relieve(from int) bool {
	type step struct{ unit, before int } // the unit that the member gets, and from whom
	reached := map[int]step{from: {nobody, nobody}}
	for ring := []int{from}; len(ring) > 0; {
		var next []int
		for _, i := range ring {
			for k := len(d.units) - 1; k >= 0; k-- {
				if d.units[k].owner != i {
					continue
				}
				for _, j := range d.units[k].eligible {
					if _, ok := reached[j]; !ok {
						reached[j] = step{k, i}
						next = append(next, j)
					}
				}
			}
		}
		least := nobody
		for _, j := range next {
			if d.load[j] <= d.load[from]-2 && (least == nobody || d.load[j] < d.load[least]) {
				least = j
			}
		}
		for j := least; j != nobody && j != from; j = reached[j].before {
			u := &d.units[reached[j].unit]
			d.add(u, -1)
			u.owner = j
			d.add(u, 1)
		}
		if least != nobody {
			return true
		}
		ring = next
	}
	return false
}

func (d *divider) add(u *unit, sign int) {
	d.load[u.owner] += sign
	d.weight[u.owner] += sign * len(u.places)
}
