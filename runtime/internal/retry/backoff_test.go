package retry_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var reported []brook.Failure
		hooks := brook.Hooks{Failure: func(f brook.Failure) { reported = append(reported, f) }}
		b := retry.Backoff{
			Policy: brook.Retry{Min: time.Second, Max: 4 * time.Second},
			Report: report.New("shop", slog.New(slog.NewTextHandler(&log, nil)), hooks),
		}
		b.Succeeded()
		if log.Len() > 0 {
			t.Errorf("a success without a failure before is logged: %s", log.String())
		}
		for n, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second,
			4 * time.Second} {
			started := time.Now()
			if err := b.Failed(t.Context(), brook.Failure{What: "read",
				Position: brook.Position{Topic: "in", Offset: int64(n)}}); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(started); waited > most || waited < most*3/4 {
				t.Errorf("waited %s after failure %d, want at most %s", waited, n+1, most)
			}
			if reported[n].Attempts != n+1 || b.Failures() != n+1 {
				t.Errorf("reported %d attempts, counted %d; want %d", reported[n].Attempts,
					b.Failures(), n+1)
			}
		}
		b.Succeeded()
		if !strings.Contains(log.String(),
			`msg="brook: read works again" app=shop failures=4 position=`) {
			t.Errorf("no recovery in the log: %s", log.String())
		}
		started := time.Now()
		b.Note(brook.Failure{What: "read"})
		if b.Failures() != 1 || time.Since(started) != 0 {
			t.Errorf("%d failures after a success and one more, noted in %s", b.Failures(),
				time.Since(started))
		}
	})
}

func TestBackoffEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.Backoff{Policy: brook.Retry{Min: time.Hour, Max: time.Hour},
			Report: report.New("shop", slog.New(slog.DiscardHandler), brook.Hooks{})}
		started := time.Now()
		if err := b.Failed(t.Context(), brook.Failure{What: "effect", Final: true}); err != nil ||
			time.Since(started) != 0 {
			t.Errorf("a final failure: %v after %s, want no wait", err, time.Since(started))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		if err := b.Failed(ctx, brook.Failure{What: "effect"}); !errors.Is(err, context.Canceled) ||
			time.Since(started) != time.Minute {
			t.Errorf("ended with %v after %s, want with its context", err, time.Since(started))
		}
	})
}
