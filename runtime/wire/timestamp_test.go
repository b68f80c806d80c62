package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/wire"
)

// Lower-case letters and leap seconds are RFC 3339; what could not be written again is refused.
func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2020-06-08T12:34:56Z":           "2020-06-08T12:34:56Z",
		"2020-06-08t12:34:56.789z":       "2020-06-08T12:34:56.789Z",
		"2020-06-08t14:34:56+02:00":      "2020-06-08T12:34:56Z",
		"2016-12-31T23:59:60Z":           "2017-01-01T00:00:00Z",
		"2016-12-31t23:59:60.25z":        "2017-01-01T00:00:00.25Z",
		"2017-01-01T00:59:60+01:00":      "2017-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z":           "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z": "9999-12-31T23:59:59.999999999Z",
	} {
		got, err := wire.ParseTime([]byte(text))
		if err != nil || got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                                    `"" is no time as RFC 3339 has it`,
		"noon":                                `"noon" is no time as RFC 3339 has it`,
		"2020-06-08 12:34:56Z":                "is no time",
		"2020-06-08T12:34:61Z":                "is no time",
		"2020-13-08T12:34:60Z":                "is no time",
		"2020-06-08T12:34:60":                 "is no time",
		"0000-01-01T00:00:00+01:00":           "of no year from 0 to 9999",
		"9999-12-31T23:59:60Z":                "of no year from 0 to 9999",
		"9999-12-31T23:59:59-00:01":           "of no year from 0 to 9999",
		"10000-01-01T00:00:00Z":               "is no time",
		strings.Repeat("2020-06-08é", 100000): "is no time",
	} {
		_, err := wire.ParseTime([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 ||
			speaksOfLayouts(err) {
			t.Errorf("%.50s: %v, want an error with %q", text, err, want)
		}
	}
}

// speaksOfLayouts reports whether an error says what only those understand who know package time.
func speaksOfLayouts(err error) bool {
	return strings.Contains(err.Error(), "2006") || strings.Contains(err.Error(), "parsing time")
}

// Times of payloads are those that encoding/json takes; an error for others is in plain words.
func TestTimeErrorsSpeakPlainly(t *testing.T) {
	for _, text := range []string{`"noon"`, `7`, `"2020-06-08t12:34:56z"`, `"2020-06-08T12:34:60Z"`,
		`{}`, `"\u0000"`} {
		d := wire.NewDecoder([]byte(`{"at":` + text + `}`))
		d.Member(0)
		var at time.Time
		d.Time(&at)
		d.Member(1)
		err := d.Finish()
		var located *wire.Error
		if err == nil || !errors.As(err, &located) || located.Path != "at" ||
			speaksOfLayouts(err) || !strings.Contains(err.Error(), "RFC 3339") {
			t.Errorf("%s: %v", text, err)
		}
		if json.Unmarshal([]byte(text), &at) == nil {
			t.Errorf("encoding/json takes %s", text)
		}
	}
}

func TestTimestamp(t *testing.T) {
	was := time.Unix(1, 0)
	for text, want := range map[string]time.Time{`null`: was, `""`: was,
		`"2020-06-08t12:34:56z"`: time.Date(2020, 6, 8, 12, 34, 56, 0, time.UTC)} {
		d, got := wire.NewDecoder([]byte(text)), was
		if d.Timestamp(&got); d.Finish() != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v; want %v", text, got, d.Finish(), want)
		}
	}
	for _, text := range []string{`7`, `"noon"`, `"2020-06-08T12:34:56"`, `{}`} {
		d, got := wire.NewDecoder([]byte(text)), was
		if d.Timestamp(&got); d.Finish() == nil || !got.Equal(was) {
			t.Errorf("%s is taken as %v", text, got)
		}
	}
}

// FuzzParseTime: what package time takes is the same time here, and what is taken can be
// written and read again.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"2020-06-08T12:34:56.789Z", "2016-12-31t23:59:60z",
		"9999-12-31T23:59:60Z", "0000-01-01T00:00:00+01:00", "2020-06-08T12:34:56,7Z",
		"2020-06-08T1:34:56Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wire.ParseTime([]byte(text))
		var strict time.Time
		if bad := strict.UnmarshalText([]byte(text)); bad == nil && wire.Writable(strict) &&
			(err != nil || !got.Equal(strict)) {
			t.Errorf("%q is %v, %v; package time has %v", text, got, err, strict)
		}
		if err != nil {
			return
		}
		again, err := wire.ParseTime([]byte(got.Format(time.RFC3339Nano)))
		if err != nil || !again.Equal(got) {
			t.Errorf("%q is %v, and again %v, %v", text, got, again, err)
		}
	})
}
