package outbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// in is the partition that causes what tests emit, and other another one.
var in, other = partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}

var policy = retry.Defaults(brook.Retry{})

var errAway = errors.New("away")

// emitted returns an emission that an event of a partition caused, to partition 0 of a topic.
func emitted(cause partition.ID, offset int64, topic string) *Item {
	at := cause.At(offset)
	return &Item{Position: at, Set: "s", Key: ItemKey(at, "", 0, 0, 0),
		Record: brook.Record{Topic: topic, Placed: true}}
}

// commit is the commit of one event of a partition, which emits to topics and has an effect.
func commit(o *Outbox, id partition.ID, offset int64, topics ...string) []Effect {
	var items []*Item
	for n, topic := range topics {
		item := emitted(id, offset, topic)
		item.Ordinal, item.Key = n, ItemKey(item.Position, "", 0, 0, n)
		items = append(items, item)
	}
	return o.Committed(items, []Effect{{Position: id.At(offset)}},
		[]brook.Position{id.At(offset + 1)}, []brook.Position{id.At(offset)}, true)
}

// rig is an outbox with a publisher.
type rig struct {
	*Outbox
	down map[string]bool // targets that fail
}

func newRig() *rig { return &rig{New(), map[string]bool{}} }

// try publishes what is due, all of it if all is set, and returns what was published, as
// partition:offset>target, with a minus in front if it is only removed.
func (r *rig) try(all bool) (done string, failing, recovered []*Destination) {
	var published []string
	failed := map[*Item]error{}
	for _, item := range r.Take(time.Now(), all) {
		what := fmt.Sprintf("%d:%d>%s", item.Position.Partition, item.Position.Offset,
			item.Target())
		switch {
		case item.IsCheckpoint():
		case item.Passed:
			published = append(published, "-"+what)
		case r.down[item.Target()]:
			failed[item] = errAway
		default:
			published = append(published, what)
		}
	}
	failing, recovered = r.Land(failed, policy)
	return strings.Join(published, " "), failing, recovered
}

// mark takes the checkpoints that are due now.
func (r *rig) mark() string {
	due, _ := r.Checkpoints.Due(true, false)
	r.Checkpoints.Confirm(due)
	return offsets(due)
}

func offsets(positions []brook.Position) string {
	var all []string
	for _, p := range positions {
		all = append(all, fmt.Sprintf("%d:%d", p.Partition, p.Offset))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// wantTry tries all and checks what was published.
func (r *rig) wantTry(t *testing.T, want string) {
	t.Helper()
	if got, _, _ := r.try(true); got != want {
		t.Errorf("published %q, want %q", got, want)
	}
}
