package engine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/orgs"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// What is not proved is named wherever the app says how it runs: hook, log, and the refusal of a
// group (rule 8).
func TestUnprovedHandlerMeansOneLaneAndIsNamed(t *testing.T) {
	const expression = "Catalog.Added: orgs.Has(e.Data.Org)"
	driver := memdriver.New(memdriver.Partitions(12))
	c := config(driver, newStore())
	told := modes(&c)
	var text buffer
	c.Log = slog.New(slog.NewTextHandler(&text, nil))
	app, err := orgs.NewApp(c, orgs.Catalog{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	runs(t, app.Run)
	if m := <-told; m.Lanes != 1 || !strings.Contains(m.Reason, expression) {
		t.Errorf("mode %+v", m)
	}
	if !strings.Contains(text.String(), expression) {
		t.Errorf("the log does not name the expression: %s", text.String())
	}

	c = config(conduct(driver), newShared())
	c.Group = true
	if _, err := orgs.NewApp(c, orgs.Catalog{}); !errors.Is(err, brook.ErrConfig) ||
		!strings.Contains(err.Error(), expression) {
		t.Errorf("a group: %v", err)
	}
}

// Code that was generated before there was a proof runs in one lane, and the app says what to do.
func TestCodeWithoutProofMeansOneLane(t *testing.T) {
	c := config(memdriver.New(memdriver.Partitions(3)), newStore())
	told := modes(&c)
	type seen struct{ ID string }
	app, err := engine.NewApp(c, &engine.Definition{
		Sets: []string{"Set"},
		Events: []*brook.EventDef{typed.Event[seen]{Type: "seen", Shape: "string",
			AppendKey: func(dst []byte, e *seen) []byte { return key.AppendString(dst, e.ID) },
			Decode:    func([]byte) (seen, error) { return seen{}, nil }}.Def()},
		Handlers: []engine.Handler{{Name: "Seen", Event: "seen"}},
		Lane:     func(*engine.Tx) func(*engine.Delivery) { return func(*engine.Delivery) {} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	runs(t, app.Run)
	if m := <-told; m.Lanes != 1 || !strings.Contains(m.Reason, "Set.Seen") ||
		!strings.Contains(m.Reason, "go generate") {
		t.Errorf("mode %+v", m)
	}
}

// An event that strays although its handler is asserted to be partitioned is told with that
// handler; one whose record is keyed otherwise, without.
func TestStrayIsToldWithItsHandler(t *testing.T) {
	c := config(memdriver.New(memdriver.Partitions(3)), newStore())
	var text buffer
	c.Log = slog.New(slog.NewTextHandler(&text, nil))
	strays := make(chan brook.Stray, 10)
	c.Hooks.Stray = func(s brook.Stray) { strays <- s }
	h := open(t, c, &ledger.Audit{})
	h.opened("a", "b")
	pos := h.wait(h.Publish.Moved(h.ctx, ledger.Moved{Account: "a", From: "b", Cents: 1}))
	if s := <-strays; s != (brook.Stray{Position: pos, Type: ledger.MovedType, Handler: "Books.Moved"}) {
		t.Errorf("told %+v", s)
	}
	pos = h.wait(h.raw("odd", ledger.MovedType, `{"account":"a","cents":1}`), nil)
	if s := <-strays; s != (brook.Stray{Position: pos, Type: ledger.MovedType}) {
		t.Errorf("told %+v", s)
	}
	if !strings.Contains(text.String(),
		"Books.Moved touches a key that does not begin with the event's key") {
		t.Errorf("log: %s", text.String())
	}
	h.balance("a", 2, 2)
}

// In a group others' lanes can't be rested: an event that strays becomes a letter of the set that
// leads it astray, and Redrive applies it.
func TestStrayInGroupBecomesLetter(t *testing.T) {
	d := memdriver.New(memdriver.Partitions(3))
	m := &member{driver: conduct(d)}
	c := config(m.driver, newShared())
	c.Group = true
	c.Hooks.Stray = func(s brook.Stray) { t.Errorf("told %+v", s) }
	m.harness = open(t, c, &ledger.Audit{})
	m.harness.driver = d
	m.place = <-m.driver.members
	var all []brook.Position
	for n := range int32(3) {
		all = append(all, brook.Position{Topic: "ledger", Partition: n})
	}
	m.place.Assign(all)
	m.opened("a", "b")
	pos := m.fails(m.Publish.Moved(m.ctx, ledger.Moved{Account: "a", From: "b", Cents: 1}))
	odd := m.fails(m.raw("odd", ledger.NotedType, `{"account":"b","text":"x"}`), nil)
	letters := map[brook.Position][]brook.DeadLetter{}
	for _, l := range m.letters() {
		letters[l.Position] = append(letters[l.Position], l)
	}
	if l := letters[pos]; len(l) != 1 || l[0].Stage != brook.StageApply || l[0].Set != "Books" ||
		l[0].Attempts != 1 || !strings.Contains(l[0].Error, "Books.Moved") {
		t.Errorf("letters of what strays: %+v", l)
	}
	if l := letters[odd]; len(l) != 1 || l[0].Stage != brook.StageApply || l[0].Set != "Audit" ||
		!strings.Contains(l[0].Error, "not keyed with the event's key") {
		t.Errorf("letters of what is keyed otherwise: %+v", l)
	}
	m.balance("a", 0, 0)
	m.note("a", "+1 makes 0") // the other set did its part
	if n, err := m.Redrive(m.ctx, nil); n != 2 || err != nil {
		t.Fatalf("redriven: %d, %v", n, err)
	}
	m.balance("a", 1, 1)
	m.balance("b", -1, 1)
	m.note("b", "noted: x")
}

// buffer is a log that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
