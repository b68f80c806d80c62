package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// picky refuses to wrap events of one type.
type picky struct{ brook.CloudEvents }

func (p picky) Wrap(m *brook.Message, r *brook.Record) error {
	if m.Type == ledger.NotedType {
		return errors.New("no schema for audit.noted")
	}
	return p.CloudEvents.Wrap(m, r)
}

func TestOneEmitLetterBarsAllRedrives(t *testing.T) {
	c := config(memdriver.New(), newStore())
	c.Envelope = picky{}
	var b breaker
	app := newLedger(t, c, &ledger.Audit{Do: b.do})
	defer app.Close()
	at(t, c.Driver, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"emit"}`)
	at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"fail"}`)
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.set(true)
	n, err := app.Redrive(t.Context(), nil)
	if n != 1 {
		t.Errorf("one of two letters can be redriven: %d, %v", n, err)
	}
}

func TestWaitForInAGapOfRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
		c := config(d, s)
		c.OnRetention = brook.GoOn
		app := newLedger(t, c, &ledger.Audit{})
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
		d.Trim("ledger", 0, 2)
		defer app.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go app.Run(ctx)
		if err := app.WaitFor(ctx, p); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestUnknownIsCountedTwice(t *testing.T) {
	d := memdriver.New()
	s := newSpy(newStore())
	c := config(d, s)
	n := 0
	c.Hooks.Unknown = func(brook.Position, string) { n++ }
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	at(t, d, min_(0), "a", "not.ours", `1`)
	for range 20 {
		at(t, d, min_(0), "a", ledger.OpenedType, fmt.Sprintf(`{"account":"%d"}`, n))
	}
	s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		for _, w := range b.Writes {
			if len(w.History) > 3 {
				return brook.ErrTooLarge
			}
		}
		return do()
	})
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n != 1 {
		t.Errorf("one unknown event was counted %d times", n)
	}
}

// A rebuild that waits for a broker at its last step holds everybody up.
