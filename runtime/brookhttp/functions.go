package brookhttp

import (
	"encoding/base64"
	"encoding/json"
	"html/template"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp/internal/flowchart"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// functions returns what templates call.
func functions() template.FuncMap {
	return template.FuncMap{
		// Texts.
		"ago": ago, "bytes": bytesOf, "first": firstLine, "join": strings.Join, "json": pretty,
		"num": num, "rate": perSecond, "short": short, "span": span, "stamp": stamp,
		"base64":  func(b []byte) string { return base64.StdEncoding.EncodeToString(b) },
		"brief":   func(raw json.RawMessage) string { return short(shortValue, string(raw)) },
		"version": func() string { return brook.Version },
		"where":   where,
		"key": func(most int, key string) string {
			if key == "" {
				return "(empty)"
			}
			return short(most, key)
		},
		// Links.
		"href": href, "next": func(page, cursor string) string {
			if cursor == "" {
				return ""
			}
			return href(page, "after", cursor)
		},
		// What templates can't do by themselves.
		"list":   func(values ...any) []any { return values },
		"double": func(n int) int { return min(2*n, inspect.MaxLimit) },
		"some":   func(n int64) int64 { return max(1, n) },
		"mark":   mark,
		// The picture of the flow.
		"kinds":    func() []string { return []string{"handles", "writes", "emits", "sets", "asks"} },
		"middle":   func(at, width int) int { return at + width/2 },
		"baseline": func(b flowchart.Box) int { return b.Y + 17 },
		"noteline": func(b flowchart.Box) int { return b.Y + 30 },
	}
}

// num writes a number that a template has, of whatever type.
func num(n any) string {
	switch n := n.(type) {
	case int:
		return number(int64(n))
	case int64:
		return number(n)
	case *int:
		return number(int64(*n))
	}
	return "?"
}

// stamp writes a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// where writes a position, or another text where there is none.
func where(p brook.Position, other string) string {
	if p.IsZero() {
		return short(40, other)
	}
	return short(250, p.String())
}

// mark returns the class of a state's mark.
func mark(state brook.State) string {
	switch state {
	case brook.StateLive:
		return "good"
	case brook.StateCatchingUp, brook.StateStarting, brook.StatePaused:
		return "warn"
	}
	return "bad"
}
