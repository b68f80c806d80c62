package outbox

import (
	"context"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

const (
	placeLimit = time.Second           // how long a lane waits at most to hear which partitions a topic has
	placeShort = 10 * time.Millisecond // the same, a moment after another topic had it wait in vain
	placeAgain = time.Minute           // how long it asks no more for a topic that it asked for in vain, unless the publisher finds it
)

// Targets chooses the partitions that emissions go to, as they are committed: an emission that is published twice comes to the same one
// both times, also where its topic has more of them by then.
type Targets struct {
	placer brook.Placer // nil: the driver chooses as it publishes

	mu     sync.Mutex
	unsure map[string]time.Time // topics that nothing was known of, and when to ask again
	slow   time.Time            // until then nobody waits for long
}

func NewTargets(d brook.Driver) *Targets {
	t := &Targets{unsure: map[string]time.Time{}}
	t.placer, _ = d.(brook.Placer)
	return t
}

// Places reports whether the driver lets partitions be chosen.
func (t *Targets) Places() bool { return t.placer != nil }

// Choose chooses the partition of a record that has none yet; one without a key goes by the event's ID. What nothing is known of is left to
// who publishes it.
func (t *Targets) Choose(ctx context.Context, r *brook.Record, id string) {
	if t.placer == nil || r.Placed {
		return
	}
	limit := t.limit(r.Topic)
	if limit == 0 {
		return
	}
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if t.place(asking, r, id) == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unsure[r.Topic] = time.Now().Add(placeAgain)
	if limit == placeLimit && asking.Err() != nil {
		t.slow = time.Now().Add(placeAgain)
	}
}

// limit returns how long a lane may wait to hear of a topic; 0: it does not ask.
func (t *Targets) limit(topic string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.unsure) == 0 {
		return placeLimit
	}
	now := time.Now()
	if at, unsure := t.unsure[topic]; unsure && now.Before(at) {
		return 0
	}
	if now.Before(t.slow) {
		return placeShort
	}
	return placeLimit
}

// Find is choose for the publisher, who rather hears of a failure. Lanes ask again for what it finds.
func (t *Targets) Find(ctx context.Context, r *brook.Record, id string) error {
	if err := t.place(ctx, r, id); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.unsure, r.Topic)
	t.slow = time.Time{}
	return nil
}

func (t *Targets) place(ctx context.Context, r *brook.Record, id string) error {
	key := r.Key
	if key == nil {
		key = []byte(id)
	}
	n, err := t.placer.Place(ctx, r.Topic, key)
	if err == nil {
		r.Partition, r.Placed = n, true
	}
	return err
}
