package delivery_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// envelope opens every record as the message, with err.
type envelope struct {
	message brook.Message
	err     error
}

func (e envelope) Wrap(*brook.Message, *brook.Record) error { panic("nobody publishes") }

func (e envelope) Open(_ *brook.Record, m *brook.Message) error { *m = e.message; return e.err }

// unreliable is an error of an envelope that is not sure of the type.
type unreliable struct{ error }

func (unreliable) Untyped() bool { return true }

// An envelope's error is the event's, unless the type is none of the package's.
func TestUnwrapErrors(t *testing.T) {
	for _, c := range []struct {
		typ  string
		err  error
		dead bool
	}{
		{"placed", nil, false},
		{"placed", errBad, true},
		{"", errBad, true},
		{"theirs", errBad, false},
		{"theirs", unreliable{errBad}, true},
	} {
		f := newFixture(t)
		f.Unwrap(envelope{brook.Message{Type: c.typ, Keyed: true, Lane: "s"}, c.err}, false, code)
		if dead := f.DecodeErr != nil; dead != c.dead || dead != f.Known {
			t.Errorf("type %q, %v: decode error %v, known %t", c.typ, c.err, f.DecodeErr, f.Known)
		}
		if c.dead && !errors.Is(f.DecodeErr, c.err) {
			t.Errorf("type %q: decode error %v", c.typ, f.DecodeErr)
		}
		if f.Message.Lane != "" {
			t.Errorf("type %q, %v: an emission of nobody", c.typ, c.err)
		}
		if c.err != nil && f.Message.Keyed != (c.typ != "") {
			t.Errorf("type %q, %v: keyed is %t", c.typ, c.err, f.Message.Keyed)
		}
	}
}

// An event without ID is named after its position; one without time has that of its record, unless
// no event could have it.
func TestUnwrapDefaults(t *testing.T) {
	f := newFixture(t)
	f.record.Time = written.In(time.FixedZone("x", 3600))
	f.Unwrap(envelope{message: brook.Message{Type: "placed"}}, false, code)
	if f.Named || f.Message.ID != at.String() || f.Message.Time != written {
		t.Errorf("ID %q, named %t, time %s", f.Message.ID, f.Named, f.Message.Time)
	}
	f.record.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Unwrap(envelope{message: brook.Message{Type: "placed", ID: "1"}}, true, code)
	if !f.Named || f.Message.ID != "1" || !f.Message.Time.IsZero() || !f.Bare {
		t.Errorf("ID %q, named %t, time %s", f.Message.ID, f.Named, f.Message.Time)
	}
	early := written.AddDate(-1, 0, 0)
	f.Unwrap(envelope{message: brook.Message{Type: "placed", Time: early}}, false, code)
	if f.Message.Time != early {
		t.Errorf("time %s, want the event's", f.Message.Time)
	}
}

// Headers of an emission that were copied to somebody else's event do not make it one.
func TestCopiedHeaders(t *testing.T) {
	genuine := brook.Message{
		Type: "placed", ID: "app/s/4/A/0", Lane: "app/s/A", Sequence: brook.Sequence{Offset: 4},
	}
	f := newFixture(t)
	f.Unwrap(envelope{message: genuine}, false, code)
	if f.Message.Lane != "app/s/A" {
		t.Errorf("stream %q, want that of the emission", f.Message.Lane)
	}
	copied := genuine
	copied.ID = "theirs"
	f.Unwrap(envelope{message: copied}, false, code)
	if f.Message.Lane != "" {
		t.Errorf("stream %q of somebody else's event", f.Message.Lane)
	}
	copied.Hash = "0123"
	f.Unwrap(envelope{message: copied}, false, code)
	if f.Message.Lane != "" {
		t.Errorf("stream %q of an event with another hash", f.Message.Lane)
	}
}

// Generated code that panics while it decodes makes the event a dead letter.
func TestDispatchPanics(t *testing.T) {
	f := newFixture(t)
	f.Dispatch(func(*delivery.Delivery) { panic("oh") })
	var p *brook.PanicError
	if !errors.As(f.DecodeErr, &p) || !f.Known {
		t.Errorf("decode error %v, known %t", f.DecodeErr, f.Known)
	}
}

