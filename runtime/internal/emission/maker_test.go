package emission_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

var (
	errBad = errors.New("bad")
	at     = brook.Position{Topic: "in", Partition: 2, Offset: 7}
	when   = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
)

// numbers is a reader that has the row of numbered emissions, unless it is nil.
type numbers struct {
	brook.Reader
	row []byte
	err error
}

func (n *numbers) Get(context.Context, brook.Table, []byte) (brook.Value, error) {
	switch {
	case n.err != nil:
		return brook.Value{}, n.err
	case n.row == nil:
		return brook.Value{}, brook.ErrNotFound
	}
	return brook.Value{Data: n.row}, nil
}

// refusing is an envelope that refuses to wrap.
type refusing struct{ brook.Envelope }

func (refusing) Wrap(*brook.Message, *brook.Record) error { return errBad }

func newMaker() (*emission.Maker, *numbers) {
	reader := &numbers{}
	return &emission.Maker{
		Config: &brook.Config{Name: "my/app", Author: "me", Envelope: brook.CloudEvents{}},
		Code:   &plan.Code{}, Sets: []string{"A", "B"}, IDs: ids.New(), Reader: reader,
		Publisher: &publisher.Publisher{Destinations: placement.NewDestinations(nil)},
	}, reader
}

// emitted is an event that set B emits when it handles another.
func emitted() (*delivery.Delivery, *delivery.Emission) {
	d := &delivery.Delivery{Ctx: context.Background(), Position: at}
	d.Message = brook.Message{
		ID: "cause", Author: "them", Time: when, Headers: []brook.Header{
			{Key: "traceparent", Value: []byte("00-1")}, {Key: "other", Value: []byte("x")},
			{Key: "tracestate", Value: []byte{0xff}},
		},
	}
	e := &delivery.Emission{Set: 1, Ordinal: 3}
	e.Out.Message = brook.Message{Type: "sent", Data: []byte(`{"a":1}`)}
	e.Out.Key, e.Out.Keyed, e.Out.Topic = []byte("k"), true, "out"
	return d, e
}

// An emission says what caused it, and has a place in the stream of partition and set.
func TestItem(t *testing.T) {
	k, _ := newMaker()
	d, e := emitted()
	item, err := k.Item(d, e, k.Source("log", partition.Of(at)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if item.Free || item.Position != at || item.Set != "B" || item.ID != "cause" ||
		item.Ordinal != 3 {
		t.Errorf("the item is %+v", item)
	}
	var m brook.Message
	if err := k.Config.Envelope.Open(&item.Record, &m); err != nil {
		t.Fatal(err)
	}
	if m.Author != "me" || m.Cause != "cause" || !m.Time.Equal(when) || !stream.Genuine(&m) {
		t.Errorf("the message is %+v", m)
	}
	if !strings.HasPrefix(m.Lane, "my%2Fapp/") || !strings.HasSuffix(m.Lane, "/in/2/B") ||
		m.Sequence != (brook.Sequence{Offset: 7, Ordinal: 3}) {
		t.Errorf("stream %q, %v", m.Lane, m.Sequence)
	}
	var names []string
	for _, h := range e.Out.Message.Headers {
		names = append(names, h.Key)
	}
	if strings.Join(names, " ") != "traceparent" {
		t.Errorf("headers %q, want the trace that is text", names)
	}
	d2, e2 := emitted()
	if again, err := k.Item(d2, e2, k.Source("log", partition.Of(at)), nil); err != nil ||
		string(again.Key) != string(item.Key) || e2.Out.Message.ID != e.Out.Message.ID {
		t.Error("the same emission has another ID or key")
	}
}

// An emission that the envelope refuses comes back without a record.
func TestItemRefused(t *testing.T) {
	k, _ := newMaker()
	k.Config.Envelope = refusing{}
	d, e := emitted()
	item, err := k.Item(d, e, k.Stem(), nil)
	if !errors.Is(err, errBad) || item == nil || item.Record.Value != nil || item.Set != "B" {
		t.Errorf("%+v, %v", item, err)
	}
}

// Numbers go on behind those in the store, with a gap, and are stored with a check.
func TestNumbers(t *testing.T) {
	k, reader := newMaker()
	reader.err = errBad
	if err := k.Open(t.Context()); !errors.Is(err, errBad) || k.Numbers != nil {
		t.Errorf("%v, want the store's error", err)
	}
	reader.err = nil
	if err := k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	var first, second brook.Message
	if n := k.Number(&first); n != 1 || first.Sequence.Offset != 1 || k.Number(&second) != 2 {
		t.Errorf("numbers begin with %d", n)
	}
	if first.Lane != second.Lane || !strings.HasPrefix(first.Lane, k.Stem()+"/") {
		t.Errorf("streams %q and %q", first.Lane, second.Lane)
	}
	write, check := k.Counted()
	if len(check.Value) > 0 {
		t.Errorf("the check is %q, want that there is no row", check.Value)
	}
	reader.row = write.Value.([]byte)
	if _, check = k.Counted(); string(check.Value) != string(reader.row) {
		t.Errorf("the check is %q, want %q", check.Value, reader.row)
	}
	k.Numbers = nil // another process
	if err := k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	var third brook.Message
	if n := k.Number(&third); n != 3+1<<20 || third.Lane != first.Lane {
		t.Errorf("number %d of %q, want a gap in %q", n, third.Lane, first.Lane)
	}
}

// A record that can be opened gets a number; one that can't is an error of its own.
func TestRenumber(t *testing.T) {
	k, _ := newMaker()
	d, e := emitted()
	item, err := k.Item(d, e, k.Source("log", partition.Of(at)), nil)
	if err != nil {
		t.Fatal(err)
	}
	number := func(m *brook.Message) int64 {
		stream.Sign(m, "numbered", brook.Sequence{Offset: 9})
		return 9
	}
	if err := k.Renumber(item, number); err != nil {
		t.Fatal(err)
	}
	var m brook.Message
	if err := k.Config.Envelope.Open(&item.Record, &m); err != nil {
		t.Fatal(err)
	}
	if !item.Free || m.Lane != "numbered" || m.Sequence.Offset != 9 || m.Cause != "cause" {
		t.Errorf("the message is %+v", m)
	}
	item.Record.Headers, item.Record.Value = nil, []byte("nothing")
	if err := k.Renumber(item, number); !errors.Is(err, emission.ErrNoRecord) {
		t.Errorf("%v, want ErrNoRecord", err)
	}
}

// Published events get an ID and a time; a keyed event without data needs a key of its record.
func TestWrap(t *testing.T) {
	k, _ := newMaker()
	out := &brook.Outbound{Message: brook.Message{Type: "sent", Data: []byte("{}")}, Topic: "out"}
	var r brook.Record
	if err := k.Wrap(out, &r); err != nil {
		t.Fatal(err)
	}
	m := &out.Message
	if m.ID == "" || m.Time.IsZero() || m.Author != "me" || r.Topic != "out" || !r.Time.IsZero() {
		t.Errorf("message %+v, record %+v", m, r)
	}
	null := &brook.Outbound{Message: brook.Message{Type: "sent", Data: []byte("null")}, Keyed: true}
	if err := k.Wrap(null, &r); err == nil {
		t.Error("an event is written whose key nobody could tell")
	}
	if err := k.Wrap(&brook.Outbound{Err: errBad}, &r); !errors.Is(err, errBad) {
		t.Errorf("%v, want the error of encoding", err)
	}
}
