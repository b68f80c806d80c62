package kafkadriver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/format"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	brook "github.com/brookgen/brookgen/runtime"
)

// What the official SDK for Go makes of our records, and what we make of its. The SDK's protocol
// for Kafka is a module of its own that links a Kafka client; here is what such a protocol
// does, over the SDK's own binding: attributes have the prefix ce_, datacontenttype is the
// header content-type.

var versions = spec.WithPrefix("ce_")

// sdkMessage is a record as the SDK reads it.
type sdkMessage struct{ r brook.Record }

func (m sdkMessage) contentType() string {
	b, _ := m.r.Header("content-type")
	return string(b)
}

func (m sdkMessage) ReadEncoding() binding.Encoding {
	switch _, binary := m.r.Header("ce_specversion"); {
	case format.IsFormat(m.contentType()):
		return binding.EncodingStructured
	case binary:
		return binding.EncodingBinary
	}
	return binding.EncodingUnknown
}

func (m sdkMessage) ReadStructured(ctx context.Context, w binding.StructuredWriter) error {
	if m.ReadEncoding() != binding.EncodingStructured {
		return binding.ErrNotStructured
	}
	return w.SetStructuredEvent(ctx, format.Lookup(m.contentType()), bytes.NewReader(m.r.Value))
}

func (m sdkMessage) ReadBinary(_ context.Context, w binding.BinaryWriter) error {
	if m.ReadEncoding() != binding.EncodingBinary {
		return binding.ErrNotBinary
	}
	b, _ := m.r.Header(versions.PrefixedSpecVersionName())
	version := versions.Version(string(b))
	if version == nil {
		return fmt.Errorf("version %q", b)
	}
	if err := w.SetAttribute(version.AttributeFromKind(spec.DataContentType),
		m.contentType()); err != nil {
		return err
	}
	for _, h := range m.r.Headers {
		var err error
		if attribute := version.Attribute(h.Key); attribute != nil {
			err = w.SetAttribute(attribute, string(h.Value))
		} else if name, ok := strings.CutPrefix(h.Key, "ce_"); ok {
			err = w.SetExtension(name, string(h.Value))
		}
		if err != nil {
			return err
		}
	}
	return w.SetData(bytes.NewReader(m.r.Value))
}

func (sdkMessage) Finish(error) error { return nil }

func (m sdkMessage) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	a := versions.Latest().AttributeFromKind(kind)
	name := a.PrefixedName()
	if kind == spec.DataContentType {
		name = "content-type"
	}
	if b, ok := m.r.Header(name); ok {
		return a, string(b)
	}
	return a, nil
}

func (m sdkMessage) GetExtension(name string) any {
	b, _ := m.r.Header("ce_" + name)
	return string(b)
}

// sdkWriter is a record as the SDK writes it.
type sdkWriter struct{ r *brook.Record }

func (w sdkWriter) Start(context.Context) error { return nil }
func (w sdkWriter) End(context.Context) error   { return nil }

func (w sdkWriter) add(key string, value any) error {
	if value == nil {
		return nil
	}
	s, err := types.Format(value)
	w.r.Headers = append(w.r.Headers, brook.Header{Key: key, Value: []byte(s)})
	return err
}

func (w sdkWriter) SetAttribute(a spec.Attribute, value any) error {
	if a.Kind() == spec.DataContentType {
		return w.add("content-type", value)
	}
	return w.add("ce_"+a.Name(), value)
}

func (w sdkWriter) SetExtension(name string, value any) error { return w.add("ce_"+name, value) }

func (w sdkWriter) SetData(data io.Reader) (err error) {
	w.r.Value, err = io.ReadAll(data)
	return err
}

func (w sdkWriter) SetStructuredEvent(_ context.Context, f format.Format,
	data io.Reader) (err error) {
	w.r.Headers = []brook.Header{{Key: "content-type",
		Value: []byte(f.MediaType() + "; charset=UTF-8")}}
	w.r.Value, err = io.ReadAll(data)
	return err
}

