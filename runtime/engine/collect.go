package engine

import (
	"context"
	"encoding/json"
	"errors"
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
func (l *leased) others(i *outboxItem) bool {
	return l.on && !l.holder && i.mark == nil && (i.free || !l.group)
}

// earlierNumbers are above all that this version counts: earlier ones numbered by clocks.
const earlierNumbers = 1 << 60

// leaseOnly makes the outbox that of a process that publishes only while it holds the lease.
func (o *outbox) leaseOnly(group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased = leased{on: true, group: group}
	o.leased.restart()
	o.leave() // of calls before the run: others may have left more that comes before it
	o.recount()
}

// lease says whether the process holds the lease from now on. Where it does not, others have what is here.
func (o *outbox) lease(held bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased.holder = held
	o.leased.restart()
	if !held {
		o.leave()
	}
	o.recount() // without the lease, what others are to publish counted as well
	o.rouse()
}

// leave leaves what is here to be published to who holds the lease: it is in the store.
func (o *outbox) leave() {
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
func (o *outbox) recount() {
	clear(o.count)
	clear(o.late)
	add := func(items []*outboxItem) {
		for _, i := range items {
			if i.mark != nil {
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
func (o *outbox) commitLeased(items []*outboxItem, moved, from []brook.Position, marking bool) {
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
			o.append([]*outboxItem{item})
		case !o.leased.holder:
			o.count[id]++ // nobody tells when it is published: see App.collect
		}
	}
	for _, p := range moved {
		if marking && known[partition.Of(p)] {
			o.stand(partition.Of(p), p.Offset)
		}
	}
	o.rouse()
}

// heardOf notes how far others folded a partition.
func (o *outbox) heardOf(id partition.ID, next int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.all() && o.leased.holder && o.leased.seen[id] < next {
		o.leased.behind = true
		o.rouse()
	}
}

// lags notes that the store may have emissions that are not here.
func (o *outbox) lags() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased.behind = true
	o.rouse()
}

// untilLook returns how long it is until the store is asked again, for what others committed may not be announced; 0: nothing is collected.
func (o *outbox) untilLook(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.leased.on {
		return 0
	}
	wait := leaseBeat - now.Sub(o.leased.looked)
	if wait <= 0 { // there is nothing to look for now
		wait = leaseBeat
	}
	return wait
}

// collecting reports whether what the store has is to be looked at now, and whether as the holder of the lease.
func (o *outbox) collecting(now time.Time) (want, holder, group bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.leased
	due := now.Sub(l.looked) >= leaseBeat
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

// collect brings into the outbox what other processes left in the store to be published, where this one holds the lease: in the order in which
// it was committed. Elsewhere it counts what waits, for lanes that stand still when it is too much.
func (a *App) collect(ctx context.Context) {
	want, holder, group := a.outbox.collecting(time.Now())
	if !want {
		return
	}
	if err := a.gather(ctx, holder, group); err != nil && ctx.Err() == nil {
		a.failure(brook.Failure{What: "collecting emissions", Attempts: 1, Err: err}) // and again a beat later
	}
}

func (a *App) gather(ctx context.Context, holder, group bool) error {
	if err := a.confirm(ctx); err != nil {
		return err
	}
	// How far others came is read before what they left: of that nothing is missing.
	standings, err := a.standings(ctx, a.reader, a.live.Load())
	if err != nil {
		return err
	}
	counted := numbers{}
	v, err := a.reader.Get(ctx, a.sending, numbersKey)
	if err == nil {
		err = json.Unmarshal(v.Data.([]byte), &counted)
	}
	if err != nil && !errors.Is(err, brook.ErrNotFound) {
		return err
	}
	var items []*outboxItem
	for item, err := range a.storedItems(ctx) {
		if err != nil {
			return err
		}
		id := partition.Of(item.Position)
		n := item.number()
		s, known := standings[id]
		switch {
		case n != 0 && n < earlierNumbers && n >= counted.Next: // committed since
		case !item.free && group: // published by who has the partition
		case !item.free && known && item.Position.Offset >= s.Next:
		case !item.free && !known && a.reads(id.Topic):
		default:
			items = append(items, item)
		}
	}
	a.outbox.gathered(items, standings, holder, a.marking())
	a.wakeLanes()
	return nil
}

// gathered takes what the store has to be published.
func (o *outbox) gathered(items []*outboxItem, standings map[partition.ID]partition.Stored, holder, marking bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	loaded := o.loaded()
	fresh := slices.DeleteFunc(items, func(i *outboxItem) bool { return loaded[string(i.key)] })
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
