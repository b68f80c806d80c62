package brook_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

func TestCloudEvents(t *testing.T) {
	m := apptest.FullMessage()
	m.Headers = append(m.Headers, apptest.Headers("ce_subject", "o1", "ce_partitionkey", "p")...)
	r := brook.Record{Topic: "orders", Key: []byte("u1")}
	got := reopened(t, brook.CloudEvents{}, m, &r)
	m.Keyed = true
	if !reflect.DeepEqual(got, m) {
		t.Errorf("opened is\n%+v, wrapped was\n%+v", got, m)
	}
	want := brook.Record{Topic: "orders", Key: []byte("u1"),
		Value: []byte(`{"order_id":"o1","cents":995}`),
		Headers: apptest.Headers(
			"ce_specversion", "1.0", "ce_id", "orders/0/7/Audit/1", "ce_source", `the "shop"`,
			"ce_type", "order.placed", "ce_time", "2020-06-08T12:34:56.789Z",
			"content-type", "application/json",
			"ce_brookcause", "c1", "ce_brooklane", "7.1 orders/0/Audit",
			"region", "eu", "traceparent", "00-1-2-01",
			"ce_subject", "o1", "ce_partitionkey", "p",
		)}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("the record is\n%s %s, want\n%s %s", r.Value, r.Headers, want.Value, want.Headers)
	}
}

func TestCloudEventsHeadersOfItsOwn(t *testing.T) {
	const reserved, misnamed = "belongs to the envelope", "lower-case letters and digits"
	for key, want := range map[string]string{
		"ce_id": reserved, "CE_Id": reserved, "ce_brooklane": reserved, "ce_data": reserved,
		"Content-Type": reserved,
		"ce_":          misnamed, "ce_my-name": misnamed, "CE_subject": misnamed,
		"ce_Subject": misnamed,
		"ce_subject": "", "subject": "", "c": "",
	} {
		m := apptest.FullMessage()
		m.Headers = apptest.Headers(key, "x")
		err := (brook.CloudEvents{}).Wrap(&m, &brook.Record{})
		if want == "" && err != nil ||
			want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("header %s: %v, want %q", key, err, want)
		}
	}
}

func TestCloudEventsOfOthers(t *testing.T) {
	at := time.Date(2018, 4, 5, 17, 31, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		r    brook.Record
		want brook.Message
	}{
		"no content-type, no id": {
			apptest.Binary(),
			brook.Message{Type: "t", Data: []byte(`{}`)},
		},
		"charset": {
			apptest.Binary("content-type", `Application/JSON; charset="UTF-8"`),
			brook.Message{Type: "t", Data: []byte(`{}`)},
		},
		"text/json": {
			apptest.Binary("content-type", `text/json;version=1`),
			brook.Message{Type: "t", Data: []byte(`{}`)},
		},
		"+json": {
			apptest.Binary("content-type", `application/vnd.x+json`),
			brook.Message{Type: "t", Data: []byte(`{}`)},
		},
		"other case": {
			apptest.Binary("CE_Id", "i", "Ce_Time", "2018-04-05T19:31:00+02:00", "Content-Type",
				"text/json", "Ce_Subject", "s"),
			brook.Message{ID: "i", Type: "t", Time: at, Data: []byte(`{}`),
				Headers: apptest.Headers("ce_subject", "s")},
		},
		"not percent-encoded": {
			apptest.Binary("ce_source", "a%20ü b"),
			brook.Message{Author: "a%20ü b", Type: "t", Data: []byte(`{}`)},
		},
		"structured": {
			apptest.Structured(` {"specversion":"1.0","type":"t","data":[ 1 ]} `),
			brook.Message{Type: "t", Data: []byte(`[ 1 ]`)},
		},
		"structured, charset": {
			apptest.Structured(`{"data":1,"specversion":"1.0","type":"t"}`, "content-type",
				"Application/CloudEvents+JSON; charset=UTF-8"),
			brook.Message{Type: "t", Data: []byte(`1`)},
		},
		"structured, no data": {
			apptest.Structured(`{"specversion":"1.0","type":"t","id":"\u0031","time":"2018-04-05T19:31:00+02:00"}`),
			brook.Message{ID: "1", Type: "t", Time: at, Data: []byte(`null`)},
		},
		"structured, nulls": {
			apptest.Structured(`{"specversion":"1.0","type":"t","id":null,"time":null,"subject":null,"datacontenttype":null,"data_base64":null,"data":null}`),
			brook.Message{Type: "t", Data: []byte(`null`)},
		},
		"structured, base64": {
			apptest.Structured(`{"specversion":"1.0","type":"t","data_base64":"eyJhIjoxfQ=="}`),
			brook.Message{Type: "t", Data: []byte(`{"a":1}`)},
		},
		"structured, case of names": {
			apptest.Structured(`{"specversion":"1.0","type":"t","Type":"x","data":"d"}`),
			brook.Message{Type: "t", Data: []byte(`"d"`), Headers: apptest.Headers("ce_Type", "x")},
		},
		"structured, extensions and headers": {
			apptest.Structured(`{"specversion":"1.0","type":"t","data":0,"n":-5,"b":true,"subject":"\"s\"","traceparent":"00-1-2-01","brookcause":"c","brooklane":"7.1 l","source":"s"}`,
				"content-type", "application/cloudevents+json",
				"ce_type", "other", "ce_subject", "other", "region", "eu"),
			brook.Message{Type: "t", Author: "s", Cause: "c",
				Lane: "l", Sequence: brook.Sequence{Offset: 7, Ordinal: 1}, Data: []byte(`0`),
				Headers: apptest.Headers("region", "eu", "ce_n", "-5", "ce_b", "true",
					"ce_subject", `"s"`, "ce_traceparent", "00-1-2-01")},
		},
	} {
		m := apptest.FullMessage()
		if err := (brook.CloudEvents{}).Open(&c.r, &m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Keyed = true
		if !reflect.DeepEqual(m, c.want) {
			t.Errorf("%s is\n%+v, want\n%+v", name, m, c.want)
		}
	}
}

func TestCloudEventsErrors(t *testing.T) {
	for want, r := range map[string]brook.Record{
		"no CloudEvent: neither": {Value: []byte(`{}`)},
		"ce_type is missing": {Value: []byte(`{}`),
			Headers: apptest.Headers("ce_specversion", "1.0")},
		`ce_specversion: "0.3"`: {Value: []byte(`{}`),
			Headers: apptest.Headers("ce_specversion", "0.3", "ce_type", "t")},
		"ce_time":      apptest.Binary("ce_time", "noon"),
		"ce_brooklane": apptest.Binary("ce_brooklane", "noon"),
		`"application/avro": only JSON`: apptest.Binary("content-type",
			"application/avro"),
		`"application/x-ndjson": only JSON`: apptest.Binary("content-type",
			"application/x-ndjson"),
		`charset=utf-16": only JSON in UTF-8`:          apptest.Binary("content-type", "application/json; charset=utf-16"),
		"has no batches":                               apptest.Structured(`[]`, "content-type", "application/cloudevents-batch+json"),
		"application/cloudevents+avro":                 apptest.Structured(`x`, "content-type", "application/cloudevents+avro"),
		`charset=latin1": only JSON in UTF-8`:          apptest.Structured(`{}`, "content-type", "application/cloudevents+json;charset=latin1"),
		"structured CloudEvent: json: found an array":  apptest.Structured(`[]`),
		"specversion or type is missing":               apptest.Structured(`{"specversion":"1.0"}`),
		`specversion "2.0"`:                            apptest.Structured(`{"specversion":"2.0","type":"t"}`),
		"type: found number 1":                         apptest.Structured(`{"specversion":"1.0","type":1}`),
		"both data and data_base64":                    apptest.Structured(`{"specversion":"1.0","type":"t","data":1,"data_base64":"MQ=="}`),
		"data_base64: illegal":                         apptest.Structured(`{"specversion":"1.0","type":"t","data_base64":"?"}`),
		`datacontenttype "application/xml": only JSON`: apptest.Structured(`{"specversion":"1.0","type":"t","data":"<a/>","datacontenttype":"application/xml"}`),
		"time:":      apptest.Structured(`{"specversion":"1.0","type":"t","time":"noon"}`),
		"brooklane:": apptest.Structured(`{"specversion":"1.0","type":"t","brooklane":"noon"}`),
		"structured CloudEvent: json: data.a: found '}'": apptest.Structured(`{"specversion":"1.0","type":"t","data":{"a":}`),
	} {
		var m brook.Message
		if err := (brook.CloudEvents{}).Open(&r, &m); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: %v, want an error with %q", r.Headers, r.Value, err, want)
		}
	}
}

