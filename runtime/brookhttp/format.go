package brookhttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// number writes a number with commas.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// span writes a duration in the one or two units that people would use.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "−" + span(-d)
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// ago writes how long before now a time is.
func ago(now, t time.Time) string {
	switch d := now.Sub(t); {
	case d < -time.Second:
		return "in " + span(-d)
	case d < time.Second:
		return "now"
	default:
		return span(d) + " ago"
	}
}

// bytesOf writes a size.
func bytesOf(n int) string {
	switch {
	case n < 1<<10:
		return number(int64(n)) + " B"
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// pretty writes JSON over several lines.
func pretty(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return b.String()
}

// shortValue is how many characters of a value a list shows.
const shortValue = 320

// short returns the beginning of a text, if it is long, with a sign that it goes on.
func short(most int, s string) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end] + "…"
}

// firstLine returns the first line of a text.
func firstLine(s string) string {
	line, rest, _ := strings.Cut(s, "\n")
	if rest != "" {
		line += " …"
	}
	return line
}

// href returns a relative link to a page, with the names and values of its query. Values that are
// empty are left out.
func href(page string, pairs ...any) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		value := pairs[i+1]
		if at, ok := value.(*string); ok {
			value = *at
		}
		if v := fmt.Sprint(value); v != "" {
			values.Set(fmt.Sprint(pairs[i]), v)
		}
	}
	if len(values) == 0 {
		return page
	}
	return page + "?" + values.Encode()
}

// visible replaces what a page can't show, or what would change how the text around it is read:
// bytes that are no UTF-8, control characters, and those that turn the direction of writing.
func visible(page []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ':
			return r + 0x2400 // the picture of the control character
		case r == 0x7f:
			return 0x2421
		case r >= 0x80 && r < 0xa0, r == 0x200e, r == 0x200f, r == 0x061c,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, page)
}
