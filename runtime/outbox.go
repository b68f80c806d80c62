package brook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

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

	key    []byte
	free   bool                  // of an event that was redriven or processed: whoever did that publishes it
	passed bool                  // another member of the group published it: it is only removed
	mark   map[partitionID]int64 // instead of a record: all emissions below are published
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

// outbox does what commits left to do, in their order: publishes emissions and then tells the driver how far it came. Where
// it is shared, only for the app's own partitions.
type outbox struct {
	mu    sync.Mutex
	items []*outboxItem
	taken int                 // of items, how many are being published
	count map[partitionID]int // emissions that wait, by the partition of their cause, and effects that are held back
	wake  chan struct{}       // holds a token when there may be something to do
	share share

	marks  map[partitionID]int64 // to be told to the driver: all emissions below are published
	marked time.Time             // when it was told last
	hurry  []chan struct{}       // of those who wait until nothing is left
}

func newOutbox() *outbox {
	return &outbox{count: map[partitionID]int{}, wake: make(chan struct{}, 1), marks: map[partitionID]int64{}}
}

// add takes emissions that are published whatever the app's share.
func (o *outbox) add(items ...*outboxItem) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, item := range items {
		o.count[item.Position.partition()]++
	}
	o.items = append(o.items, items...)
	o.rouse()
}

// commit takes what a commit left to do, with how far it moved partitions on, and gives those effects that are to run now.
func (o *outbox) commit(items []*outboxItem, effects []effectRun, moved []Position) (now []effectRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, item := range items {
		id := item.Position.partition()
		o.count[id]++
		if o.share.owns(id) {
			o.items = append(o.items, item)
		} else {
			o.share.back(id).items = append(o.share.back(id).items, item)
		}
	}
	for _, e := range effects {
		id := e.position.partition()
		if o.share.owns(id) {
			now = append(now, e)
		} else {
			o.count[id]++
			o.share.back(id).effects = append(o.share.back(id).effects, e)
		}
	}
	o.move(moved)
	o.rouse()
	return now
}

// move puts marks behind the emissions that they count on.
func (o *outbox) move(moved []Position) {
	last := len(o.items) - 1
	for _, p := range moved {
		if !o.share.owns(p.partition()) {
			continue
		}
		if last < o.taken || o.items[last].mark == nil {
			o.items = append(o.items, &outboxItem{mark: map[partitionID]int64{}})
			last = len(o.items) - 1
		}
		o.items[last].mark[p.partition()] = p.Offset
	}
}

func (o *outbox) rouse() {
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

// has reports whether an emission waits in the outbox that is stored at key.
func (o *outbox) has(key []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.items, func(i *outboxItem) bool { return bytes.Equal(i.key, key) })
}

// done forgets items that were dealt with, and notes the marks among them.
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
		maps.Copy(o.marks, item.mark)
	}
	o.ease()
}

// ease lets those go on who wait until nothing is left.
func (o *outbox) ease() {
	if len(o.items) > 0 || len(o.marks) > 0 {
		return
	}
	for _, c := range o.hurry {
		close(c)
	}
	o.hurry = nil
}

// drain waits until all is published and marked that is in the outbox, or ctx ends.
func (o *outbox) drain(ctx context.Context) {
	c := make(chan struct{})
	o.mu.Lock()
	o.hurry = append(o.hurry, c)
	o.ease()
	o.rouse()
	o.mu.Unlock()
	select {
	case <-c:
	case <-ctx.Done():
	}
}

// markPause is how seldom the driver is told how far the app came, where nothing hangs on it.
const markPause = time.Second

// due reports whether marks are to be told now, and gives those of the app's share; else how long to wait, 0: there are none.
func (o *outbox) due(now bool) (marks []Position, wait time.Duration, any bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.marks) == 0 {
		return nil, 0, false
	}
	if !now && len(o.hurry) == 0 {
		if wait = markPause - time.Since(o.marked); wait > 0 {
			return nil, wait, false
		}
	}
	for id, offset := range o.marks {
		if o.share.owns(id) {
			marks = append(marks, id.at(offset))
		}
	}
	slices.SortFunc(marks, Position.Compare)
	return marks, 0, true
}

