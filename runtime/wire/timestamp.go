package wire

import (
	"fmt"
	"strings"
	"time"
)

// ParseTime reads a time as RFC 3339 has it, and returns it in UTC. Unlike package time it takes
// the lower-case letters t and z and the leap second 60, which is the second after 59. A time whose
// year in UTC is not one of 0 to 9999 is an error, as it can't be written again.
func ParseTime(text []byte) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		plain, leap := withoutLeap(text)
		if err := t.UnmarshalText(plain); err != nil {
			return time.Time{}, noTime(text)
		}
		t = t.Add(leap)
	}
	if t = t.UTC(); !Writable(t) {
		return time.Time{}, fmt.Errorf("%q is in UTC of no year from 0 to 9999", text)
	}
	return t, nil
}

// Writable reports whether RFC 3339 can express t in UTC: its year is one of 0 to 9999.
func Writable(t time.Time) bool {
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}

// withoutLeap returns a time as package time reads it, and what is to be added to it.
func withoutLeap(text []byte) (plain []byte, leap time.Duration) {
	const seconds = len("2006-01-02T15:04:")
	if len(text) < len("2006-01-02T15:04:05Z") {
		return text, 0
	}
	plain = append(plain, text...)
	if plain[len("2006-01-02")] == 't' {
		plain[len("2006-01-02")] = 'T'
	}
	if last := len(plain) - 1; plain[last] == 'z' {
		plain[last] = 'Z'
	}
	if string(plain[seconds:seconds+2]) == "60" {
		copy(plain[seconds:], "59")
		leap = time.Second
	}
	return plain, leap
}

// noTime is the error of a text that is no time. That of package time speaks of layouts.
func noTime(text []byte) error {
	const most = 64
	if len(text) > most {
		return fmt.Errorf("%q… is no time as RFC 3339 has it, such as 2020-06-08T12:34:56.789Z",
			strings.ToValidUTF8(string(text[:most]), ""))
	}
	return fmt.Errorf("%q is no time as RFC 3339 has it, such as 2020-06-08T12:34:56.789Z", text)
}

// Timestamp decodes a time of an envelope, as ParseTime reads it; null and the empty string
// leave *p as it is.
func (d *Decoder) Timestamp(p *time.Time) {
	if b, ok := d.Text(); ok && len(b) > 0 {
		t, err := ParseTime(b)
		if d.Check(err); err == nil {
			*p = t
		}
	}
}
