package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// livez says that the process answers. If the app can't go on, the process ends: there is nothing
// to ask here.
func (s *server) livez(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// readyz says whether requests should come here: once the views show what the log held when the
// process started, and until it ends.
func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-s.ending:
		http.Error(w, "ending", http.StatusServiceUnavailable)
	default:
		if !s.ready.Load() {
			http.Error(w, "catching up", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	}
}

// becomeReady waits until all is folded that the log holds by now.
func (s *server) becomeReady(ctx context.Context, driver brook.Driver, topic string) {
	for {
		err := s.caughtUp(ctx, driver, topic)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			s.ready.Store(true)
			s.log.Info("ready")
			return
		}
		s.log.Warn("not ready yet", "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (s *server) caughtUp(ctx context.Context, driver brook.Driver, topic string) error {
	partitions, err := driver.Partitions(ctx, topic)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		if p.Start == p.End {
			continue
		}
		last := brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1}
		if err := s.app.WaitFor(ctx, last); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			return err
		}
	}
	return nil
}