// A record that brook writes is, to the SDK, the event that it was.
func TestSDKReadsOurs(t *testing.T) {
	m := brook.Message{ID: "orders/0/7/Audit/1", Type: "order.placed", Author: "shop",
		Time: time.Date(2020, 6, 8, 12, 34, 56, 789012345, time.UTC), Cause: "c1",
		Lane: "orders/0/Audit", Sequence: brook.Sequence{Offset: 7, Ordinal: 1},
		Data: []byte(`{"order_id":"o1","note":"ü%20"}`),
		Headers: []brook.Header{{Key: "ce_subject", Value: []byte("o 1/ü")},
			{Key: "ce_traceparent", Value: []byte("00-1-2-01")},
			{Key: "region", Value: []byte("eu")}}}
	r := brook.Record{Topic: "orders", Key: []byte("ada")}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		t.Fatal(err)
	}
	e, err := binding.ToEvent(t.Context(), sdkMessage{r})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if e.ID() != m.ID || e.Type() != m.Type || e.Source() != m.Author || !e.Time().Equal(m.Time) ||
		e.Subject() != "o 1/ü" || e.SpecVersion() != "1.0" ||
		e.DataContentType() != "application/json" || !bytes.Equal(e.Data(), m.Data) {
		t.Errorf("the SDK reads\n%s", e)
	}
	want := map[string]any{"brookcause": "c1", "brooklane": "7.1 orders/0/Audit",
		"traceparent": "00-1-2-01"}
	if !reflect.DeepEqual(e.Extensions(), want) {
		t.Errorf("extensions %v, want %v", e.Extensions(), want)
	}
	// And back, in both modes.
	for _, mode := range []binding.Encoding{binding.EncodingBinary, binding.EncodingStructured} {
		got, _ := opened(t, *e, mode)
		want := m
		want.Keyed = true
		want.Headers = want.Headers[:2] // a header that is no attribute is not the event's
		if !reflect.DeepEqual(got, want) {
			t.Errorf("back in %s mode is\n%+v, was\n%+v", mode, got, want)
		}
	}
}

// opened has the SDK write an event, and opens the record. Extensions are a map to the SDK:
// here they come in order.
func opened(t *testing.T, e event.Event, mode binding.Encoding) (brook.Message, brook.Record) {
	t.Helper()
	var r brook.Record
	ctx := binding.WithPreferredEventEncoding(t.Context(), mode)
	if got, err := binding.Write(ctx, binding.ToMessage(&e), sdkWriter{&r},
		sdkWriter{&r}); err != nil || got != mode {
		t.Fatalf("written in %s mode, %v", got, err)
	}
	var m brook.Message
	if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
		t.Fatalf("%s mode: %v\n%s", mode, err, r.Value)
	}
	slices.SortFunc(m.Headers, func(a, b brook.Header) int { return strings.Compare(a.Key, b.Key) })
	return m, r
}

