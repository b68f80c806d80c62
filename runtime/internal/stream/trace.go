package stream

import (
	"bytes"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// Trace returns headers with the trace context of the event that caused them: that of its record,
// and the extension of CloudEvents, the trace of where it all began. Of several headers of one name
// the last one counts; what is no text was made by nobody's tracer.
func Trace(headers, cause []brook.Header) []brook.Header {
	first := len(headers)
	for i := range cause {
		h := &cause[i]
		switch h.Key {
		case "traceparent", "tracestate", "ce_traceparent", "ce_tracestate":
			if len(h.Value) == 0 || text.Check(h.Value) != nil {
				continue
			}
			same := func(other brook.Header) bool { return other.Key == h.Key }
			if at := slices.IndexFunc(headers[first:], same); at >= 0 {
				headers[first+at].Value = bytes.Clone(h.Value)
			} else {
				// The value is a driver's, and the emission outlives its cause's chunk.
				headers = append(headers, brook.Header{Key: h.Key, Value: bytes.Clone(h.Value)})
			}
		}
	}
	return headers
}

// With returns headers with those of other, in place of headers of the same names. It changes
// neither.
func With(headers, other []brook.Header) []brook.Header {
	if len(other) == 0 {
		return headers
	}
	all := make([]brook.Header, 0, len(headers)+len(other))
	for _, h := range headers {
		same := func(o brook.Header) bool { return o.Key == h.Key }
		if !slices.ContainsFunc(other, same) {
			all = append(all, h)
		}
	}
	return append(all, other...)
}
