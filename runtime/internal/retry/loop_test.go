package retry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// loop returns a loop, and what it reports: its hooks' failures and its log.
func loop() (l *Loop, failures *[]brook.Failure, log *strings.Builder) {
	failures, log = new([]brook.Failure), new(strings.Builder)
	hooks := brook.Hooks{Failure: func(f brook.Failure) { *failures = append(*failures, f) }}
	return &Loop{
		Policy: Defaults(brook.Retry{}),
		Report: report.New("shop", slog.New(slog.NewTextHandler(log, nil)), hooks),
	}, failures, log
}

// failing returns a function that fails so often before it succeeds.
func failing(times int) (do func() error, tries *int) {
	tries = new(int)
	return func() error {
		if *tries++; *tries <= times {
			return errStore
		}
		return nil
	}, tries
}

// What fails is tried again, each time later, and reported, also when it works again.
func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, failures, log := loop()
		do, tries := failing(3)
		began := time.Now()
		if err := l.Do(t.Context(), "read", do); err != nil {
			t.Fatal(err)
		}
		least := l.Policy.Min * (1 + 2 + 4) * 3 / 4
		if took := time.Since(began); *tries != 4 || took < least {
			t.Errorf("%d tries in %s, want 4 in %s or more", *tries, took, least)
		}
		for i, f := range *failures {
			if f.What != "read" || f.Attempts != i+1 || f.Err != errStore || f.Final {
				t.Errorf("failure %d: %+v", i, f)
			}
		}
		if len(*failures) != 3 || !strings.Contains(log.String(), "read works again") {
			t.Errorf("%d failures, and the log has:\n%s", len(*failures), log)
		}
		if l.Pending.Longest() != "" {
			t.Errorf("pending: %s", l.Pending.Longest())
		}
	})
}

// What another try does not mend is returned as it is, at once.
func TestLoopEndsForGood(t *testing.T) {
	for _, final := range []error{brook.ErrPermanent, brook.ErrTooLarge, brook.ErrOutOfRange,
		brook.ErrConflict, brook.ErrLogChanged, ErrStop} {
		l, failures, _ := loop()
		broken := fmt.Errorf("read: %w", final)
		err := l.Do(t.Context(), "read", func() error { return broken })
		if err != broken || len(*failures) != 0 {
			t.Errorf("%v: %v, and %d failures", final, err, len(*failures))
		}
		if !Final(broken) || Refused(broken) != broken {
			t.Errorf("%v is tried again", broken)
		}
	}
	refused := Refused(errStore)
	var r Refusal
	if !errors.As(refused, &r) || !errors.Is(refused, errStore) || Final(refused) {
		t.Errorf("%v is no refusal", refused)
	}
	if Final(nil) {
		t.Error("no error is final")
	}
}

// The end of the context ends the tries, and the error says what failed.
func TestLoopEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _, _ := loop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		err := l.Do(ctx, "read", func() error { return errStore })
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errStore) {
			t.Errorf("%v, want the deadline and the store's error", err)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %s, want a minute", took)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the last try has no time
		l, _, _ := loop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		tries := 0
		err := l.Do(ctx, "read", func() error {
			if tries++; tries < 3 {
				return errStore
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errStore) {
			t.Errorf("%v, want the deadline and the store's error", err)
		}
	})
	l, failures, _ := loop()
	do, tries := failing(9)
	err := l.Do(ended(t, brook.ErrClosed), "read", do)
	if !errors.Is(err, brook.ErrClosed) || *tries != 1 || len(*failures) != 0 {
		t.Errorf("%v after %d tries, want ErrClosed after one", err, *tries)
	}
	do, _ = failing(0)
	if err := l.Do(ended(t, nil), "read", do); err != nil {
		t.Errorf("%v, though it succeeded", err)
	}
}

// A caller that does more than to wait between tries may end them.
func TestLoopPausing(t *testing.T) {
	l, failures, _ := loop()
	pauses := 0
	pause := func(_ context.Context, d time.Duration) error {
		if pauses++; d <= 0 {
			t.Errorf("pause of %s", d)
		}
		if pauses == 3 {
			return brook.ErrClosed
		}
		return nil
	}
	do, tries := failing(9)
	err := l.DoPausing(t.Context(), "read", nil, pause, do)
	if !errors.Is(err, brook.ErrClosed) || !errors.Is(err, errStore) {
		t.Errorf("%v, want what ended the pause, and the store's error", err)
	}
	if *tries != 3 || len(*failures) != 3 {
		t.Errorf("%d tries, %d failures, want 3", *tries, len(*failures))
	}
}

// Several signals are one, and none is lost.
func TestSignal(t *testing.T) {
	s := NewSignal()
	set := func() bool {
		select {
		case <-s:
			return true
		default:
			return false
		}
	}
	if set() {
		t.Error("a new signal is set")
	}
	s.Set()
	s.Set()
	if first, second := set(), set(); !first || second {
		t.Errorf("set %t, and again %t", first, second)
	}
}
