package faulttest_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// TestLargeRecord: a record of 10 MB is folded if the store takes as much in one commit (its
// row and its history). Otherwise it becomes a dead letter, which can be redriven and dropped.
// The stream goes on.
func TestLargeRecord(t *testing.T) {
	t.Parallel()
	c := shared(t)
	const size = 10 << 20
	stores := map[string]struct {
		open func(t *testing.T) brook.Store
		fits bool
	}{
		"map": {func(*testing.T) brook.Store { return mapstore.New() }, true},
		"Badger with room": {func(t *testing.T) brook.Store {
			s, err := badgerstore.Open(t.TempDir(), badgerstore.Memory(3<<30),
				badgerstore.Log(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		}, true},
		"Badger": {func(t *testing.T) brook.Store {
			return badger(t, t.TempDir())
		}, false},
		"Redis with room": {func(t *testing.T) brook.Store {
			return shareable(t, redisAddr(t), redisstore.Limit(64<<20))
		}, true},
		"Redis": {func(t *testing.T) brook.Store { return shareable(t, redisAddr(t)) }, false},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			c := &cluster{t: t, addrs: c.addrs}
			ctx := limit(t)
			topic := c.topic(1, map[string]string{"max.message.bytes": "20971520"})
			roomy := settings()
			roomy.Producer.MaxMessageBytes = 20 << 20
			app := run(t, config(c.driver(roomy), store.open(t), topic), audit())
			publish := func(opened ledger.Opened) brook.Position {
				t.Helper()
				pos, err := app.Publish.Opened(ctx, opened)
				if err != nil {
					t.Fatal(err)
				}
				return pos
			}
			small := publish(ledger.Opened{Account: "small"})
			large := publish(ledger.Opened{Account: "large",
				Tags: []string{strings.Repeat("x", size)}})
			app.pass(ctx, large) // in one batch with the next one its row would not be written
			behind := publish(ledger.Opened{Account: "large", Email: "later"})
			after := publish(ledger.Opened{Account: "after"})
			app.pass(ctx, small)
			app.pass(ctx, after)
			if _, err := app.Views.Accounts.Get("after"); err != nil {
				t.Errorf("the stream did not go on: %v", err)
			}
			if store.fits {
				if err := app.WaitFor(ctx, large); err != nil {
					t.Error(err)
				}
				events, err := app.Views.Accounts.EventsOfOpened("large")
				if err != nil || len(events) != 2 || len(events[0].Data.Tags) != 1 ||
					len(events[0].Data.Tags[0]) != size {
					t.Errorf("%d events of the large one: %v", len(events), err)
				}
				same(t, ctx, c, topic, app)
				return
			}
			var letters []brook.DeadLetter
			for l, err := range app.DeadLetters() {
				if err != nil {
					t.Fatal(err)
				}
				letters = append(letters, l)
			}
			if len(letters) != 2 || letters[0].Position != large ||
				letters[0].Stage != brook.StageApply || letters[1].Position != behind ||
				letters[1].Attempts != 0 {
				t.Fatalf("letters: %.600v", letters)
			}
			t.Logf("%.300v; %d bytes left out", letters[0], letters[0].Omitted)
			for _, pos := range []brook.Position{large, behind} {
				if err := app.WaitFor(ctx, pos); !errors.Is(err, brook.ErrDeadLetter) {
					t.Errorf("%v: %v, want ErrDeadLetter", pos, err)
				}
			}
			// It is tried again from the log, and is too large still.
			if n, err := app.Redrive(ctx, nil); n != 0 || err != nil {
				t.Errorf("Redrive applied %d: %v", n, err)
			}
			if n, err := app.Drop(ctx, func(l brook.DeadLetter) bool {
				return l.Position == large
			}); n != 1 || err != nil {
				t.Errorf("Drop: %d, %v", n, err)
			}
			if n, err := app.Redrive(ctx, nil); n != 1 || err != nil {
				t.Errorf("Redrive of what waited: %d, %v", n, err)
			}
			if a, err := app.Views.Accounts.Get("large"); err != nil || a.Email != "later" {
				t.Errorf("what waited: %.200v, %v", a, err)
			}
		})
	}
}
