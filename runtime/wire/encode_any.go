package wire

import (
	"encoding/json"
	"fmt"
)

// Any writes a value whose type is known at run time alone. What a decoder makes is written here, other
// types by encoding/json.
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
	e.buf = append(e.buf, b...)
}
