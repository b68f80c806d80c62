package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A Pause that waits for a handler shows in the status, until it has ended or was given up.
func TestStatusOfAPauseThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		h := serve(t, config(memdriver.New(), newStore()), &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				<-over
				return nil
			},
		})
		moves(t, h, "a", true, 1)
		synctest.Wait()
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			gaveUp := make(chan error, 1)
			go func() { gaveUp <- h.Pause(ctx) }()
			time.Sleep(5 * time.Second)
			s := h.Status()
			if s.State == brook.StatePaused || !strings.Contains(s.Reason, "Pause has waited for 5s") {
				t.Errorf("%s: %q, while Pause waits", s.State, s.Reason)
			}
			if err := <-gaveUp; err == nil {
				t.Error("Pause did not wait for the handler")
			}
			cancel()
			if s := h.Status(); s.Reason != "" {
				t.Errorf("%s: %q, after Pause gave up", s.State, s.Reason)
			}
		}
		paused := make(chan error, 1)
		go func() { paused <- h.Pause(t.Context()) }()
		synctest.Wait()
		close(over)
		if err := <-paused; err != nil {
			t.Error(err)
		}
		is(t, h.Status(), brook.StatePaused, 0, "")
		h.Resume()
		if s := h.Status(); s.State == brook.StatePaused || s.Reason != "" {
			t.Errorf("%s: %q, after Resume", s.State, s.Reason)
		}
	})
}

// That the views once showed what the log held is known, though nobody asked while they did.
func TestStatusOfTheFirstTimeLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, audit, _ := slow(t, 100)
		time.Sleep(time.Hour)
		h := closed(t, c, audit)
		if s := h.Status(); !s.FirstLive.IsZero() {
			t.Errorf("live since %s, before Run", s.FirstLive)
		}
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(30 * time.Second)
		if s := h.Status(); !s.FirstLive.IsZero() || s.State != brook.StateCatchingUp {
			t.Errorf("%s since %s, while it catches up", s.State, s.FirstLive)
		}
		time.Sleep(time.Hour)
		moves(t, h, "a", false, 100) // it falls behind
		time.Sleep(30 * time.Second)
		if err := h.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := h.Status()
		if took := s.FirstLive.Sub(began); s.State != brook.StatePaused ||
			took < time.Minute || took > 2*time.Minute {
			t.Errorf("%s, live after %s", s.State, took)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if after := h.Status(); after.FirstLive != s.FirstLive {
			t.Errorf("live first at %s, then at %s", s.FirstLive, after.FirstLive)
		}
	})
}

// CatchUp makes an app live; an app that was opened, or paused before it folds, never was.
func TestStatusOfNeverLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := closed(t, config(memdriver.New(), newStore()), &ledger.Audit{})
		moves(t, h, "a", true, 1)
		if err := h.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- h.CatchUp(t.Context()) }()
		time.Sleep(time.Minute)
		if s := h.Status(); !s.FirstLive.IsZero() {
			t.Errorf("live since %s, and paused before", s.FirstLive)
		}
		h.Resume()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s := h.Status(); s.FirstLive != time.Now().UTC() {
			t.Errorf("live since %s, and caught up now", s.FirstLive)
		}
	})
}

// Resume of a closed app does nothing, and logs nothing.
func TestResumeAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := config(memdriver.New(), newStore())
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		app := newLedger(t, c, &ledger.Audit{})
		if err := app.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		log.Reset()
		app.Resume()
		if log.Len() > 0 {
			t.Errorf("logged %s", log.String())
		}
	})
}
