package retry

import (
	"math"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Waits double from Min up to Max, less up to a quarter by chance, whatever the three numbers are.
func FuzzWait(f *testing.F) {
	tries := []int{math.MinInt, -1, 0, 1, 2, 5, 30, 31, 63, 64, 65, 1000, math.MaxInt}
	shortest := []time.Duration{math.MinInt64, -1, 0, 1, 50 * time.Millisecond,
		17 * time.Second, 18 * time.Second, time.Hour, math.MaxInt64/2 + 1, math.MaxInt64}
	longest := []time.Duration{math.MinInt64, 0, 1, 5 * time.Second, time.Hour, math.MaxInt64}
	for _, attempts := range tries {
		for _, least := range shortest {
			for _, most := range longest {
				f.Add(attempts, int64(least), int64(most))
			}
		}
	}
	f.Fuzz(func(t *testing.T, attempts int, least, most int64) {
		r := brook.Retry{Min: time.Duration(least), Max: time.Duration(most)}
		want := max(r.Min, 0)
		for n := 1; n < min(attempts, 64) && want < r.Max; n++ {
			want = time.Duration(min(uint64(want)*2, uint64(r.Max)))
		}
		if got := Wait(r, attempts); got > want || got < want-want/4-1 {
			t.Errorf("%+v.wait(%d) is %s, want about %s", r, attempts, got, want)
		}
		if r := Defaults(r); min(least, most) >= 0 && (Wait(r, attempts) > r.Max || r.Max < r.Min) {
			t.Errorf("%+v.wait(%d) is %s", r, attempts, Wait(r, attempts))
		}
	})
}
