package main

import (
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
