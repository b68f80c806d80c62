package brook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/brookgen/brookgen/runtime/key"
)

// outboxItem is an emission that was committed and is not published yet.
type outboxItem struct {
	Position Position // of the cause
	Author   string
	Type     string
	ID       string
	Set      string
	Ordinal  int
	Record   Record

	key  []byte
	mark []Position // instead of a record: the app has acted on all below
}

func (i *outboxItem) write(t Table) Write {
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // plain data
	}
	return Write{Table: t, Key: i.key, Value: b}
}

// outboxKey orders emissions by cause, set and result, those of redriven events by the number of the redrive; an event that
// came through no log is told apart by its ID.
func outboxKey(cause Position, id string, redrive int64, set, ordinal int) []byte {
	dst := key.AppendInt(nil, redrive)
	dst = cause.partition().appendKey(dst)
	dst = key.AppendInt(dst, cause.Offset)
	if cause.IsZero() {
		dst = key.AppendString(dst, id)
	}
	return key.AppendInt(key.AppendInt(dst, set), ordinal)
}

// outbox publishes emissions in the order of their commits.
type outbox struct {
	mu    sync.Mutex
	items []*outboxItem
	taken int                 // of items, how many are being published
	count map[partitionID]int // items by the partition of their cause
	wake  chan struct{}       // holds a token when there may be something to do
}

func newOutbox() *outbox {
	return &outbox{count: map[partitionID]int{}, wake: make(chan struct{}, 1)}
}

func (o *outbox) add(items ...*outboxItem) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := len(o.items) - 1; last >= o.taken && o.items[last].mark != nil && items[0].mark != nil {
		o.items[last].mark = append(o.items[last].mark, items[0].mark...)
		if marks := o.items[last].mark; len(marks) > 1000 {
			o.items[last].mark = newest(marks)
		}
		items = items[1:]
	}
	o.items = append(o.items, items...)
	for _, item := range items {
		if item.mark == nil {
			o.count[item.Position.partition()]++
		}
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) pending(id partitionID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[id]
}

// head gives what is published next: at most publishBatch emissions.
func (o *outbox) head() []*outboxItem {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = min(len(o.items), publishBatch)
	return slices.Clone(o.items[:o.taken])
}

// newest leaves the last mark of each partition.
func newest(marks []Position) []Position {
	last := map[partitionID]Position{}
	for _, m := range marks {
		last[m.partition()] = m
	}
	return slices.Collect(maps.Values(last))
}

func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) == 0
}

func (o *outbox) done(items []*outboxItem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = 0
	clear(o.items[:len(items)])
	if o.items = o.items[len(items):]; len(o.items) == 0 {
		o.items = nil
	}
	for _, item := range items {
		if item.mark == nil {
			o.count[item.Position.partition()]--
		}
	}
}

// loadOutbox fills the outbox with what an earlier run did not get to publish.
func (a *App) loadOutbox(ctx context.Context) error {
	for row, err := range a.reader.Scan(ctx, a.outboxTable, nil, nil) {
		if err != nil {
			return err
		}
		item := &outboxItem{key: slices.Clone(row.Key)}
		if err := json.Unmarshal(row.Value.Data.([]byte), item); err != nil {
			return fmt.Errorf("brook: stored emission: %w", err)
		}
		a.outbox.add(item)
	}
	return nil
}

