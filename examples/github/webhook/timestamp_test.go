package webhook

import (
	"encoding/json"
	"testing"
)

func TestTimestamp(t *testing.T) {
	for in, want := range map[string]string{
		`"2019-05-15T15:20:33Z"`:      "2019-05-15T15:20:33Z",
		`"2019-05-15T17:20:33+02:00"`: "2019-05-15T15:20:33Z",
		`"2019-05-15T17:20:33+0200"`:  "2019-05-15T15:20:33Z",
		`"2019-05-15T15:20:33.75Z"`:   "2019-05-15T15:20:33Z",
		`"2019-05-15 15:20:33 UTC"`:   "2019-05-15T15:20:33Z",
		`"2019-05-15"`:                "2019-05-15T00:00:00Z",
		` 1557933633 `:                "2019-05-15T15:20:33Z",
		`1557933633.9`:                "2019-05-15T15:20:33Z",
		`"1557933633"`:                "2019-05-15T15:20:33Z",
		`1.557933633e9`:               "2019-05-15T15:20:33Z",
		`null`:                        "",
		`""`:                          "",
		`0`:                           "",
	} {
		var got Timestamp
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.String() != want {
			t.Errorf("%s is %q, %v, want %q", in, got, err, want)
			continue
		}
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again Timestamp
		if err := json.Unmarshal(b, &again); err != nil || again != got {
			t.Errorf("%s is written as %s, and read back as %s, %v", in, b, again, err)
		}
	}
	for _, in := range []string{`"yesterday"`, `"NaN"`, `true`, `{}`, `[]`, `1e300`,
		`"2019-13-01T00:00:00Z"`} {
		var got Timestamp
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s is %s, want an error", in, got)
		}
	}
}
