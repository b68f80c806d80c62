package engine_test

import (
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A rebuild from a mistyped topic, which replaces the views by empty ones, is told as a warning
// that names the topics, and in the report.
func TestRebuildFromAMistypedTopicIsToldAsAWarning(t *testing.T) {
	d, s := memdriver.New(), newStore()
	c := config(d, s)
	app := ledgerOver(t, c)
	for range 3 {
		if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	c.Log = slog.New(slog.NewTextHandler(&told, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var report brook.RebuildReport
	c.Hooks.Rebuilt = func(r brook.RebuildReport) { report = r }
	c.Topic = "legder"
	app = ledgerOver(t, c)
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if !report.Promoted || report.Read != 0 || report.ReadBefore != 3 {
		t.Errorf("report %+v", report)
	}
	if text := told.String(); !strings.Contains(text, "mistyped") ||
		!strings.Contains(text, "of topic legder, and was from that of topic ledger") {
		t.Errorf("told %s", text)
	}
}
