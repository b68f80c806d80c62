package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// outboxItem is an emission that was committed and is not published yet.
type outboxItem struct {
	Position brook.Position // of the cause
	Author   string
	Type     string
	ID       string
	Set      string
	Ordinal  int
	Record   brook.Record

	key    []byte                 `json:"-"`
	free   bool                   `json:"-"` // of an event that was redriven or processed: it is numbered apart, and nobody's by its partition
	passed bool                   `json:"-"` // another member of the group published it: it is only removed
	way    *way                   `json:"-"` // the failing one that it waits for; nil: none
	mark   map[partition.ID]int64 `json:"-"` // instead of a record: all emissions below are published
}

func (i *outboxItem) write(t brook.Table) brook.Write {
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // plain data
	}
	return brook.Write{Table: t, Key: i.key, Value: b}
}

// outboxKey orders emissions by cause, set and result, numbered ones by their numbers; an event that
// came through no log is told apart by its ID.
func outboxKey(cause brook.Position, id string, number int64, set, ordinal int) []byte {
	dst := key.AppendInt(nil, number)
	dst = partition.Of(cause).AppendKey(dst)
	dst = key.AppendInt(dst, cause.Offset)
	if cause.IsZero() {
		dst = key.AppendString(dst, id)
	}
	return key.AppendInt(key.AppendInt(dst, set), ordinal)
}

// outbox does what commits left to do, in their order: publishes emissions and then tells the driver how far it came. Where
// it is shared, only for the app's own partitions.
type outbox struct {
	mu     sync.Mutex
	items  []*outboxItem
	flying []*outboxItem        // that are being published
	gone   int64                // how many items left the queue
	count  map[partition.ID]int // emissions that wait, by the partition of their cause, and effects that are held back
	ways   map[string]*way      // that failed, by name
	late   map[partition.ID]int // emissions that wait for these
	wake   chan struct{}        // holds a token when there may be something to do
	share  share
	leased leased
	marks  marks
	hurry  []*drain
}

// drain is somebody's wait until so many items were tried, and what can be marked is.
type drain struct {
	gone int64
	done chan struct{}
}

func newOutbox() *outbox {
	return &outbox{count: map[partition.ID]int{}, ways: map[string]*way{}, late: map[partition.ID]int{},
		wake: make(chan struct{}, 1), share: newShare(), marks: marks{due: map[partition.ID]int64{}, held: map[partition.ID]int64{}}}
}

// add takes emissions that are published whatever the app's share; where the store is shared, who holds the lease collects them.
func (o *outbox) add(items ...*outboxItem) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.on {
		o.leased.behind = true
		o.rouse()
		return
	}
	o.append(items)
}

func (o *outbox) append(items []*outboxItem) {
	for _, item := range items {
		o.count[partition.Of(item.Position)]++
	}
	o.items = append(o.items, items...)
	o.rouse()
}

// commit takes what a commit left to do, with how far it moved partitions on, and from where, and gives those effects that are to run now.
func (o *outbox) commit(items []*outboxItem, effects []effectRun, moved, from []brook.Position, marking bool) (now []effectRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.all() {
		o.commitLeased(items, moved, from, marking)
		return effects
	}
	for _, item := range items {
		id := partition.Of(item.Position)
		o.count[id]++
		item.passed = o.share.passed(item.Position) // since it was folded
		if item.passed || o.share.acts(id) {
			o.items = append(o.items, item)
		} else {
			b := o.share.back(id)
			b.items = append(b.items, item)
		}
	}
	for _, e := range effects {
		id := partition.Of(e.position)
		switch {
		case o.share.passed(e.position):
		case o.share.acts(id):
			now = append(now, e)
		default:
			o.count[id]++
			b := o.share.back(id)
			b.effects = append(b.effects, e)
		}
	}
	for _, p := range moved {
		if marking {
			o.stand(partition.Of(p), p.Offset)
		}
	}
	o.rouse()
	return now
}

func (o *outbox) rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) pending(id partition.ID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[id]
}

// ease lets those go on who have waited for enough.
func (o *outbox) ease() {
	if len(o.marks.due) > 0 {
		return
	}
	o.hurry = slices.DeleteFunc(o.hurry, func(d *drain) bool {
		over := o.gone >= d.gone
		if over {
			close(d.done)
		}
		return over
	})
}

// drain waits until all is published and marked that is in the outbox now, or ctx ends.
func (o *outbox) drain(ctx context.Context) {
	d := &drain{done: make(chan struct{})}
	o.mu.Lock()
	d.gone = o.gone + int64(len(o.flying)+len(o.items))
	o.hurry = append(o.hurry, d)
	o.ease()
	o.rouse()
	o.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		o.mu.Lock()
		defer o.mu.Unlock()
		o.hurry = slices.DeleteFunc(o.hurry, func(other *drain) bool { return other == d })
	}
}

// clear forgets all emissions, which are to be loaded again. Nobody publishes meanwhile.
func (o *outbox) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone += int64(len(o.items))
	o.items = nil
	clear(o.ways)
	clear(o.late)
	clear(o.count)
	for id, b := range o.share.held {
		b.items = nil
		o.count[id] = len(b.effects)
	}
	o.leased.restart()
}

// keys returns where the emissions are stored that wait in the outbox.
func (o *outbox) keys() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loaded()
}

// loaded is keys for who holds the lock.
func (o *outbox) loaded() map[string]bool {
	keys := make(map[string]bool, len(o.items))
	note := func(items []*outboxItem) {
		for _, i := range items {
			keys[string(i.key)] = true
		}
	}
	note(o.items)
	note(o.flying)
	for _, w := range o.ways {
		note(w.items)
	}
	for _, b := range o.share.held {
		note(b.items)
	}
	return keys
}

// loadOutbox fills the outbox with what earlier runs did not get to publish: all, or what was caused in the partitions wanted.
func (a *App) loadOutbox(ctx context.Context, wanted func(partition.ID) bool) error {
	loaded := a.outbox.keys()
	for item, err := range a.storedItems(ctx) {
		if err != nil {
			return err
		}
		if wanted(partition.Of(item.Position)) && !loaded[string(item.key)] && !(item.free && a.fenced()) {
			a.outbox.load(item)
		}
	}
	return nil
}

func (o *outbox) load(items ...*outboxItem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.append(items)
}

// storedItems returns the emissions that the store has, in the order of their keys.
func (a *App) storedItems(ctx context.Context) iter.Seq2[*outboxItem, error] {
	return func(yield func(*outboxItem, error) bool) {
		for row, err := range a.reader.Scan(ctx, a.outboxTable, nil, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			item, err := decodeItem(row)
			if err != nil {
				yield(nil, fmt.Errorf("%w: %w", err, brook.ErrPermanent))
				return
			}
			item.free = item.number() != 0 || item.Position.IsZero()
			if !yield(item, nil) {
				return
			}
		}
	}
}

// number returns the number of a numbered emission, 0 for others.
func (i *outboxItem) number() int64 {
	r := key.Read(i.key)
	return key.ReadInt[int64](&r)
}

func everyPartition(partition.ID) bool { return true }
