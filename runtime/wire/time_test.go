package wire

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// TestTimes writes and reads times as encoding/json does: each day of some centuries, all kinds of
// fractions, offsets.
func TestTimes(t *testing.T) {
	check := func(at time.Time) {
		t.Helper()
		e := NewEncoder(nil)
		e.Time(at)
		b, err := e.Finish()
		want, wantErr := json.Marshal(at)
		if (err == nil) != (wantErr == nil) || err == nil && string(b) != string(want) {
			t.Fatalf("%v: %s, %v; want %s, %v", at, b, err, want, wantErr)
		}
		if err == nil {
			sameTime(t, string(b))
		}
	}
	for day := time.Date(1890, 1, 1, 23, 59, 59, 0, time.UTC); day.Year() < 2110; {
		check(day)
		day = day.Add(47*time.Hour + 100*time.Millisecond)
	}
	for nanos := 1; nanos < 1e9; nanos *= 10 {
		check(time.Date(2024, 2, 29, 1, 2, 3, nanos, time.UTC))
		check(time.Date(2024, 2, 29, 1, 2, 3, 1e9-nanos, time.UTC))
		check(time.Date(2024, 2, 29, 1, 2, 3, nanos, time.FixedZone("", 5400)))
	}
	for _, at := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Unix(-1, 999999999).UTC(),
		time.Unix(year10000-1, 999999999).UTC(), time.Unix(year10000, 0).UTC(),
		time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(1, 0).In(time.FixedZone("UTC", 0))} {
		check(at)
	}
}

func sameTime(t *testing.T, text string) {
	t.Helper()
	var got, want time.Time
	wantErr := json.Unmarshal([]byte(text), &want)
	d := NewDecoder([]byte(text))
	d.Time(&got)
	err := d.Finish()
	if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, %v; want %v, %v", text, got, err, want, wantErr)
	}
}

// TestCivil counts the days of 400 years there and back.
func TestCivil(t *testing.T) {
	at := time.Unix(0, 0).UTC()
	for i := range 400*365 + 97 {
		year, month, day := civil(uint64(i))
		if y, m, d := at.Date(); int(year) != y || int(month) != int(m) || int(day) != d ||
			days(y, int(m), d) != int64(i) || day > uint64(daysIn(y, int(m))) {
			t.Fatalf("day %d is %d-%d-%d, not %v", i, year, month, day, at)
		}
		at = at.Add(24 * time.Hour)
	}
}

// TestTimeTexts takes and refuses what encoding/json does.
func TestTimeTexts(t *testing.T) {
	for _, text := range []string{
		"2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2000-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-04-30T00:00:00Z",
		"2024-12-31T23:59:59Z", "2024-12-32T23:59:59Z", "2024-00-01T00:00:00Z",
		"2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "0000-02-29T00:00:00Z",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00,5Z", "2024-01-01t00:00:00Z",
		"2024-01-01T00:00:00z", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00-23:59",
		"2024-01-01T00:00:00.5+01:00", "2024-01-01T00:00:00", "2024-01-01T00:00:0Z",
		"2024-1-01T00:00:00Z", "x024-01-01T00:00:00Z", "2024-01-01T0x:00:00Z", "20x4-01-01T00:00:00Z",
		"2024-01-01T00:00:00.000Zx", "2024-01-01T00:00:00ZZ", "",
	} {
		sameTime(t, `"`+text+`"`)
	}
	if !jsonV2 { // which takes escapes in times
		sameTime(t, `"2024-01-01T00:00:00\u005a"`)
	}
	sameTime(t, `"2024-01-01T00:00:00Z`)
	sameTime(t, `"2024-01-01T00:00:00.1`)
	sameTime(t, "null")
	sameTime(t, "5")
}