// publishOutbox publishes emissions until stop is closed and nothing is left, or ctx ends.
func (a *App) publishOutbox(ctx context.Context, stop <-chan struct{}) error {
	for {
		items := a.outbox.head()
		if len(items) == 0 {
			select {
			case <-a.outbox.wake:
				continue
			case <-stop:
				if a.outbox.empty() {
					return nil
				}
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if err := a.publishItems(ctx, items); err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: publish what was emitted: %w", err)
		}
		if ctx.Err() != nil {
			return nil // what is left stays in the store
		}
		a.outbox.done(items)
		a.wakeLanes()
	}
}

// publishItems publishes items and removes them from the store, trying for as long as it takes.
func (a *App) publishItems(ctx context.Context, items []*outboxItem) error {
	var sent []*outboxItem
	var marks []Position
	for _, item := range items {
		if item.mark != nil {
			marks = append(marks, item.mark...)
		} else {
			sent = append(sent, item)
		}
	}
	refused := map[*outboxItem]error{}
	rest := sent // what is neither published nor refused
	err := a.insist(ctx, "publish", func() (err error) {
		rest, err = a.publishRest(ctx, rest, refused)
		return err
	})
	if err != nil {
		return err
	}
	if err := a.settleItems(ctx, sent, refused); err != nil {
		return err
	}
	return a.mark(ctx, newest(marks))
}

// settleItems removes from the store what was published, and makes letters of what was refused.
func (a *App) settleItems(ctx context.Context, items []*outboxItem, refused map[*outboxItem]error) error {
	if len(items) == 0 {
		return nil
	}
	var letters []DeadLetter
	batch := Batch{ID: a.ids.batch()}
	err := a.insist(ctx, "commit", func() error {
		a.gate.RLock() // until it is committed no rebuild switches the letters' table
		defer a.gate.RUnlock()
		letters, batch.Writes = letters[:0], batch.Writes[:0]
		for _, item := range items {
			batch.Writes = append(batch.Writes, Write{Table: a.outboxTable, Key: item.key, Op: Remove})
			if err := refused[item]; err != nil {
				l := item.letter(err)
				letters = append(letters, l)
				batch.Writes = append(batch.Writes, l.write(a.live.Load().letters))
			}
		}
		if a.fenced() && len(letters) > 0 {
			batch.Checks = []Check{a.unchanged()}
		}
		return a.store.Commit(ctx, &batch)
	})
	if half := len(items) / 2; errors.Is(err, ErrTooLarge) && half > 0 {
		return errors.Join(a.settleItems(ctx, items[:half], refused), a.settleItems(ctx, items[half:], refused))
	}
	if errors.Is(err, ErrConflict) {
		if err := a.insist(ctx, "reload", func() error { return a.reload(ctx) }); err != nil {
			return err
		}
		return a.settleItems(ctx, items, refused)
	}
	if err != nil {
		return err
	}
	for _, l := range letters {
		a.tell(l)
	}
	return nil
}

// publishRest publishes items once, and gives those that have to be tried again, with the reason. Those refused for good are noted.
func (a *App) publishRest(ctx context.Context, items []*outboxItem, refused map[*outboxItem]error) (rest []*outboxItem, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	records := make([]Record, len(items))
	for i, item := range items {
		records[i] = item.Record
	}
	_, err = a.config.Driver.Publish(ctx, records)
	if err == nil {
		return nil, nil
	}
	reason := func(int) error { return err }
	if some := (*PublishError)(nil); errors.As(err, &some) {
		reason = func(i int) error { return some.Errs[i] }
	}
	for i, item := range items {
		switch why := reason(i); {
		case why == nil:
		case errors.Is(why, ErrPermanent):
			refused[item] = why
		default:
			rest = append(rest, item)
		}
	}
	if len(rest) == 0 {
		return nil, nil
	}
	// The reason of one that is tried again: insist must not take another's for it.
	for i, item := range items {
		if item == rest[0] {
			err = reason(i)
		}
	}
	return rest, err
}

func (i *outboxItem) letter(err error) DeadLetter {
	return DeadLetter{Position: i.Position, ID: i.ID, Type: i.Type, Author: i.Author, Stage: StageEmit, Set: i.Set,
		Error: err.Error(), Attempts: 1, Time: now(), Record: i.Record, Ordinal: i.Ordinal}
}

// mark tells the driver how far the app has acted.
func (a *App) mark(ctx context.Context, marks []Position) error {
	m, ok := a.config.Driver.(Marker)
	if !ok || len(marks) == 0 {
		return nil
	}
	return a.insist(ctx, "mark", func() error { return m.Mark(ctx, a.config.Name, marks) })
}
