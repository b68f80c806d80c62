package brook_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

func TestRawTopics(t *testing.T) {
	e := brook.RawTopics{Types: map[string]string{"orders": "order.placed"}}
	m := apptest.FullMessage()
	r := brook.Record{Topic: "orders", Key: []byte("u1")}
	got := reopened(t, e, m, &r)
	m.Keyed = true
	if !reflect.DeepEqual(got, m) {
		t.Errorf("opened is\n%+v, wrapped was\n%+v", got, m)
	}
	want := brook.Record{Topic: "orders", Key: []byte("u1"),
		Value: []byte(`{"order_id":"o1","cents":995}`),
		Headers: apptest.Headers("brook-id", "orders/0/7/Audit/1", "brook-cause", "c1",
			"brook-lane", "7.1 orders/0/Audit", "region", "eu", "traceparent", "00-1-2-01",
			"brook-author", `the "shop"`, "brook-time", "2020-06-08T12:34:56.789Z")}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("the record is\n%s %s, want\n%s %s", r.Value, r.Headers, want.Value, want.Headers)
	}
}

func TestRawTopicsOfOthers(t *testing.T) {
	e := brook.RawTopics{Types: map[string]string{"orders": "order.placed"}}
	for topic, typ := range map[string]string{
		"orders": "order.placed", "device.state": "device.state",
	} {
		m := apptest.FullMessage()
		r := brook.Record{Topic: topic, Value: []byte(`{"a":1}`),
			Headers: apptest.Headers("source", "s1")}
		if err := e.Open(&r, &m); err != nil {
			t.Fatal(err)
		}
		want := brook.Message{Type: typ, Keyed: true, Data: r.Value, Headers: r.Headers}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("topic %s: %+v, want %+v", topic, m, want)
		}
	}
}

func TestRawTopicsErrors(t *testing.T) {
	e := brook.RawTopics{Types: map[string]string{"orders": "order.placed"}}
	for _, c := range []struct {
		topic string
		m     brook.Message
		want  string
	}{
		{"orders", brook.Message{Type: "order.paid", Data: []byte("1")},
			`"order.paid" a topic of its own`},
		{"payments", brook.Message{Type: "order.placed", Data: []byte("1")},
			`topic "payments" holds events of type "payments" alone`},
		{"orders", brook.Message{Type: "order.placed"}, "tombstone"},
		{"orders", brook.Message{Type: "order.placed", Data: []byte("1"),
			Headers: apptest.Headers("brook-x", "")}, "belong to the envelope"},
	} {
		err := e.Wrap(&c.m, &brook.Record{Topic: c.topic})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v on %s: %v, want an error with %q", c.m, c.topic, err, c.want)
		}
	}
	var m brook.Message
	r := brook.Record{Topic: "orders", Value: []byte("1"),
		Headers: apptest.Headers("brook-time", "noon")}
	if err := e.Open(&r, &m); err == nil || m.Type != "order.placed" {
		t.Errorf("a bad brook-time: %v", err)
	}
	r = brook.Record{Topic: "orders", Key: []byte("ada"), Value: []byte(" null\n")}
	if err := e.Open(&r, &m); err == nil || m.Type != "order.placed" || !m.Keyed {
		t.Errorf("a payload null: %v", err)
	}
}

func ExampleRawTopics() {
	e := brook.RawTopics{Types: map[string]string{"orders": "order.placed"}}
	var m brook.Message
	for _, r := range []brook.Record{
		{Topic: "orders", Key: []byte("ada"), Value: []byte(`{"order_id":"o1"}`)},
		{Topic: "device.state", Value: []byte(`{"on":true}`)}, // not in Types
	} {
		err := e.Open(&r, &m)
		fmt.Println(m.Type, string(m.Data), err)
	}
	// Output:
	// order.placed {"order_id":"o1"} <nil>
	// device.state {"on":true} <nil>
}