// A record's key matches if it is the text of the event's key.
func TestKeyMatches(t *testing.T) {
	text := schema.Event{Shape: "string"}
	number := schema.Event{Shape: "int64"}
	for _, c := range []struct {
		event   schema.Event
		encoded []byte
		record  string
		want    bool
	}{
		{text, key.AppendString(nil, "ab"), "ab", true},
		{text, key.AppendString(nil, "ab"), "ac", false},
		{text, key.AppendString(nil, "ab"), "a", false},
		{text, key.AppendString(nil, "ab"), "abc", false},
		{text, key.AppendString(nil, ""), "", true},
		{text, key.AppendString(nil, "a\x00b"), "a\x00b", true},
		{number, key.AppendInt(nil, int64(-5)), "-5", true},
		{number, key.AppendInt(nil, int64(-5)), "5", false},
		{number, []byte("x"), "x", false},
	} {
		if got := delivery.KeyMatches(c.event, c.encoded, []byte(c.record)); got != c.want {
			t.Errorf("%s key %q and %q match: %t", c.event.Shape, c.encoded, c.record, got)
		}
	}
}

// A history entry has bytes of its own.
func TestHistoryEntry(t *testing.T) {
	f := newFixture(t)
	data := []byte("data")
	f.Message.Data = data
	f.Message.Headers = []brook.Header{{Key: "h", Value: data[1:3]}, {Key: "none"}}
	e := f.HistoryEntry()
	copy(data, "XXXX")
	f.record.Key[0] = 'X'
	f.Message.Headers[0].Key = "X"
	if string(e.Key) != "k" || string(e.Data) != "data" || e.Position != at {
		t.Errorf("the entry is %+v", e)
	}
	h := e.Headers
	if len(h) != 2 || h[0].Key != "h" || string(h[0].Value) != "at" || h[1].Value != nil {
		t.Errorf("its headers are %v", h)
	}
	_ = append(e.Key, 'X')
	if string(e.Data) != "data" {
		t.Error("key and data share room")
	}
}

// What handlers may keep has bytes of its own, however large, and none that another event's has.
func TestLasting(t *testing.T) {
	for _, size := range []int{0, 1, 100, 1000} {
		f := newFixture(t)
		data := bytes.Repeat([]byte("d"), size)
		want := string(data)
		f.record.Key = data
		f.Message.Headers = []brook.Header{{Key: "h", Value: data}, {Key: "none"}}
		k, h := f.Lasting()
		other, _ := f.Lasting()
		clear(data)
		f.Message.Headers[0] = brook.Header{}
		_ = append(k, 'X')
		if string(k) != want || string(other) != want || k == nil {
			t.Errorf("%d bytes: the keys are %q and %q", size, k, other)
		}
		if len(h) != 2 || h[0].Key != "h" || string(h[0].Value) != want || h[1].Value != nil {
			t.Errorf("%d bytes: the headers are %v", size, h)
		}
		f.record.Key, f.Message.Headers = nil, nil
		if k, h := f.Lasting(); k != nil || h != nil {
			t.Errorf("without key and headers there are %q, %v", k, h)
		}
	}
}

// A key that a record does not have, or can't have, is an error that says why.
func TestGivenKey(t *testing.T) {
	for _, c := range []struct {
		key   []byte
		keyed bool
		shape key.Shape
		want  string
	}{
		{[]byte("k"), true, "string", "k"},
		{[]byte("k"), false, "string", "the key of its record is another one"},
		{nil, true, "string", "its record has none"},
		{[]byte{0xff}, true, "string", `that of its record, "\xff", is no UTF-8`},
	} {
		f := newFixture(t)
		f.record.Key, f.Message.Keyed = c.key, c.keyed
		got, err := f.GivenKey(c.shape)
		text, _ := key.DecodeString[string](got)
		if err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%q is %q, want %q", c.key, text, c.want)
		}
	}
	f := newFixture(t)
	if got, err := f.GivenKey("int64"); err == nil {
		t.Errorf("k is the number %x", got)
	}
}

// An envelope's error does not quote the record if the package has pii.
func TestUnwrapMasks(t *testing.T) {
	f := newFixture(t)
	f.Record.Value = []byte(`{"type":"placed","data":{"email":"a@b.c" "secret"}}`)
	f.Unwrap(brook.PlainJSON{}, false, code)
	if f.DecodeErr == nil || !strings.Contains(f.DecodeErr.Error(), "secret") {
		t.Errorf("without pii: %v", f.DecodeErr)
	}
	def.Events = []*brook.EventDef{{Type: "placed", PII: []string{"email"}}}
	defer func() { def.Events = nil }()
	f.Unwrap(brook.PlainJSON{}, false, code)
	if f.DecodeErr == nil || strings.Contains(f.DecodeErr.Error(), "secret") {
		t.Errorf("with pii: %v", f.DecodeErr)
	}
}
