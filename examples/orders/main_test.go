package main

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, options{orders: 60, hour: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"A day of 60 orders", " orders of nothing are refused", "GET /orders?limit=3\n  o001 ",
		"GET /stock\n  [\n    {\n      \"id\": \"kettle\",\n      \"received\": 100,",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &out)
		}
	}
}

// Over Redis, where two processes divide the partitions and one of them ends half-way, each order is
// there once, or refused, and has as many mails as the server sent of it.
func TestRunOverRedis(t *testing.T) {
	address := os.Getenv("BROOK_REDIS")
	if address == "" {
		t.Skip("BROOK_REDIS has no address: scripts/redis run go test ./examples/orders")
	}
	const orders = 60
	s, err := newShop(10*time.Millisecond, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	var out strings.Builder
	if err := s.live(t.Context(), &out, orders); err != nil {
		t.Fatal(err)
	}
	for len(s.running) > 0 {
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	app, stop, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for before := -1; before < s.mails.requests; { // until no mail is left
		before = s.mails.requests
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := result(app, s.mails)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Orders) + len(got.Letters); n != orders || len(got.Letters) == 0 {
		t.Errorf("%d orders and %d that are refused, want %d", len(got.Orders), len(got.Letters), orders)
	}
	mails := map[string]int{}
	for about, n := range got.Mails {
		order, _, _ := strings.Cut(about, ":")
		mails[order] += n
	}
	noted := map[string]int{}
	for id, o := range got.Orders {
		if o.Mails > 0 {
			noted[id] = o.Mails
		}
	}
	if !maps.Equal(noted, mails) {
		t.Errorf("orders have the mails %v, and the server sent %v", noted, mails)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if want := "Half-way a process ends"; !strings.Contains(out.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, &out)
	}
}
