package outbox

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// deferred is what the app does not do for one partition while another member owns it, in order.
type deferred struct {
	items   []*Item
	effects []Effect
}

// deferral is what is deferred, and the effects that were and are to run now. The mutex of Outbox
// guards it.
type deferral struct {
	of    map[partition.ID]*deferred
	freed map[partition.ID][]Effect
}

func newDeferral() deferral {
	return deferral{map[partition.ID]*deferred{}, map[partition.ID][]Effect{}}
}

func (f *deferral) at(id partition.ID) *deferred {
	if f.of[id] == nil {
		f.of[id] = &deferred{}
	}
	return f.of[id]
}

// add defers an emission behind all others of its partition.
func (f *deferral) add(item *Item) {
	d := f.at(item.cause())
	d.items = append(d.items, item)
}

// addEffect defers an effect behind all others of its partition.
func (f *deferral) addEffect(e Effect) {
	d := f.at(partition.Of(e.Position))
	d.effects = append(d.effects, e)
}

// insert defers an emission that may have been committed before others that are deferred.
func (f *deferral) insert(item *Item) {
	d := f.at(item.cause())
	i, _ := slices.BinarySearchFunc(d.items, item, compareKeys)
	d.items = slices.Insert(d.items, i, item)
}

// pass lets go of what the group acted on in a partition. It returns the emissions, which are to be
// removed from the store, and the number of effects.
func (f *deferral) pass(
	id partition.ID, acted func(brook.Position) bool,
) (passed []*Item, effects int) {
	d := f.of[id]
	if d == nil {
		return nil, 0
	}
	n := 0
	for n < len(d.items) && acted(d.items[n].place()) {
		d.items[n].Passed = true
		n++
	}
	passed = slices.Clone(d.items[:n])
	d.items = slices.Delete(d.items, 0, n)
	for effects < len(d.effects) && acted(d.effects[effects].Position) {
		effects++
	}
	d.effects = slices.Delete(d.effects, 0, effects)
	if len(d.items)+len(d.effects) == 0 {
		delete(f.of, id)
	}
	return passed, effects
}

// release ends the deferral of a partition. It returns the emissions, which are to be published,
// and the number of effects, which are freed.
func (f *deferral) release(id partition.ID) (items []*Item, effects int) {
	d := f.of[id]
	if d == nil {
		return nil, 0
	}
	if len(d.effects) > 0 {
		f.freed[id] = append(f.freed[id], d.effects...)
	}
	delete(f.of, id)
	return d.items, len(d.effects)
}

// take returns the effects that were freed in the partitions that wanted accepts, each once.
func (f *deferral) take(wanted func(partition.ID) bool) (effects []Effect) {
	for id, freed := range f.freed {
		if wanted(id) {
			effects = append(effects, freed...)
			delete(f.freed, id)
		}
	}
	return effects
}

// clear forgets all emissions. Effects stay, as they are nowhere else.
func (f *deferral) clear() {
	for _, d := range f.of {
		d.items = nil
	}
}
