package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Any writes a value whose type is known at run time alone. What a decoder makes is written here,
// other types by encoding/json.
func (e *Encoder) Any(v any) {
	switch v := v.(type) {
	case nil:
		e.Null()
	case bool:
		e.Bool(v)
	case string:
		e.String(v)
	case float64:
		e.Float64(v)
	case int:
		e.Int(int64(v))
	case int64:
		e.Int(v)
	case []any:
		EncodeSlice(e, v, encodeAny)
	case map[string]any:
		EncodeMap(e, v, FormatString, encodeAny)
	default:
		e.other(v)
	}
}

func encodeAny(e *Encoder, v *any) { e.Any(*v) }

func (e *Encoder) other(v any) {
	if e.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		e.fail(fmt.Errorf("json: %T: %w", v, err))
		return
	}
	// For bytes that are no UTF-8, encoding/json writes this escape before Go 1.27, and the
	// character itself from then on.
	for escape := []byte(`\ufffd`); len(b) > 0; {
		n := bytes.IndexByte(b, '\\')
		switch {
		case n < 0:
			n = len(b)
		case bytes.HasPrefix(b[n:], escape):
			e.buf = append(append(e.buf, b[:n]...), "\ufffd"...)
			b = b[n+len(escape):]
			continue
		default:
			n += 2 // an escape is a backslash and one character at least
		}
		e.buf = append(e.buf, b[:n]...)
		b = b[n:]
	}
}
