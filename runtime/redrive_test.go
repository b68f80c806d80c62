package brook_test

import (
	"errors"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A letter of an event that was acted on before a rebuild emits nothing, however often it is tried.
func TestSilentLetterStaysSilentWhenItFailsAgain(t *testing.T) {
	var b breaker
	b.set(true)
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a")
	at := h.wait(h.move("a", 1, "fail")) // acted on
	b.set(false)
	if err := h.Rebuild(h.ctx, brook.AcceptLetters()); err != nil {
		t.Fatal(err)
	}
	for try := 1; try <= 3; try++ {
		if l := h.letters(); len(l) != 1 || l[0].Position != at || !l[0].Silent || l[0].Attempts != try {
			t.Fatalf("letters: %+v", l)
		}
		if n, err := h.Redrive(h.ctx, nil); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
}

// closedEnvelope is an envelope that opens nothing while it is on.
type closedEnvelope struct {
	brook.CloudEvents
	on *atomic.Bool
}

var errRefused = errors.New("refused")

func (e closedEnvelope) Open(r *brook.Record, m *brook.Message) error {
	if err := e.CloudEvents.Open(r, m); err != nil {
		return err
	}
	if e.on.Load() {
		return errRefused
	}
	return nil
}

// A letter of one set whose record can't be decoded any more stays that set's: the others took the event before, and don't
// get it again.
func TestLetterThatNoLongerDecodesStaysItsSets(t *testing.T) {
	var b breaker
	var refuse atomic.Bool
	c := config(memdriver.New(), newStore())
	c.Envelope = closedEnvelope{on: &refuse}
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	at := h.fails(h.move("a", 7, "fail")) // Books took it
	refuse.Store(true)
	if n, err := h.Redrive(h.ctx, nil); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if l := h.letters(); len(l) != 1 || l[0].Position != at || l[0].Stage != brook.StageDecode || l[0].Set != "Audit" || string(l[0].Key) != "a" || l[0].Attempts != 2 {
		t.Fatalf("letters: %+v", l)
	}
	refuse.Store(false)
	b.set(true)
	if n, err := h.Redrive(h.ctx, nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.balance("a", 7, 1)
	h.note("a", "+7 makes 7")
}
