package brook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// outboxKey orders emissions by cause, set and result; an event that came through no log is told apart by its ID.
func outboxKey(cause Position, id string, set, ordinal int) []byte {
	dst := cause.partition().appendKey(nil)
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
	return slices.Clone(o.items[:min(len(o.items), publishBatch)])
}

func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) == 0
}

func (o *outbox) done(items []*outboxItem) {
	o.mu.Lock()
	defer o.mu.Unlock()
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
func (a *App) publishOutbox(ctx context.Context, stop <-chan struct{}) {
	for {
		items := a.outbox.head()
		if len(items) == 0 {
			select {
			case <-a.outbox.wake:
				continue
			case <-stop:
				if a.outbox.empty() {
					return
				}
				continue
			case <-ctx.Done():
				return
			}
		}
		if err := a.publishItems(ctx, items); err != nil {
			return
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
	var letters []DeadLetter
	err = a.insist(ctx, "commit", func() error {
		letters = letters[:0]
		var batch Batch
		for _, item := range sent {
			batch.Writes = append(batch.Writes, Write{Table: a.outboxTable, Key: item.key, Op: Remove})
			if err := refused[item]; err != nil {
				l := item.letter(err)
				letters = append(letters, l)
				batch.Writes = append(batch.Writes, l.write(a.live.Load().letters))
			}
		}
		if len(batch.Writes) == 0 {
			return nil
		}
		a.gate.RLock() // a rebuild may be about to switch the letters' table
		defer a.gate.RUnlock()
		return a.store.Commit(ctx, &batch)
	})
	if err != nil {
		return err
	}
	for _, l := range letters {
		a.tell(l)
	}
	return a.mark(ctx, marks)
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
