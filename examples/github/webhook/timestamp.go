package webhook

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Timestamp is a time in seconds since 1970. Zero is none, and null in JSON. GitHub writes most
// times as strings, but those of a push's repository as numbers.
type Timestamp int64

// layouts are those that GitHub was seen to write, the usual one first.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05 -0700", "2006/01/02 15:04:05 -0700", time.DateOnly}

// Time gives t in UTC, and the zero time for none.
func (t Timestamp) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

// String gives t as RFC 3339, and "" for none.
func (t Timestamp) String() string {
	if t == 0 {
		return ""
	}
	return t.Time().Format(time.RFC3339)
}

// MarshalJSON writes a string, or null.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return t.Time().AppendFormat(nil, `"`+time.RFC3339+`"`), nil
}

// UnmarshalJSON reads a string, a number or null.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case string(data) == "null":
		return nil
	case len(data) < 2 || data[0] != '"':
		return t.number(string(data))
	}
	text := string(data[1 : len(data)-1]) // none of the layouts needs an escape
	if text == "" {
		*t = 0
		return nil
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			*t = Timestamp(at.Unix())
			return nil
		}
	}
	if t.number(text) == nil {
		return nil
	}
	return fmt.Errorf("timestamp %q: neither RFC 3339 nor seconds since 1970", text)
}

func (t *Timestamp) number(text string) error {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > 1<<53 {
		return fmt.Errorf("timestamp %s: not seconds since 1970", text)
	}
	*t = Timestamp(math.Floor(seconds))
	return nil
}
