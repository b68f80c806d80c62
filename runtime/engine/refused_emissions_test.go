package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Rule 18: letters of every stage count, those of emissions that the envelope refuses too.
func TestRefusedEmissionsCountAsLetters(t *testing.T) {
	c := config(memdriver.New(), newStore())
	c.Envelope, c.MaxDeadLetters, c.BatchSize = picky{}, 2, 1
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	at(t, c.Driver, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	for range 8 {
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"emit"}`)
	}
	err := app.CatchUp(t.Context())
	if n := len(letters(t, app)); !errors.Is(err, brook.ErrDeadLettersFull) || n > 3 {
		t.Errorf("%d letters with MaxDeadLetters 2, and %v", n, err)
	}
}

// Rule 18: dropping letters makes as much room as they took: with MaxDeadLetters 3 there are never
// more, of whatever stage.
func TestDroppedEmissionsMakeNoRoom(t *testing.T) {
	c := config(memdriver.New(), newStore())
	c.Envelope, c.MaxDeadLetters, c.BatchSize = picky{}, 3, 1
	var b breaker
	app := newLedger(t, c, &ledger.Audit{Do: b.do})
	defer app.Close()
	at(t, c.Driver, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	for range 2 {
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"emit"}`)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := app.Drop(t.Context(), nil); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for range 8 {
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"fail"}`)
	}
	err := app.CatchUp(t.Context())
	if n := len(letters(t, app)); n > 3 {
		t.Errorf("%d letters with MaxDeadLetters 3, and %v", n, err)
	}
}

// Letters that are stored, though the commit never told, count when the app goes on.
func TestLettersOfACommitInDoubtCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := &barring{Driver: memdriver.New()}, newSpy(newStore())
		s.durable = true
		c := config(d, s)
		c.MaxDeadLetters, c.ShutdownTimeout = 1, time.Second
		h := open(t, c, &ledger.Audit{})
		h.driver = d.Driver
		h.opened("a")
		d.set(func(brook.Record) error { return fmt.Errorf("too large: %w", brook.ErrPermanent) },
			nil)
		stored := make(chan struct{})
		s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
			for _, w := range b.Writes {
				if w.Op == brook.Remove && strings.HasSuffix(s.name(w.Table), "/outbox") {
					select {
					case <-stored:
					default:
						if err := do(); err != nil {
							t.Error(err)
						}
						close(stored)
					}
					return errors.New("no answer")
				}
			}
			return do()
		})
		h.wait(h.move("a", 1, "emit"))
		<-stored
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		s.onCommit(nil)
		at(t, d.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1}`)
		if err := h.CatchUp(t.Context()); !errors.Is(err, brook.ErrDeadLettersFull) {
			t.Errorf("with a letter and room for one: %v, %d letters", err, len(h.letters()))
		}
	})
}
