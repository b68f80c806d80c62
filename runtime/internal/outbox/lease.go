package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// leased is what an outbox publishes as the holder of the lease of a store that several processes write.
type leased struct {
	on     bool
	group  bool // of numbered emissions alone
	holder bool
	looked time.Time              // when the store was asked last
	behind bool                   // there may be emissions in the store that are not here
	seen   map[partition.ID]int64 // all emissions of events below are here, or were; empty unless it is the holder
}

// all reports whether the lease is for all emissions.
func (l *leased) all() bool { return l.on && !l.group }

func (l *leased) restart() {
	l.seen = map[partition.ID]int64{}
	l.behind = l.holder
}

// others reports whether other processes publish an emission, because this one does not hold the lease.
func (l *leased) others(i *Item) bool {
	return l.on && !l.holder && !i.IsCheckpoint() && (i.Free || !l.group)
}

// EarlierNumbers are above all that this version counts: earlier ones numbered by clocks.
const EarlierNumbers = 1 << 60

// LeaseOnly makes the outbox that of a process that publishes only while it holds the lease.
func (o *Outbox) LeaseOnly(group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased = leased{on: true, group: group}
	o.leased.restart()
	o.leave() // of calls before the run: others may have left more that comes before it
	o.recount()
}

// Lease says whether the process holds the lease from now on. Where it does not, others have what is here.
func (o *Outbox) Lease(held bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased.holder = held
	o.leased.restart()
	if !held {
		o.leave()
	}
	o.recount() // without the lease, what others are to publish counted as well
	o.Rouse()
}

// leave leaves what is here to be published to who holds the lease: it is in the store.
func (o *Outbox) leave() {
	n := len(o.items)
	o.items = slices.DeleteFunc(o.items, o.leased.others)
	o.gone += int64(n - len(o.items))
	for name, w := range o.ways {
		if w.items = slices.DeleteFunc(w.items, o.leased.others); len(w.items) == 0 {
			delete(o.ways, name)
		}
	}
}

// recount counts what waits.
func (o *Outbox) recount() {
	clear(o.count)
	clear(o.late)
	add := func(items []*Item) {
		for _, i := range items {
			if i.IsCheckpoint() {
				continue
			}
			o.count[partition.Of(i.Position)]++
			if i.way != nil {
				o.late[partition.Of(i.Position)]++
			}
		}
	}
	add(o.items)
	add(o.flying)
	for _, w := range o.ways {
		add(w.items)
	}
	for id, b := range o.share.held {
		add(b.items)
		o.count[id] += len(b.effects)
	}
}

// commitLeased takes what a commit of this process left to publish, where it is the holder and has all that came before; else that
// is collected from the store, by whoever is.
func (o *Outbox) commitLeased(items []*Item, moved, from []brook.Position, marking bool) {
	known := map[partition.ID]bool{}
	for i, p := range moved {
		id := partition.Of(p)
		if seen, ok := o.leased.seen[id]; o.leased.holder && ok && seen == from[i].Offset {
			known[id] = true
			o.leased.seen[id] = p.Offset
		} else {
			o.leased.behind = true
		}
	}
	for _, item := range items {
		id := partition.Of(item.Position)
		switch {
		case known[id]:
			o.append([]*Item{item})
		case !o.leased.holder:
			o.count[id]++ // nobody tells when it is published: see App.collect
		}
	}
	for _, p := range moved {
		if marking && known[partition.Of(p)] {
			o.stand(partition.Of(p), p.Offset)
		}
	}
	o.Rouse()
}

// HeardOf notes how far others folded a partition.
func (o *Outbox) HeardOf(id partition.ID, next int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.all() && o.leased.holder && o.leased.seen[id] < next {
		o.leased.behind = true
		o.Rouse()
	}
}

// Lags notes that the store may have emissions that are not here.
func (o *Outbox) Lags() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased.behind = true
	o.Rouse()
}

// UntilLook returns how long it is until the store is asked again, for what others committed may not be announced; 0: nothing is collected.
func (o *Outbox) UntilLook(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.leased.on {
		return 0
	}
	wait := LeaseBeat - now.Sub(o.leased.looked)
	if wait <= 0 { // there is nothing to look for now
		wait = LeaseBeat
	}
	return wait
}

// Collecting reports whether what the store has is to be looked at now, and whether as the holder of the lease.
func (o *Outbox) Collecting(now time.Time) (want, holder, group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.leased
	due := now.Sub(l.looked) >= LeaseBeat
	switch {
	case !l.on:
	case l.holder:
		want = l.behind || due
	case !l.group && due:
		for _, n := range o.count {
			want = want || n > 0
		}
	}
	if want {
		l.behind, l.looked = false, now
	}
	return want, l.holder, l.group
}

// Gathered takes what the store has to be published.
func (o *Outbox) Gathered(items []*Item, standings map[partition.ID]partition.Stored, holder, marking bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	loaded := o.loaded()
	fresh := slices.DeleteFunc(items, func(i *Item) bool { return loaded[string(i.Key)] })
	if !holder || !o.leased.holder {
		o.recount()
		for _, i := range fresh {
			o.count[partition.Of(i.Position)]++
		}
		return
	}
	o.append(fresh)
	if o.leased.group {
		return
	}
	for id, s := range standings {
		if o.leased.seen[id] <= s.Next {
			o.leased.seen[id] = s.Next
			if marking {
				o.stand(id, s.Next)
			}
		}
	}
}

// Over a store that several processes write, one of them publishes what all commit, as long as it holds the lease: a row that names it,
// and another one that it writes anew all the time. Whoever sees no beat for long takes over, by its own clock and not by a time in the row. Every commit that removes emissions
// checks that the lease is still the process's own. With Config.Group the lease is for the numbered emissions alone; the others are published by who
// has the partition.

const (
	LeaseBeat = time.Second     // between beats, and between looks of others
	LeaseTime = 5 * time.Second // without a beat: then the holder is gone
)

// Blocked reports whether others wait where an item goes that was not there before.
func (o *Outbox) Blocked(item *Item) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.ways[item.Target()]
	return w != nil && w != item.way
}
