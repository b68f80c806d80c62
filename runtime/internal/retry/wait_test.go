package retry

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
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

// Zero values have defaults; what is set stays, but Max is never below Min.
func TestDefaults(t *testing.T) {
	usual := brook.Retry{Attempts: 5, Min: 50 * time.Millisecond, Max: 5 * time.Second}
	tests := map[brook.Retry]brook.Retry{
		{}:                    usual,
		usual:                 usual,
		{Attempts: 1}:         {Attempts: 1, Min: usual.Min, Max: usual.Max},
		{Max: time.Minute}:    {Attempts: 5, Min: usual.Min, Max: time.Minute},
		{Min: time.Minute}:    {Attempts: 5, Min: time.Minute, Max: time.Minute},
		{Min: 9, Max: 7}:      {Attempts: 5, Min: 9, Max: 9},
		{Max: 1}:              {Attempts: 5, Min: usual.Min, Max: usual.Min},
		{Attempts: 7, Min: 1}: {Attempts: 7, Min: 1, Max: usual.Max},
	}
	for given, want := range tests {
		if got := Defaults(given); got != want {
			t.Errorf("%+v becomes %+v, want %+v", given, got, want)
		}
	}
}

// Waits differ by chance, so that what failed together is not tried again together.
func TestWaitsDiffer(t *testing.T) {
	r := brook.Retry{Min: time.Hour, Max: 24 * time.Hour}
	seen := map[time.Duration]bool{}
	for range 20 {
		seen[Wait(r, 3)] = true
	}
	if len(seen) < 10 {
		t.Errorf("%d waits of 20 differ", len(seen))
	}
}

// Sleep takes the whole time, or ends with its context.
func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := Sleep(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("%v after %s, want an hour", err, time.Since(began))
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := Sleep(ctx, time.Hour)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %s, want the deadline after a minute", err, time.Since(began))
		}
		if err := Sleep(t.Context(), -time.Hour); err != nil {
			t.Error(err)
		}
	})
}

// A context that ended before ends Sleep, however short it is.
func TestSleepOfAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if err := Sleep(ctx, 0); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want the end of the context", err)
		}
	}
}
