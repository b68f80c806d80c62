package rebuild

import (
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
)

// rig is live views that follow a log, and rebuilds beside them.
type rig struct {
	*tasktest.Rig
	t        *testing.T
	promoted int
}

func newRig(t *testing.T, change func(*brook.Config)) *rig {
	t.Helper()
	return &rig{t: t, Rig: tasktest.New(t, func(c *brook.Config, _ *delivery.Definition) {
		if change != nil {
			change(c)
		}
	})}
}

// rebuild makes a rebuild and runs it.
func (r *rig) rebuild(options ...brook.RebuildOption) (*Rebuild, error) {
	r.t.Helper()
	b := New(r.Set, func() { r.promoted++ }, options...)
	return b, b.Run(r.t.Context())
}

// drop drops the live letter of an event for a set.
func (r *rig) drop(offset int64, set string) {
	r.t.Helper()
	r.remove(offset, set, func(l *deadletter.Letter) []brook.Write {
		return l.WriteDropped(r.Catalog.Live().Dropped)
	})
}

// forget removes the live letter of an event for a set, as redriving it does.
func (r *rig) forget(offset int64, set string) {
	r.t.Helper()
	r.remove(offset, set, func(*deadletter.Letter) []brook.Write { return nil })
}

func (r *rig) remove(offset int64, set string, also func(*deadletter.Letter) []brook.Write) {
	r.t.Helper()
	for _, l := range r.DeadLetters() {
		if l.Position.Offset != offset || l.Set != set {
			continue
		}
		writes := append(also(&l), brook.Write{
			Table: r.Catalog.Live().Letters, Key: l.AppendKey(nil), Op: brook.Remove,
		})
		if err := r.Store.Commit(r.t.Context(), &brook.Batch{Writes: writes}); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	r.t.Fatalf("there is no letter of %s at %d", set, offset)
}

// put returns what the live generation has of letters, owed emissions and notes of dropped letters:
// "offset set", with a minus behind letters of events that were acted on.
func (r *rig) put() (letters, owed, dropped string) {
	r.t.Helper()
	g := r.Catalog.Live()
	at := func(p brook.Position, set, mark string) string {
		return fmt.Sprintf("%d %s%s ", p.Offset, set, mark)
	}
	for _, l := range r.DeadLetters() {
		mark := ""
		if l.Silent {
			mark = "-"
		}
		letters += at(l.Position, l.Set, mark)
	}
	for row, err := range r.Reader.Scan(r.t.Context(), g.Owed, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			r.t.Fatal(err)
		}
		owed += at(item.Position, item.Set, "")
	}
	for row, err := range r.Reader.Scan(r.t.Context(), g.Dropped, nil, nil) {
		if err != nil {
			r.t.Fatal(err)
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			r.t.Fatal(err)
		}
		dropped += at(d.Position, d.Set, "")
	}
	return strings.TrimSpace(letters), strings.TrimSpace(owed), strings.TrimSpace(dropped)
}
