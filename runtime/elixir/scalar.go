package elixir

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/brookgen/brookgen/runtime/wire"
)

// withoutZone is RFC 3339 without the zone; a fraction of a second is parsed, too.
const withoutZone = "2006-01-02T15:04:05"

func parses(layout, value string) bool {
	_, err := time.Parse(layout, value)
	return err == nil
}

// check returns the value to write. What Elixir could not read is an error here, not there.
func (s Scalar) check(value string) (string, error) {
	ok, example := true, ""
	switch s {
	case DateTime:
		ok, example = parses(time.RFC3339, value), "2020-06-08T12:34:56.789Z"
	case NaiveDateTime:
		example = "2020-06-08T12:34:56.789Z"
		if !parses(withoutZone, value) {
			t, err := time.Parse(time.RFC3339, value)
			ok, value = err == nil, t.UTC().Format(withoutZone+".999999999")
		}
	case Date:
		ok, example = parses(time.DateOnly, value), "2020-06-08"
	case Time:
		ok, example = parses(time.TimeOnly, value), "12:34:56.789"
	case Atom:
	case Decimal:
		var n json.Number
		d := wire.NewDecoder([]byte(`"` + value + `"`))
		d.Number(&n)
		ok, example = d.Finish() == nil && value != "", "1.50"
	default:
		return "", errors.New("there is no such elixir.Scalar")
	}
	if !ok {
		return "", fmt.Errorf("%.100q is no %s, such as %s", value, s, example)
	}
	return value, nil
}
