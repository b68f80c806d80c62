package masking_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/masking"
)

var (
	registered = &brook.EventDef{Type: "registered", Was: []string{"signed.up"}, PII: []string{"email"}}
	seen       = &brook.EventDef{Type: "seen"}
	mail       = &brook.EventDef{Type: "mail.send", PII: []string{"to"}}
)

func TestPayload(t *testing.T) {
	m := masking.New(seen, registered, mail)
	const payload = `{"email":"a@b.c","to":"d@e.f"}`
	for typ, want := range map[string]string{
		"registered": `{"email":"***","to":"d@e.f"}`,
		"signed.up":  `{"email":"***","to":"d@e.f"}`,
		"mail.send":  `{"email":"a@b.c","to":"***"}`,
		"seen":       payload,
		"other":      `"***"`,
		"":           `"***"`,
	} {
		if got := m.Payload(typ, []byte(payload)); string(got) != want {
			t.Errorf("%q: %s, want %s", typ, got, want)
		}
	}
	if m := masking.New(seen); m != nil || string(m.Payload("other", []byte(payload))) != payload {
		t.Error("without pii something is masked")
	}
}

func TestLetter(t *testing.T) {
	m := masking.New(seen, registered, mail)
	wrapped := func(typ, data string) []byte {
		return fmt.Appendf(nil, `{"type":%q,"author":"a","create_ts":1,"data":%s}`, typ, data)
	}
	const payload = `{"email":"a@b.c"}`
	for _, c := range []struct {
		name   string
		letter brook.DeadLetter
		want   string
	}{
		{"handle", brook.DeadLetter{Stage: brook.StageHandle,
			Record: brook.Record{Value: wrapped("registered", payload)}}, `{"email":"***"}`},
		{"emit", brook.DeadLetter{Stage: brook.StageEmit,
			Record: brook.Record{Value: wrapped("signed.up", payload)}}, `{"email":"***"}`},
		{"nothing to hide", brook.DeadLetter{Stage: brook.StageHandle,
			Record: brook.Record{Value: wrapped("seen", payload)}}, payload},
		{"decode", brook.DeadLetter{Stage: brook.StageDecode, Type: "registered",
			Record: brook.Record{Value: wrapped("registered", payload)}}, `"***"`},
		{"a part of it", brook.DeadLetter{Stage: brook.StageHandle, Omitted: 1,
			Record: brook.Record{Value: wrapped("registered", payload)}}, `"***"`},
		{"no envelope", brook.DeadLetter{Stage: brook.StageHandle, Type: "seen",
			Record: brook.Record{Value: []byte("a@b.c")}}, `"***"`},
		{"unknown", brook.DeadLetter{Stage: brook.StageHandle,
			Record: brook.Record{Value: wrapped("other", payload)}}, `"***"`},
		{"job", brook.DeadLetter{Stage: brook.StageJob, Type: "mail.send",
			Record: brook.Record{Value: []byte(`{"to":"a@b.c","n":1}`)}}, `{"to":"***","n":1}`},
		{"a tombstone", brook.DeadLetter{Stage: brook.StageHandle}, ""},
	} {
		before := string(c.letter.Record.Value)
		if got := m.Letter(c.letter, brook.PlainJSON{}); string(got.Record.Value) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.Record.Value, c.want)
		}
		if string(c.letter.Record.Value) != before {
			t.Errorf("%s: the letter itself became %s", c.name, c.letter.Record.Value)
		}
		if got := (*masking.Masks)(nil).Letter(c.letter, nil); string(got.Record.Value) != before {
			t.Errorf("%s: without pii it became %s", c.name, got.Record.Value)
		}
	}
}

func TestError(t *testing.T) {
	m := masking.New(registered)
	var message brook.Message
	err := brook.PlainJSON{}.Open(&brook.Record{
		Value: []byte(`{"type":"registered","data":{"email":"a@b.c" "x"}}`)}, &message)
	if err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Fatalf("of the envelope: %v", err)
	}
	if got := m.Error(err); strings.Contains(got.Error(), `"x"`) ||
		!strings.Contains(got.Error(), "plain JSON: ") || !strings.Contains(got.Error(), "byte 45") {
		t.Errorf("masked: %v", got)
	}
	if got := (*masking.Masks)(nil).Error(err); !errors.Is(got, err) {
		t.Errorf("without pii: %v", got)
	}
	other := errors.New("no type")
	if got := m.Error(other); !errors.Is(got, other) {
		t.Errorf("an error that quotes nothing: %v", got)
	}
}
