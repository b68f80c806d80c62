package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Over a store that several processes write, one of them publishes what all commit, as long as it
// holds the lease: a row that names it, and another one that it writes anew all the time. A process
// that sees no beat for LeaseTime takes over, by its own clock and not by a time in the row. Every
// commit that removes emissions checks that the lease is still the process's own. With Config.Group
// the lease is for the numbered emissions alone; the others are published by the owner of the
// partition. Package engine holds and loses the lease; here lies what the outbox does with it.
const (
	LeaseBeat = time.Second     // between beats, and between looks of others
	LeaseTime = 5 * time.Second // without a beat: then the holder is gone
)

// EarlierNumbers is above all numbers of emissions that this version counts: earlier versions
// took numbers from clocks.
const EarlierNumbers = 1 << 60

// lease is what the outbox knows of the lease. The mutex of Outbox guards it.
type lease struct {
	on     bool // the process publishes only while it holds the lease
	group  bool // that is for numbered emissions alone
	holder bool
	looked time.Time // when the store was asked last
	behind bool      // there may be emissions in the store that are not here
	// seen: all emissions of events below are here, or were. It is empty unless the process is the
	// holder.
	seen map[partition.ID]int64
}

// all reports whether the lease is for all emissions.
func (l *lease) all() bool { return l.on && !l.group }

func (l *lease) restart() {
	l.seen = map[partition.ID]int64{}
	l.behind = l.holder
}

// others reports whether other processes publish an emission, because this one does not hold the
// lease.
func (l *lease) others(i *Item) bool {
	return l.on && !l.holder && !i.IsCheckpoint() && (i.Free || !l.group)
}

// LeaseOnly makes the outbox that of a process that publishes only while it holds the lease; group
// says that this is for numbered emissions alone.
func (o *Outbox) LeaseOnly(group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lease = lease{on: true, group: group}
	o.lease.restart()
	o.leave() // of calls before the run: others may have left more that comes before it
	o.recount()
}

// Lease notes whether the process holds the lease from now on. If it does not, others publish what
// is here.
func (o *Outbox) Lease(held bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lease.holder = held
	o.lease.restart()
	if !held {
		o.leave()
	}
	o.recount() // without the lease, what others are to publish counted as well
	o.Rouse()
}

// leave drops what the holder of the lease publishes: it is in the store. The caller recounts.
func (o *Outbox) leave() {
	o.extract(o.lease.others, func(*Item) {})
	if o.lease.all() {
		o.forget(func(partition.ID) bool { return true })
	}
}

// commitLeased takes what a commit of this process left to publish, if it is the holder and has all
// that came before. Else the holder collects it from the store.
func (o *Outbox) commitLeased(items []*Item, moved, from []brook.Position, marking bool) {
	known := map[partition.ID]bool{}
	for i, p := range moved {
		id := partition.Of(p)
		if seen, ok := o.lease.seen[id]; o.lease.holder && ok && seen == from[i].Offset {
			known[id] = true
			o.lease.seen[id] = p.Offset
		} else {
			o.lease.behind = true
		}
	}
	for _, item := range items {
		id := item.cause()
		switch {
		case known[id]:
			o.append([]*Item{item})
		case !o.lease.holder:
			o.depth[id]++ // until Gathered, which learns that it is published
		}
	}
	for _, p := range moved {
		if marking && known[partition.Of(p)] {
			o.advance(partition.Of(p), p.Offset)
		}
	}
	o.Rouse()
}

// HeardOf notes how far others folded a partition.
func (o *Outbox) HeardOf(id partition.ID, next int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lease.all() && o.lease.holder && o.lease.seen[id] < next {
		o.lease.behind = true
		o.Rouse()
	}
}

// Lags notes that the store may have emissions that are not here.
func (o *Outbox) Lags() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lease.behind = true
	o.Rouse()
}

// UntilLook returns how long it is until the store is asked again, because what others committed
// may not be announced; 0 if nothing is collected.
func (o *Outbox) UntilLook(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lease.on {
		return 0
	}
	wait := LeaseBeat - now.Sub(o.lease.looked)
	if wait <= 0 { // there is nothing to look for now
		wait = LeaseBeat
	}
	return wait
}

// Collecting reports whether the emissions in the store are to be read now and passed to Gathered,
// and what the lease is then: whether the process holds it, and whether it is for numbered
// emissions alone.
func (o *Outbox) Collecting(now time.Time) (want, holder, group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.lease
	due := now.Sub(l.looked) >= LeaseBeat
	switch {
	case !l.on:
	case l.holder:
		want = l.behind || due
	case !l.group && due:
		for _, n := range o.depth {
			want = want || n > 0
		}
	}
	if want {
		l.behind, l.looked = false, now
	}
	return want, l.holder, l.group
}

// Gathered takes the emissions that the store has, with the stored positions that were read before
// them; holder is what Collecting returned. A process that does not hold the lease only counts
// them.
func (o *Outbox) Gathered(
	items []*Item, positions map[partition.ID]partition.Stored, holder, marking bool,
) {
	o.mu.Lock()
	defer o.mu.Unlock()
	loaded := o.loaded()
	fresh := slices.DeleteFunc(items, func(i *Item) bool { return loaded[string(i.Key)] })
	if !holder || !o.lease.holder {
		o.recount()
		for _, i := range fresh {
			o.depth[i.cause()]++
		}
		return
	}
	o.append(fresh)
	if o.lease.group {
		return
	}
	for id, s := range positions {
		if o.lease.seen[id] <= s.Next {
			o.lease.seen[id] = s.Next
			if marking {
				o.advance(id, s.Next)
			}
		}
	}
}