// told forgets the marks that were due.
func (o *outbox) told() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.marked = time.Now()
	clear(o.marks) // only who publishes adds to them, and that is the caller
	o.ease()
}

// loadOutbox fills the outbox with what earlier runs did not get to publish: all, or what was caused in the partitions wanted.
func (a *App) loadOutbox(ctx context.Context, wanted func(partitionID) bool) error {
	for row, err := range a.reader.Scan(ctx, a.outboxTable, nil, nil) {
		if err != nil {
			return err
		}
		item := &outboxItem{key: slices.Clone(row.Key)}
		if err := json.Unmarshal(row.Value.Data.([]byte), item); err != nil {
			return fmt.Errorf("brook: stored emission: %w", err)
		}
		r := key.Read(row.Key)
		item.free = key.ReadInt[int64](&r) != 0 || item.Position.IsZero()
		if wanted(item.Position.partition()) && !a.outbox.has(item.key) {
			a.outbox.add(item)
		}
	}
	return nil
}

func everyPartition(partitionID) bool { return true }

// publishOutbox publishes emissions until stop is closed and nothing is left, or ctx ends.
func (a *App) publishOutbox(ctx context.Context, stop <-chan struct{}) error {
	ending := false
	for {
		items := a.outbox.head()
		if err := a.publishItems(ctx, items); err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: publish what was emitted: %w", err)
		}
		if ctx.Err() != nil {
			return nil // what is left stays in the store
		}
		if len(items) > 0 {
			a.outbox.done(items)
			a.wakeLanes()
		}
		wait, err := a.mark(ctx, ending)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if len(items) > 0 {
			continue
		}
		if ending {
			return nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			t := time.NewTimer(wait)
			defer t.Stop()
			timer = t.C
		}
		select {
		case <-a.outbox.wake:
		case <-timer:
		case <-stop:
			ending = true
		case <-ctx.Done():
			return nil
		}
	}
}

// publishItems publishes items and removes them from the store, trying for as long as it takes.
func (a *App) publishItems(ctx context.Context, items []*outboxItem) error {
	var stored, rest []*outboxItem // rest is what is neither published nor refused
	for _, item := range items {
		if item.mark == nil {
			stored = append(stored, item)
			if !item.passed {
				rest = append(rest, item)
			}
		}
	}
	refused := map[*outboxItem]error{}
	err := a.insist(ctx, "publish", func() (err error) {
		rest, err = a.publishRest(ctx, rest, refused)
		return err
	})
	if err != nil {
		return err
	}
	return a.settleItems(ctx, stored, refused)
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
		Error: errorText(err), Attempts: 1, Time: now(), Record: i.Record, Ordinal: i.Ordinal}
}

// mark tells the driver how far the app has acted, where it is time, and else how long to wait for that. Effects of a store
// that forgets hang on it; with others it shows people the lag, and the group what its members need not publish.
func (a *App) mark(ctx context.Context, now bool) (wait time.Duration, err error) {
	forgets := a.forgets()
	marks, wait, any := a.outbox.due(now || forgets)
	if !any {
		return wait, nil
	}
	if len(marks) > 0 {
		m := a.config.Driver.(Marker) // else there are none
		tell := func() error { return m.Mark(ctx, a.config.Name, marks) }
		if forgets && !a.outbox.shared() {
			err = a.insist(ctx, "mark", tell)
		} else if failed := tell(); failed != nil && ctx.Err() == nil {
			a.failure(Failure{What: "mark", Position: marks[0], Attempts: 1, Err: failed, Final: true}) // the next one tells more
		}
	}
	a.outbox.told()
	return 0, err
}
