package apptest

import (
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// Form is a form in which an envelope reads events, and what is true of that envelope.
type Form struct {
	Name string
	// Envelope returns the envelope of a topic. One that holds events of one type holds those of
	// typ, which is ledger.OpenedType for apps.
	Envelope func(topic, typ string) brook.Envelope

	Foreign bool // the envelope writes another form
	OneType bool // a topic holds events of one type
	Cloud   bool // it is that of CloudEvents: null may be an event, and an author is a source
	Unkeyed bool // the record's key is not the event's
	Millis  bool // times have milliseconds, and no more

	// Value and Headers are those of a record, with TYPE for the event's type and TIME for its
	// time; the data is 1. Optional are headers that count as absent if they are empty.
	Value    string
	Headers  []string
	Optional []string
}

var (
	cloudOptional = []string{"ce_id", "ce_source", "ce_time", "ce_brookcause", "ce_brooklane",
		"content-type", "CE_Time", "Ce_Id"}
	brookOptional = []string{"brook-id", "brook-author", "brook-time", "brook-cause", "brook-lane"}
)

// Forms are those of all envelopes. A new envelope is one more here.
var Forms = []Form{
	{Name: "CloudEvents", Envelope: cloud, Cloud: true, Value: `1`, Optional: cloudOptional,
		Headers: []string{"ce_specversion", "1.0", "ce_type", "TYPE", "ce_time", "TIME"}},
	{Name: "structured", Envelope: cloud, Cloud: true, Foreign: true,
		Value:   `{"specversion":"1.0","type":"TYPE","time":"TIME","brooklane":"","id":"","data":1}`,
		Headers: []string{"content-type", "application/cloudevents+json"}},
	{Name: "PlainJSON", Envelope: plain, Millis: true, Optional: brookOptional,
		Value: `{"type":"TYPE","create_ts":"TIME","data":1}`},
	{Name: "RawTopics", Envelope: raw, OneType: true, Optional: brookOptional, Value: `1`,
		Headers: []string{"brook-time", "TIME"}},
	{Name: "brook_serializer", Envelope: serializer, Unkeyed: true, Millis: true,
		Optional: brookOptional,
		Value:    `{"type":"TYPE","create_ts":"TIME","data":1,"__brook_struct__":"Elixir.Brook.Event"}`},
	{Name: "json_serde", Envelope: serde, Unkeyed: true, Millis: true, Optional: brookOptional,
		Value: `{"type":"TYPE","create_ts":"TIME","data":1,"__data_type__":"Elixir.Brook.Event"}`},
}

// Record returns a record of an event of a type, whose time is a text; "": it has none. It belongs
// to a topic named as the type, without a key.
func (f *Form) Record(typ, time string) brook.Record {
	fill := strings.NewReplacer("TYPE", typ, "TIME", time).Replace
	r := brook.Record{Topic: typ, Value: []byte(fill(f.Value))}
	for _, h := range Headers(f.Headers...) {
		if h.Value = []byte(fill(string(h.Value))); len(h.Value) > 0 {
			r.Headers = append(r.Headers, h)
		}
	}
	return r
}

// Ledger returns the envelope of an app of package ledger, in its topic.
func (f *Form) Ledger() brook.Envelope { return f.Envelope("ledger", ledger.OpenedType) }

// Envelopes are those that apps publish in, as one form of each.
func Envelopes() (all []Form) { return kept(func(f *Form) bool { return !f.Foreign }) }

// Shared are those of Envelopes in which one topic can hold events of every type.
func Shared() (all []Form) { return kept(func(f *Form) bool { return !f.Foreign && !f.OneType }) }

func kept(keep func(*Form) bool) (all []Form) {
	for i := range Forms {
		if keep(&Forms[i]) {
			all = append(all, Forms[i])
		}
	}
	return all
}

func cloud(_, _ string) brook.Envelope { return brook.CloudEvents{} }
func plain(_, _ string) brook.Envelope { return brook.PlainJSON{} }

func raw(topic, typ string) brook.Envelope {
	if topic == typ {
		return brook.RawTopics{} // that is what it takes a topic to hold
	}
	return brook.RawTopics{Types: map[string]string{topic: typ}}
}

func serializer(_, _ string) brook.Envelope { return elixir.Envelope{Types: structs} }

func serde(_, _ string) brook.Envelope {
	return elixir.Envelope{Format: elixir.JSONSerde, Types: structs}
}

// structs are the events of package ledger that hold what JSON has no types for.
var structs = map[string]elixir.Type{
	ledger.OpenedType: elixir.Struct{Name: "Elixir.Ledger.Opened",
		Fields: map[string]elixir.Type{"tags": elixir.MapSet{Of: elixir.Atom}}},
	ledger.NotedType: elixir.Struct{Name: "Elixir.Ledger.Noted"},
}
