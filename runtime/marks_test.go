package brook_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Where a store forgets and the log has no mark, the app acts on everything again, and the log says so before it does.
func TestMissingMarkIsTold(t *testing.T) {
	d := memdriver.New()
	run := func(name string) string {
		var said bytes.Buffer
		c := config(d, newStore())
		c.Name = name
		c.Log = slog.New(slog.NewTextHandler(&said, nil))
		app := newLedger(t, c, &ledger.Audit{})
		pos, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(ctx) }()
		if err := app.WaitFor(t.Context(), pos); err != nil {
			t.Error(err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		return said.String()
	}
	if said := run("ledger"); !strings.Contains(said, "no mark") {
		t.Errorf("a first start over a log that holds events: %q", said)
	}
	if said := run("ledger"); strings.Contains(said, "no mark") {
		t.Errorf("a start that has marks: %q", said)
	}
	if said := run("another"); !strings.Contains(said, "no mark") || !strings.Contains(said, "offsets=2") && !strings.Contains(said, "offsets=3") {
		t.Errorf("a start whose marks are gone: %q", said)
	}
}
