package text

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/brookgen/brookgen/runtime/wire"
)

// Wrapper returns a description of what a JSON object is if it only contains the payload, "" if it
// looks like no wrapper that is known.
func Wrapper(data []byte) string {
	var schema, payload, state, op bool
	d := wire.NewDecoder(data)
	for i := 0; ; i++ {
		name, ok := d.Member(i)
		if !ok {
			break
		}
		switch string(wire.Unquote(name)) {
		case "schema":
			schema = true
		case "payload":
			payload = true
		case "before", "after":
			state = true
		case "op":
			op = d.Kind() == '"'
		}
		d.Skip()
	}
	switch {
	case d.Finish() != nil:
	case schema && payload:
		return `what Kafka Connect's JsonConverter wraps around it, {"schema":…,"payload":…}: ` +
			`set schemas.enable=false there`
	case state && op:
		return `a change of Debezium, {"before":…,"after":…,"op":…}: ` +
			`have its ExtractNewRecordState transformation take out the row`
	}
	return ""
}

// Explain returns err, an error of reading text as JSON, with what the text is instead if its first
// bytes show that.
func Explain(text []byte, err error) error {
	const magic = 5 // a zero byte and the number of a schema
	if len(text) < magic || text[0] != 0 {
		return err
	}
	what := "so it is Avro or Protobuf, and no JSON"
	rest := bytes.TrimLeft(text[magic:], " \t\r\n")
	if len(rest) > 0 && (rest[0] == '{' || rest[0] == '[') {
		what = "and JSON comes after them: write it with a serializer that knows no registry"
	}
	return fmt.Errorf("it begins with the five bytes of a schema registry (schema %d), %s: %w",
		binary.BigEndian.Uint32(text[1:]), what, err)
}

// IsNull reports whether a JSON text is null.
func IsNull(data []byte) bool {
	if len(data) == 0 || data[0] > ' ' && data[0] != 'n' {
		return false
	}
	return string(bytes.Trim(data, " \t\r\n")) == "null"
}