// Events that the SDK makes are read in both modes, all attributes included, and alike.
func TestWeReadTheSDKs(t *testing.T) {
	at := time.Date(2018, 4, 5, 17, 31, 0, 0, time.FixedZone("", 7200))
	full := event.New()
	full.SetID("A234")
	full.SetSource("/mycontext/ü?a=b c")
	full.SetType("com.example.someevent")
	full.SetTime(at)
	full.SetSubject("larger context")
	full.SetDataSchema("https://example.org/schema.json")
	full.SetExtension("comexampleother", 5)
	full.SetExtension("flag", true)
	full.SetExtension("traceparent", "00-1-2-01")
	if err := full.SetData("application/json",
		map[string]any{"appinfoA": "abc", "appinfoB": 123}); err != nil {
		t.Fatal(err)
	}
	least := event.New()
	least.SetID("1")
	least.SetSource("s")
	least.SetType("t")
	if err := least.SetData("application/json; charset=utf-8", "text"); err != nil {
		t.Fatal(err)
	}
	vendor := least.Clone()
	vendor.DataEncoded = []byte(`[1]`)
	vendor.SetDataContentType("application/vnd.example+json")
	encoded := least.Clone()
	encoded.DataEncoded, encoded.DataBase64 = []byte(`{"in":"base64"}`), true

	header := func(pairs ...string) (all []brook.Header) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, brook.Header{Key: pairs[i], Value: []byte(pairs[i+1])})
		}
		return all
	}
	for name, c := range map[string]struct {
		e    event.Event
		want brook.Message
	}{
		"full": {full, brook.Message{ID: "A234", Author: full.Source(),
			Type: "com.example.someevent", Time: at.UTC(),
			Data: []byte(`{"appinfoA":"abc","appinfoB":123}`),
			Headers: header("ce_comexampleother", "5", "ce_dataschema",
				"https://example.org/schema.json", "ce_flag", "true", "ce_subject",
				"larger context", "ce_traceparent", "00-1-2-01")}},
		"least":  {least, brook.Message{ID: "1", Author: "s", Type: "t", Data: []byte(`"text"`)}},
		"vendor": {vendor, brook.Message{ID: "1", Author: "s", Type: "t", Data: []byte(`[1]`)}},
		"encoded": {encoded, brook.Message{ID: "1", Author: "s", Type: "t",
			Data: []byte(`{"in":"base64"}`)}},
	} {
		c.want.Keyed = true
		for _, mode := range []binding.Encoding{binding.EncodingBinary,
			binding.EncodingStructured} {
			if name == "vendor" && mode == binding.EncodingStructured {
				// of …+json the SDK makes a string, where the JSON format wants the value itself
				continue
			}
			got, r := opened(t, c.e, mode)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s in %s mode is\n%+v, want\n%+v\nthe record was %s %s", name, mode, got,
					c.want, r.Headers, r.Value)
			}
			if mode == binding.EncodingStructured && !json.Valid(r.Value) {
				t.Errorf("%s: the SDK wrote %s", name, r.Value)
			}
		}
	}
}

// What is no JSON is refused in both modes, with an error that says so.
func TestWeRefuseTheSDKsXML(t *testing.T) {
	e := event.New()
	e.SetID("1")
	e.SetSource("s")
	e.SetType("t")
	if err := e.SetData("application/xml", []byte(`<much wow="xml"/>`)); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []binding.Encoding{binding.EncodingBinary, binding.EncodingStructured} {
		var r brook.Record
		if _, err := binding.Write(binding.WithPreferredEventEncoding(t.Context(), mode),
			binding.ToMessage(&e), sdkWriter{&r}, sdkWriter{&r}); err != nil {
			t.Fatal(err)
		}
		var m brook.Message
		if err := (brook.CloudEvents{}).Open(&r, &m); err == nil ||
			!strings.Contains(err.Error(), "only JSON") || m.Type != "t" {
			t.Errorf("%s mode: %v", mode, err)
		}
	}
}

// An event for which the SDK has no data is an event without data here too, in both modes.
// So it is if a Kafka client makes the empty value null, as the SDKs for Go and Java do;
// Python's leaves it empty.
func TestWeReadTheSDKsEventsWithoutData(t *testing.T) {
	e := event.New()
	e.SetID("1")
	e.SetSource("s")
	e.SetType("order.cancelled")
	xml := e.Clone()
	xml.SetDataContentType("application/xml")
	want := brook.Message{ID: "1", Author: "s", Type: "order.cancelled", Data: []byte("null"),
		Keyed: true}
	for name, e := range map[string]event.Event{"plain": e, "with a content type": xml} {
		for _, mode := range []binding.Encoding{binding.EncodingBinary,
			binding.EncodingStructured} {
			got, r := opened(t, e, mode)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s in %s mode is\n%+v, want\n%+v\nthe record was %s %q", name, mode, got,
					want, r.Headers, r.Value)
			}
			if mode == binding.EncodingStructured {
				continue
			}
			for _, value := range [][]byte{nil, {}} {
				r.Value = value
				got = brook.Message{}
				if err := (brook.CloudEvents{}).Open(&r, &got); err != nil ||
					!reflect.DeepEqual(got, want) || (brook.CloudEvents{}).IsTombstone(&r) {
					t.Errorf("%s with the value %#v is\n%+v, %v", name, value, got, err)
				}
				back, err := binding.ToEvent(t.Context(), sdkMessage{r})
				if err != nil || back.Validate() != nil || len(back.Data()) > 0 ||
					back.Type() != e.Type() {
					t.Errorf("the SDK reads %s, %v", back, err)
				}
			}
		}
	}
}
