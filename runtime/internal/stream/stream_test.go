package stream

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// IDs and streams are on the wire, and receivers compare them with those of earlier versions: their
// form is fixed.
func TestFormOfStreams(t *testing.T) {
	want(t, "log", ShortLog("log-1"), "ed2981ad")
	source := "shop/" + ShortLog("log-1") + "/orders/3"
	cause := &brook.Message{ID: "cause"}
	at := brook.Position{Topic: "orders", Partition: 3, Offset: 7}
	want(t, "ID", EmissionID(source, cause, at, "set", 4), "shop/ed2981ad/orders/3/7/set/4")
	want(t, "ID of a cause in no log",
		EmissionID("shop", cause, brook.Position{}, "set", 4), "shop/cause/set/4")

	m := brook.Message{Author: "author", ID: "x"}
	Sign(&m, "stream", brook.Sequence{Offset: 7, Ordinal: 4})
	want(t, "stream", m.Lane, "stream")
	want(t, "sequence", m.Sequence, brook.Sequence{Offset: 7, Ordinal: 4})
	want(t, "hash", m.Hash, "28124bf72658e6ae")
	want(t, "digits", hexadecimal(0x0123456789abcdef, 16), "0123456789abcdef")
	want(t, "few digits", hexadecimal(0xabc, 4), "0abc")
}

// A hash fits one author and one ID.
func TestGenuineByHash(t *testing.T) {
	signed := brook.Message{Author: "ab", ID: "c"}
	Sign(&signed, "stream", brook.Sequence{Offset: 7})
	want(t, "signed", Genuine(&signed), true)
	changes := map[string]func(m *brook.Message){
		"ID":             func(m *brook.Message) { m.ID = "d" },
		"author":         func(m *brook.Message) { m.Author = "x" },
		"moved letter":   func(m *brook.Message) { m.Author, m.ID = "a", "bc" },
		"hash":           func(m *brook.Message) { m.Hash = "0" + m.Hash[1:] },
		"short hash":     func(m *brook.Message) { m.Hash = m.Hash[:15] },
		"missing hash":   func(m *brook.Message) { m.Hash = "" },
		"all but the ID": func(m *brook.Message) { m.ID = m.Lane + "/7/0" },
	}
	for name, change := range changes {
		m := signed
		change(&m)
		want(t, name, Genuine(&m), false)
	}
}

// Earlier versions wrote no hash: the ID had the form stream…/offset/set/ordinal.
func TestGenuineByForm(t *testing.T) {
	tests := []struct {
		stream string
		at     brook.Sequence
		id     string
		want   bool
	}{
		{"orders/0/Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "orders/0/7/Audit/1", true},
		{"orders/0/Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "orders/0/7/Audit/2", false},
		{"orders/0/Audit", brook.Sequence{Offset: 8, Ordinal: 1}, "orders/0/7/Audit/1", false},
		{"orders/0/Other", brook.Sequence{Offset: 7, Ordinal: 1}, "orders/0/7/Audit/1", false},
		{"orders/1/Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "orders/0/7/Audit/1", false},
		{"orders/0/Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "mine", false},
		{"orders/0/Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "", false},
		{"Audit", brook.Sequence{Offset: 7, Ordinal: 1}, "/7/Audit/1", false},
		{"", brook.Sequence{}, "/0//0", false},
		// Of redriven events, which clocks numbered.
		{"orders/0/Audit/redrive", brook.Sequence{Offset: 17e17}, "orders/0/3/Audit/0", true},
		{"orders/0/Audit/redrive", brook.Sequence{Offset: 17e17}, "orders/0/3/Audit/1", false},
		{"orders/0/Audit/redrive", brook.Sequence{Offset: 17e17}, "orders/1/3/Audit/0", false},
		{"orders/0/Audit/redrive", brook.Sequence{Offset: 17e17}, "mine", false},
		{"/redrive", brook.Sequence{}, "", false},
	}
	for _, test := range tests {
		m := brook.Message{Lane: test.stream, Sequence: test.at, ID: test.id, Author: "x"}
		want(t, test.stream+" of "+test.id, Genuine(&m), test.want)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Headers of a trace take the place of those of the same names, in new memory.
func TestWith(t *testing.T) {
	h := func(key, value string) brook.Header { return brook.Header{Key: key, Value: []byte(value)} }
	text := func(headers []brook.Header) (text string) {
		for _, h := range headers {
			text += h.Key + "=" + string(h.Value) + " "
		}
		return text
	}
	before := []brook.Header{h("a", "1"), h("traceparent", "old"), h("b", "2"), h("traceparent", "older")}
	kept := text(before)
	got := With(before, []brook.Header{h("traceparent", "new"), h("tracestate", "s")})
	want(t, "joined", text(got), "a=1 b=2 traceparent=new tracestate=s ")
	want(t, "what it was made of", text(before), kept)
	want(t, "with none", text(With(before, nil)), kept)
	want(t, "of none", text(With(nil, before[:1])), "a=1 ")
}
