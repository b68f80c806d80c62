package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lease"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// EarlierNumbers is above all numbers of emissions that this version counts: earlier versions
// took numbers from clocks.
const EarlierNumbers = 1 << 60

// Lease is what the outbox does over a shared store besides: who holds the lease publishes what all
// commit, see package lease. Package publisher tells it who that is, and reads for it what others
// committed. It is a part of Outbox, whose mutex guards it.
type Lease struct {
	box   *Outbox
	state lease.State
}

// Require makes the outbox that of a process that publishes only while it holds the lease; group
// says that this is for numbered emissions alone.
func (l *Lease) Require(group bool) {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.state.Require(group)
	if l.box.jobs != nil && !group {
		l.box.jobs.RequireLease()
	}
	l.leave() // of calls before the run: others may have left more that comes before it
	l.box.recount()
}

// Hold notes whether the process holds the lease from now on. If it does not, others publish what
// is here.
func (l *Lease) Hold(held bool) {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.state.Hold(held)
	if l.box.jobs != nil {
		l.box.jobs.Hold(held)
	}
	if !held {
		l.leave()
	}
	l.box.recount() // without the lease, what others are to publish counted as well
	l.box.Rouse()
}

// Publishes reports whether the process publishes what all commit: it holds the lease, or needs
// none.
func (l *Lease) Publishes() bool {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	return !l.state.All() || l.state.Holder()
}

// HeardOf notes how far others folded a partition.
func (l *Lease) HeardOf(id partition.ID, next int64) {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	if l.state.Heard(id, next) {
		l.box.Rouse()
	}
}

// Lags notes that the store may have emissions that are not here.
func (l *Lease) Lags() {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.state.Lag()
	l.box.Rouse()
}

// UntilLook returns how long it is until the store is asked again, because what others committed
// may not be announced; 0 if nothing is collected.
func (l *Lease) UntilLook(now time.Time) time.Duration {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	return l.state.UntilLook(now)
}

// Collecting reports whether the emissions in the store are to be read now and passed to Gathered,
// and what the lease is then: whether the process holds it, and whether it is for numbered
// emissions alone.
func (l *Lease) Collecting(now time.Time) (want, holder, group bool) {
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	waits := false
	if l.state.Required() && !l.state.Holder() {
		for _, n := range l.box.depth {
			waits = waits || n > 0
		}
	}
	want = l.state.Look(now, waits)
	return want, l.state.Holder(), l.state.Required() && !l.state.All()
}

// Gathered takes the emissions that the store has, with the stored positions that were read before
// them; holder is what Collecting returned. A process that does not hold the lease only counts
// them.
func (l *Lease) Gathered(
	items []*Item, positions map[partition.ID]partition.Stored, holder, marking bool,
) {
	o := l.box
	o.mu.Lock()
	defer o.mu.Unlock()
	loaded := o.loaded()
	fresh := slices.DeleteFunc(items, func(i *Item) bool { return loaded[string(i.Key)] })
	if !holder || !l.state.Holder() {
		o.recount()
		for _, i := range fresh {
			o.depth[i.cause()]++
		}
		return
	}
	o.append(fresh)
	if !l.state.All() {
		return
	}
	for id, s := range positions {
		if l.state.Saw(id, s.Next) && marking {
			o.Checkpoints.advance(id, s.Next)
		}
	}
}

// others reports whether other processes publish an emission.
func (l *Lease) others(i *Item) bool { return !i.IsCheckpoint() && l.state.Others(i.Free) }

// leave drops what the holder of the lease publishes: it is in the store. The caller recounts.
func (l *Lease) leave() {
	l.box.extract(l.others, func(*Item) {})
	if l.state.All() {
		l.box.Checkpoints.forget(func(partition.ID) bool { return true })
	}
}

// numbered leaves to the holder of the lease what is numbered apart, and returns the others. The
// holder collects it from the store.
func (l *Lease) numbered(items []*Item) []*Item {
	free := func(i *Item) bool { return i.Free }
	if slices.ContainsFunc(items, free) {
		l.state.Lag()
		items = slices.DeleteFunc(slices.Clone(items), free)
	}
	return items
}

// commit takes what a commit of this process left to publish, if it is the holder and has all that
// came before. Else the holder collects it from the store.
func (l *Lease) commit(items []*Item, moved, from []brook.Position, marking bool) {
	o := l.box
	known := map[partition.ID]bool{}
	for i, p := range moved {
		id := partition.Of(p)
		if l.state.Follow(id, from[i].Offset, p.Offset) {
			known[id] = true
		}
	}
	for _, item := range items {
		id := item.cause()
		switch {
		case known[id]:
			o.append([]*Item{item})
		case !l.state.Holder():
			o.depth[id]++ // until Gathered, which learns that it is published
		}
	}
	for _, p := range moved {
		if marking && known[partition.Of(p)] {
			o.Checkpoints.advance(partition.Of(p), p.Offset)
		}
	}
	o.Rouse()
}
