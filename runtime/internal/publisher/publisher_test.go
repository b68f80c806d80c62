package publisher

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

func emissionOf(offset int64, topic string) *outbox.Item {
	at := brook.Position{Topic: "in", Offset: offset}
	return &outbox.Item{Position: at, Set: "s", Record: brook.Record{Topic: topic, Placed: true}, Key: outbox.ItemKey(at, "", 0, 0, 0)}
}

// fine is a driver that publishes everything.
type fine struct{ brook.Driver }

func (fine) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	return make([]brook.Position, len(records)), nil
}

// What goes to a partition does not overtake what goes to that topic and has no partition yet, in one batch either: receivers would
// take the latter for a repeat.
func TestPlacedEmissionsOvertakeNoneWithoutPlace(t *testing.T) {
	a := &Publisher{Config: &brook.Config{Driver: fine{}}, Outbox: outbox.New()}
	first, second, other := emissionOf(0, "out"), emissionOf(1, "out"), emissionOf(2, "elsewhere")
	first.Record.Placed = false
	failed := map[*outbox.Item]error{first: errors.New("nobody knows")}
	a.publishItems(t.Context(), []*outbox.Item{first, second, other}, failed, map[*outbox.Item]error{})
	if failed[second] == nil || failed[other] != nil {
		t.Errorf("failed: %v behind it, %v elsewhere", failed[second], failed[other])
	}
}
