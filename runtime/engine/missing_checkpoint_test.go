package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// marked is a driver that reports the marks that it has taken.
type marked struct {
	*memdriver.Driver
	taken chan brook.Position
}

func (d *marked) Mark(ctx context.Context, group string, positions []brook.Position) error {
	err := d.Driver.Mark(ctx, group, positions)
	for _, p := range positions {
		select {
		case d.taken <- p:
		case <-ctx.Done():
		}
	}
	return err
}

// Where a store forgets and the log has no mark, the app acts on everything again, and the log says
// so before it does.
func TestMissingMarkIsTold(t *testing.T) {
	d := &marked{memdriver.New(), make(chan brook.Position, 100)}
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
		for p := range d.taken { // the group may give the partition after it was folded, and nobody acts before
			if p.Topic == pos.Topic && p.Partition == pos.Partition && p.Offset > pos.Offset {
				break
			}
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
	if said := run("another"); !strings.Contains(said, "no mark") ||
		!strings.Contains(said, "offsets=2") && !strings.Contains(said, "offsets=3") {
		t.Errorf("a start whose marks are gone: %q", said)
	}
}
