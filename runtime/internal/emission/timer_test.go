package emission_test

import (
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// The event of a timer is as it was set: the code may have given it another name or version since.
func TestTimer(t *testing.T) {
	k, _ := newMaker()
	k.Code = plan.New("in", []string{"A", "B"}, []plan.Handler{{Event: "late", Timers: []string{"late"}}},
		nil, nil, []*brook.EventDef{{Type: "late", Was: []string{"too.late"}, Topic: "times", Version: 3}})
	if err := k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := &timers.Row{
		Due: when.Add(time.Nanosecond), ID: "my%2Fapp/0/in/2/7/B/1", Version: 2, Key: []byte("k"),
		Data: []byte(`{"a":1}`), Position: at, Cause: "cause", Set: "B", Ordinal: 1,
		Headers: []brook.Header{{Key: "traceparent", Value: []byte("00-1")}},
	}
	item, err := k.Timer(t.Context(), "too.late", row)
	if err != nil {
		t.Fatal(err)
	}
	if !item.Free || item.Position != at || item.Set != "B" || item.Ordinal != 1 || item.Number() != 1 ||
		item.Record.Topic != "times" || string(item.Record.Key) != "k" {
		t.Errorf("the item is %+v", item)
	}
	var m brook.Message
	if err := k.Config.Envelope.Open(&item.Record, &m); err != nil {
		t.Fatal(err)
	}
	if m.ID != row.ID || m.Type != "too.late" || m.Author != "me" || m.Cause != "cause" ||
		!m.Time.Equal(row.Due) || m.Version != 2 || string(m.Data) != `{"a":1}` ||
		len(m.Headers) != 1 || m.Headers[0].Key != "traceparent" {
		t.Errorf("the message is %+v", m)
	}
	if !stream.Genuine(&m) || !stream.FromTimer(m.Lane, k.Stem()) || stream.FromTimer(m.Lane, "my") {
		t.Errorf("the stream is %q", m.Lane)
	}
	again, err := k.Timer(t.Context(), "too.late", row)
	if err != nil || again.Number() != 2 || string(again.Key) == string(item.Key) {
		t.Errorf("the next one has number %d, %v", again.Number(), err)
	}
	if err := k.Renumber(again, k.Number); err != nil || again.Number() != 3 {
		t.Errorf("renumbered it has number %d, %v", again.Number(), err)
	}
	if err := k.Config.Envelope.Open(&again.Record, &m); err != nil || m.ID != row.ID ||
		!stream.Genuine(&m) || !stream.FromTimer(m.Lane, k.Stem()) || m.Sequence.Offset != 3 {
		t.Errorf("renumbered it is %+v, %v", m, err)
	}
	k.Config.Envelope = refusing{}
	if item, err := k.Timer(t.Context(), "late", row); !errors.Is(err, errBad) || item == nil ||
		item.ID != "cause" {
		t.Errorf("one that is refused: %+v, %v", item, err)
	}
}
