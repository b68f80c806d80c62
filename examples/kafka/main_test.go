package main

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
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
