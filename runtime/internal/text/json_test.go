package text_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/text"
)

func TestWrapper(t *testing.T) {
	for data, want := range map[string]string{
		`{"schema":{"a":1},"payload":{"b":2}}`:       "Kafka Connect",
		`{"\u0073chema":null,"payload":null,"x":[]}`: "Kafka Connect",
		`{"before":null,"after":{"id":1},"op":"c"}`:  "Debezium",
		`{"op":"d","before":{"id":1}}`:               "Debezium",
		`{"op":1,"after":{}}`:                        "", // an op that is none of Debezium's
		`{"op":"c"}`:                                 "",
		`{"schema":1}`:                               "",
		`{"payload":1}`:                              "",
		`{"x":{"schema":1,"payload":2}}`:             "",
		`{}`:                                         "",
		`[1]`:                                        "",
		`"schema"`:                                   "",
		``:                                           "",
		`{"schema":1,"payload":2`:                    "",
		`{"schema":1,"payload":2} x`:                 "",
	} {
		got := text.Wrapper([]byte(data))
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q", data, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	cause := errors.New("cause")
	for data, want := range map[string]string{
		"":                         "cause",
		"\x00\x00\x00\x00":         "cause",
		"{\x00\x00\x00\x07":        "cause",
		"\x00\x00\x00\x00\x07\x02": "(schema 7), so it is Avro or Protobuf, and no JSON: cause",
		"\x00\x00\x00\x01\x00":     "(schema 256), so it is Avro or Protobuf, and no JSON: cause",
		"\x00\x00\x00\x00\x07{}":   "(schema 7), and JSON comes after them",
		"\x00\x00\x00\x00\x07 \n[": "(schema 7), and JSON comes after them",
	} {
		err := text.Explain([]byte(data), cause)
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
		if want == "cause" && err != cause {
			t.Errorf("%q: %v is more than the cause", data, err)
		}
	}
}

func TestIsNull(t *testing.T) {
	for data, want := range map[string]bool{
		"null": true, " \t\r\nnull\n": true,
		"": false, " ": false, "nul": false, "nullx": false, `"null"`: false, "{}": false,
		"0":         false,
		"null null": false, "Null": false,
	} {
		if got := text.IsNull([]byte(data)); got != want {
			t.Errorf("%q: %v", data, got)
		}
	}
}
