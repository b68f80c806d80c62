package apptest

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Headers makes headers of names and values.
func Headers(pairs ...string) (all []brook.Header) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, brook.Header{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return all
}

// FullMessage returns a message that uses all there is.
func FullMessage() brook.Message {
	return brook.Message{ID: "orders/0/7/Audit/1", Type: "order.placed", Author: `the "shop"`,
		Time: time.Date(2020, 6, 8, 12, 34, 56, 789e6, time.UTC), Cause: "c1",
		Lane: "orders/0/Audit", Sequence: brook.Sequence{Offset: 7, Ordinal: 1},
		Headers: Headers("region", "eu", "traceparent", "00-1-2-01"),
		Data:    []byte(`{"order_id":"o1","cents":995}`)}
}

// Structured returns a record in structured mode.
func Structured(value string, pairs ...string) brook.Record {
	if pairs == nil {
		pairs = []string{"content-type", "application/cloudevents+json"}
	}
	return brook.Record{Value: []byte(value), Headers: Headers(pairs...)}
}

// Binary returns a record in binary mode, with further headers.
func Binary(pairs ...string) brook.Record {
	return brook.Record{Value: []byte(`{}`),
		Headers: append(Headers("ce_specversion", "1.0", "ce_type", "t"), Headers(pairs...)...)}
}
