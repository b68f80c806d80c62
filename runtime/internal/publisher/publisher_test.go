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
	return &outbox.Item{Position: at, Set: "s", Record: brook.Record{Topic: topic, Placed: true},
		Key: outbox.ItemKey(at, "", 0, 0, 0)}
}

// fine is a driver that publishes everything.
type fine struct{ brook.Driver }

func (fine) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	return make([]brook.Position, len(records)), nil
}

// What goes to a partition does not overtake what goes to that topic and has no partition yet, in
// one batch either: receivers would take the latter for a repeat.
func TestPlacedEmissionsOvertakeNoneWithoutPlace(t *testing.T) {
	a := &Publisher{Config: &brook.Config{Driver: fine{}}, Outbox: outbox.New()}
	first, second, other := emissionOf(0, "out"), emissionOf(1, "out"), emissionOf(2, "elsewhere")
	first.Record.Placed = false
	failed := map[*outbox.Item]error{first: errors.New("nobody knows")}
	a.publishItems(t.Context(), []*outbox.Item{first, second, other}, failed,
		map[*outbox.Item]error{})
	if failed[second] == nil || failed[other] != nil {
		t.Errorf("failed: %v behind it, %v elsewhere", failed[second], failed[other])
	}
}

// rows is a reader that has one row.
type rows struct {
	brook.Reader
	data []byte
}

func (r rows) Get(context.Context, brook.Table, []byte) (brook.Value, error) {
	return brook.Value{Data: r.data}, nil
}

// What is damaged in the store ends Run: no other try reads it.
func TestDamagedRowsAreFinal(t *testing.T) {
	l := &Lease{reader: rows{data: []byte("{")}, outbox: outbox.New()}
	if err := l.renewOrTake(t.Context()); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("the lease: %v, want ErrPermanent", err)
	}
	if _, err := DecodeSequence([]byte("{")); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("the numbers: %v, want ErrPermanent", err)
	}
	n, err := DecodeSequence([]byte(`{"Stream":"shop/x","Next":7}`))
	if err != nil || n.Stream != "shop/x" || n.Next != 7 ||
		string(n.Raw) != `{"Stream":"shop/x","Next":7}` {
		t.Errorf("read as %+v, %v", n, err)
	}
}