// FuzzStructured compares what is opened with what encoding/json finds.
func FuzzStructured(f *testing.F) {
	for _, value := range []string{
		`{"specversion":"1.0","type":"t","data":{"a":1}}`,
		`{"specversion":"1.0","type":"t","x":"\u0000","y":[1]}`,
		`{"type":"t"}`,
		`{"specversion":"1.0","type":"t","data_base64":"MQ=="}`,
	} {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		r := apptest.Structured(string(value))
		var m brook.Message
		if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
			return
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(value, &all); err != nil {
			t.Fatalf("%q is taken, though %v", value, err)
		}
		var typ string
		if json.Unmarshal(all["type"], &typ) != nil || all["type"][0] == '"' && typ != m.Type {
			t.Errorf("%q: type %q", value, m.Type)
		}
		if data, ok := all["data"]; ok && string(m.Data) != strings.Trim(string(data), " \t\r\n") {
			t.Errorf("%q: data %q", value, m.Data)
		}
	})
}

func ExampleCloudEvents() {
	m := brook.Message{
		ID: "o1", Type: "order.placed", Author: "shop",
		Time: time.UnixMilli(1591619696789).UTC(), Data: []byte(`{"order_id":"o1"}`),
	}
	r := brook.Record{Topic: "orders", Key: []byte("ada")}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n", r.Value)
	for _, h := range r.Headers {
		fmt.Printf("%s: %s\n", h.Key, h.Value)
	}
	// Output:
	// {"order_id":"o1"}
	// ce_specversion: 1.0
	// ce_id: o1
	// ce_source: shop
	// ce_type: order.placed
	// ce_time: 2020-06-08T12:34:56.789Z
	// content-type: application/json
}

func BenchmarkCloudEvents(b *testing.B) {
	m := apptest.FullMessage()
	m.Headers = nil
	var r brook.Record
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		b.Fatal(err)
	}
	b.Run("binary", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
	s := apptest.Structured(`{"specversion":"1.0","id":"1","source":"shop","type":"order.placed",` +
		`"time":"2020-06-08T12:34:56.789Z","datacontenttype":"application/json",` +
		`"data":{"order_id":"o1"}}`)
	b.Run("structured", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := (brook.CloudEvents{}).Open(&s, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
