package main

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the documentation says: the second run folds what is new, and nothing else.
func TestGoesOnWhereItWas(t *testing.T) {
	brokers := os.Getenv("BROOK_KAFKA")
	if brokers == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; scripts/kafka starts one")
	}
	dir, topic := t.TempDir(), "shop-"+strings.ToLower(rand.Text())
	for _, want := range []string{
		"Orders in the views: 0\nOrders in the views: 3, of them ada's: 3\nEvents folded in this run: 4\n",
		"Orders in the views: 3\nOrders in the views: 6, of them ada's: 6\nEvents folded in this run: 3\n",
	} {
		var out strings.Builder
		s := service{brokers: strings.Split(brokers, ","), topic: topic, dir: dir}
		if err := s.run(t.Context(), &out, 3); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("it printed\n%swant\n%s", out.String(), want)
		}
	}
}

// With -metrics it goes on, and serves what it measures, until it is interrupted.
func TestServesMetrics(t *testing.T) {
	brokers := os.Getenv("BROOK_KAFKA")
	if brokers == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; scripts/kafka starts one")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	s := service{brokers: strings.Split(brokers, ","), topic: "shop-" + strings.ToLower(rand.Text()),
		dir: t.TempDir(), metrics: address, every: 10 * time.Millisecond}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, io.Discard, 1) }()
	want := []string{`brook_state{brook_app="shop",brook_state="live"} 1`, "brook_events_total",
		"messaging_process_duration_seconds_bucket", "go_goroutines"}
	for {
		text, err := scrape(ctx, address)
		missing := slices.IndexFunc(want, func(w string) bool { return !strings.Contains(text, w) })
		if err == nil && missing < 0 {
			break
		}
		select {
		case err := <-done:
			t.Fatalf("it ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("%v; it serves\n%s", err, text)
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func scrape(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
