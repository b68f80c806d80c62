package brook

import (
	"context"
	"sync"
	"time"
)

// placeLimit is how long a lane waits at most to hear which partitions a topic has.
const placeLimit = time.Second

// targets chooses the partitions that emissions go to, as they are committed: an emission that is published twice comes to the same one
// both times, also where its topic has more of them by then.
type targets struct {
	placer Placer // nil: the driver chooses as it publishes

	mu     sync.Mutex
	unsure map[string]time.Time // topics that nothing was known of, and when to ask again
}

func newTargets(d Driver) *targets {
	t := &targets{unsure: map[string]time.Time{}}
	t.placer, _ = d.(Placer)
	return t
}

// choose chooses the partition of a record that has none yet; one without a key goes by the event's ID. What nothing is known of is left to
// who publishes it.
func (t *targets) choose(ctx context.Context, r *Record, id string) {
	if t.placer == nil || r.Placed || t.later(r.Topic) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, placeLimit)
	defer cancel()
	if t.find(ctx, r, id) != nil {
		t.mu.Lock()
		t.unsure[r.Topic] = time.Now().Add(placeLimit)
		t.mu.Unlock()
	}
}

// find is choose for who rather hears of a failure.
func (t *targets) find(ctx context.Context, r *Record, id string) error {
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

// later reports whether it is too early to ask for a topic again.
func (t *targets) later(topic string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, unsure := t.unsure[topic]
	if unsure && time.Now().After(at) {
		delete(t.unsure, topic)
		return false
	}
	return unsure
}
