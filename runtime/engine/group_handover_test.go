package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// lasting is a store that claims to outlive its process, so that marks are told now and then only.
type lasting struct{ brook.Store }

func (lasting) Durable() bool { return true }

// meddled is a member's driver in whose calls the test has a hand.
type meddled struct {
	*conducted
	publish func(ctx context.Context, do func() error) error
	mark    func(ctx context.Context, positions []brook.Position, do func() error) error
}

func (d *meddled) Publish(ctx context.Context,
	records []brook.Record) (positions []brook.Position, err error) {
	do := func() (err error) {
		positions, err = d.conducted.Publish(ctx, records)
		return err
	}
	if d.publish == nil {
		return positions, do()
	}
	err = d.publish(ctx, do)
	return positions, err
}

func (d *meddled) Mark(ctx context.Context, group string, positions []brook.Position) error {
	do := func() error { return d.conducted.Mark(ctx, group, positions) }
	if d.mark == nil {
		return do()
	}
	return d.mark(ctx, positions, do)
}

// enlist runs an app as a member, with its effects counted and its handler preceded by do.
func enlist(t *testing.T, d *memdriver.Driver, c brook.Config,
	do func(context.Context, brook.Event[ledger.Moved]) error) *member {
	t.Helper()
	m := &member{driver: conduct(d)}
	switch driver := c.Driver.(type) {
	case *meddled:
		driver.conducted = m.driver
	default:
		c.Driver = m.driver
	}
	audit := m.calls.audit()
	audit.Do = do
	m.harness = open(t, c, audit)
	m.harness.driver = d
	m.place = <-m.driver.members
	return m
}

// happen puts the opening of an account and moves that emit into the log.
func (m *member) happen(account string, moves int) (last brook.Position) {
	m.t.Helper()
	m.raw(account, ledger.OpenedType, fmt.Sprintf(`{"account":%q}`, account))
	for i := range moves {
		last = m.raw(account, ledger.MovedType,
			fmt.Sprintf(`{"account":%q,"cents":%d,"order":"emit"}`, account, i+1))
	}
	return last
}

func ledgerAt(offset int64) []brook.Position {
	return []brook.Position{{Topic: "ledger", Offset: offset}}
}

// blocked gives something for a handler to be preceded by that blocks until it is told to go on.
func blocked() (do func(context.Context, brook.Event[ledger.Moved]) error, goOn func()) {
	c := make(chan struct{})
	return func(context.Context, brook.Event[ledger.Moved]) error { <-c; return nil }, sync.OnceFunc(func() { close(c) })
}

// Whoever releases a partition marks all that it did, however lately the driver was told.
func TestReleaseMarksWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		a := enlist(t, d, config(nil, lasting{newStore()}), nil)
		a.place.Assign(ledgerAt(0))
		a.wait(a.happen("x", 1), nil)
		synctest.Wait()
		a.wait(a.raw("x", ledger.MovedType, `{"account":"x","cents":2,"order":"quiet"}`), nil)
		a.place.Release(a.ctx)
		if end := span(t, d); mark(t, d) != end {
			t.Errorf("released at mark %d of %d", mark(t, d), end)
		}
	})
}

// A mark that the driver does not take is told again, also where nothing else happens and while the
// partition is released.
func TestMarkIsToldUntilItIsTaken(t *testing.T) {
	for _, released := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := memdriver.New()
			refused := 3
			c := config(&meddled{mark: func(_ context.Context, _ []brook.Position,
				do func() error) error {
				if refused--; refused >= 0 {
					return errors.New("not now")
				}
				return do()
			}}, lasting{newStore()})
			a := enlist(t, d, c, nil)
			a.place.Assign(ledgerAt(0))
			a.wait(a.happen("x", 1), nil)
			if released {
				synctest.Wait() // what the commit left to do is in the outbox
				a.place.Release(a.ctx)
			} else {
				time.Sleep(5 * time.Second)
				synctest.Wait()
			}
			if end := span(t, d); mark(t, d) != end && mark(t, d) != end-1 { // the emission may not be folded yet
				t.Errorf("mark %d of %d", mark(t, d), end)
			}
		})
	}
}

// Marks only rise, although who gets a partition is behind the owner before, and although a store
// that forgets begins anew.
func TestMarksOnlyRise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		a := enlisted(t, d, newStore())
		a.place.Assign(ledgerAt(0))
		var told []int64
		note := func(_ context.Context, positions []brook.Position, do func() error) error {
			told = append(told, positions[0].Offset)
			return do()
		}
		do, goOn := blocked()
		c := config(&meddled{mark: note}, newStore())
		c.BatchSize = 1
		b := enlist(t, d, c, do)
		b.place.Assign(nil)
		a.wait(a.happen("x", 5), nil)
		synctest.Wait()
		a.place.Release(a.ctx)
		handed := mark(t, d)
		a.place.Assign(nil)
		b.place.Assign(ledgerAt(handed))
		goOn()
		b.caughtUp()
		b.wait(b.happen("y", 1), nil)
		synctest.Wait()
		if n := b.calls.made(); n["x"] != 0 || n["y"] != 1 {
			t.Errorf("effects of the new owner: %v", n)
		}
		if err := errors.Join(a.stop(), b.stop()); err != nil {
			t.Fatal(err)
		}
		end := mark(t, d)

		c = config(nil, newStore())
		c.BatchSize = 1
		driver := struct { // a member of no group
			brook.Driver
			brook.Marker
		}{d, &meddled{conducted: conduct(d), mark: note}}
		c.Driver = driver
		cold := open(t, c, &ledger.Audit{})
		cold.driver = d
		cold.caughtUp()
		cold.wait(cold.raw("y", ledger.MovedType, `{"account":"y","cents":1}`), nil)
		synctest.Wait()
		if !slices.IsSorted(told) || len(told) == 0 || told[0] <= handed ||
			told[len(told)-1] <= end {
			t.Errorf("handed over at %d, ended at %d, marks %v", handed, end, told)
		}
	})
}

// An event on which the group acted while it was committed is not acted on again, whoever gets the
// partition meanwhile.
func TestPartitionComesWhileItsEventIsCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		s := newSpy(newStore())
		s.durable = true
		goOn := make(chan struct{})
		s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
			if slices.ContainsFunc(b.Writes, func(w brook.Write) bool {
				return w.Op != brook.Remove && s.name(w.Table) == "ledger/outbox"
			}) {
				<-goOn
			}
			return do()
		})
		b := enlist(t, d, config(nil, s), nil)
		b.place.Assign(nil)
		b.happen("x", 1)
		synctest.Wait()
		a := enlisted(t, d, newStore())
		a.place.Assign(ledgerAt(0))
		a.caughtUp()
		synctest.Wait()
		a.place.Release(a.ctx)
		a.place.Assign(nil)
		b.place.Assign(ledgerAt(mark(t, d)))
		close(goOn)
		b.caughtUp()
		synctest.Wait()
		if n := b.calls.made()["x"]; n != 0 || emitted(t, d)["x"] != 1 || waiting(t, s) != 0 {
			t.Errorf("%d effects, %d emissions, %d wait", n, emitted(t, d)["x"], waiting(t, s))
		}
	})
}

// What was held back and then done is marked, though nothing comes after it.
func TestTakenOverAndHandedOn(t *testing.T) {
	for _, store := range []brook.Store{newStore(), lasting{newStore()}} {
		synctest.Test(t, func(t *testing.T) {
			d := memdriver.New()
			a, b := enlist(t, d, config(nil, store), nil), enlisted(t, d, newStore())
			a.place.Assign(nil)
			b.place.Assign(nil)
			a.raw("x", ledger.OpenedType, `{"account":"x"}`)
			at := a.raw("x", ledger.MovedType, `{"account":"x","cents":1,"order":"quiet"}`)
			a.wait(at, nil)
			b.wait(at, nil)
			a.place.Assign(ledgerAt(0))
			synctest.Wait()
			a.place.Release(a.ctx)
			a.place.Assign(nil)
			b.place.Assign(ledgerAt(mark(t, d)))
			synctest.Wait()
			if n, m := a.calls.made()["x"], b.calls.made()["x"]; n != 1 || m != 0 {
				t.Errorf("%d effects of the first owner, %d of the second", n, m)
			}
		})
	}
}

// A member that has long been behind keeps nothing of what the group did, so that no limit holds it
// up.
func TestLateMemberHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		store := lasting{newStore()}
		c := config(nil, store)
		c.MaxOutbox, c.BatchSize = 2, 2
		b := enlist(t, d, c, nil)
		b.place.Assign(nil)
		b.wait(b.raw("x", ledger.OpenedType, `{"account":"x"}`), nil) // from now on it has a position
		if err := b.stop(); err != nil {
			t.Fatal(err)
		}
		a := enlisted(t, d, newStore())
		a.place.Assign(ledgerAt(0))
		a.wait(a.happen("x", 30), nil)
		synctest.Wait()
		began := time.Now()
		b = enlist(t, d, c, nil)
		b.place.Assign(nil)
		b.caughtUp()
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
		if n := waiting(t, store); n != 0 {
			t.Errorf("%d emissions wait", n)
		}
	})
}

// What is redriven is new, wherever the group stands.
func TestRedrivenBelowTheMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var br breaker
		d := memdriver.New()
		a := enlist(t, d, config(nil, lasting{newStore()}),
			func(_ context.Context, e brook.Event[ledger.Moved]) error {
				return br.do(t.Context(), brook.Event[ledger.Moved]{Data: ledger.Moved{Order: map[int64]string{2: "fail"}[e.Data.Cents]}})
			})
		a.happen("x", 2) // before anything is emitted, which comes behind
		a.happen("y", 1)
		a.place.Assign(ledgerAt(0))
		a.caughtUp()
		synctest.Wait()
		a.place.Release(a.ctx)
		a.place.Assign(ledgerAt(mark(t, d)))
		br.set(true) // what x emitted waits behind the letter, and is one itself
		if n, err := a.Redrive(a.ctx, nil); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		synctest.Wait()
		if n := a.calls.made()["x"]; n != 2 || emitted(t, d)["x"] != 2 {
			t.Errorf("%d effects, %d emissions", n, emitted(t, d)["x"])
		}
	})
}

// What a member was given is done, and not only marked, although its lanes ended before they saw
// it.
func TestGivenAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		told, goOn := make(chan struct{}, 10), make(chan struct{})
		c := config(nil, newStore())
		c.Hooks.Commit = func(brook.Commit) {
			told <- struct{}{}
			<-goOn
		}
		a := enlist(t, d, c, nil)
		a.place.Assign(nil)
		a.raw("x", ledger.OpenedType, `{"account":"x"}`)
		<-told
		a.raw("x", ledger.MovedType, `{"account":"x","cents":1,"order":"quiet"}`)
		goOn <- struct{}{}
		<-told // the lane is busy with what follows its second commit
		a.place.Assign(ledgerAt(0))
		ended := make(chan error)
		go func() { ended <- a.stop() }()
		synctest.Wait()
		close(goOn)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := a.calls.made()["x"]; n != 1 || mark(t, d) != span(t, d) {
			t.Errorf("%d effects, mark %d of %d", n, mark(t, d), span(t, d))
		}
	})
}

// CatchUp, a member of no group, does what a run before held back, but for what the group did
// meanwhile.
func TestCatchUpAfterRunInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		b := enlist(t, d, config(nil, lasting{newStore()}), nil)
		b.place.Assign(nil)
		b.happen("x", 1)
		b.caughtUp()
		other := enlisted(t, d, newStore())
		other.place.Assign(ledgerAt(0))
		other.caughtUp()
		synctest.Wait()
		other.place.Release(other.ctx)
		other.place.Assign(nil)
		b.happen("y", 1)
		b.caughtUp()
		if err := errors.Join(b.stop(), other.stop()); err != nil {
			t.Fatal(err)
		}
		if err := b.CatchUp(b.ctx); err != nil {
			t.Fatal(err)
		}
		if n := b.calls.made(); n["x"] != 0 || n["y"] != 1 {
			t.Errorf("effects %v", n)
		}
		if n := emitted(t, d); n["x"] != 1 || n["y"] != 1 || waiting(t, b.store) != 0 {
			t.Errorf("emissions %v, %d wait", n, waiting(t, b.store))
		}
	})
}

// An app in whose group other things happen can be run again and again.
func TestRunAgainInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		c := config(nil, lasting{newStore()})
		c.MaxOutbox = 4
		m := &member{driver: conduct(d)}
		c.Driver = m.driver
		app, err := ledger.NewApp(c, ledger.Books{}, m.calls.audit())
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		m.harness = &harness{App: app, t: t, ctx: t.Context(), driver: d, store: c.Store}
		for round := range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- app.Run(ctx) }()
			m.place = <-m.driver.members
			m.place.Assign(nil)
			m.wait(m.happen(fmt.Sprint(round), 1), nil)
			if round%2 == 1 {
				m.place.Assign(ledgerAt(mark(t, d)))
				synctest.Wait()
			}
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		if n, e := m.calls.made(), emitted(t, d); len(n) != 4 || len(e) != 4 || n["1"] != 1 ||
			e["1"] != 1 {
			t.Errorf("effects %v, emissions %v", n, e)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		for account, n := range m.calls.made() {
			if n != 1 || emitted(t, d)[account] != 1 {
				t.Errorf("%s: %d effects, %d emissions", account, n, emitted(t, d)[account])
			}
		}
		if n := waiting(t, c.Store); n != 0 || len(m.calls.made()) != 5 {
			t.Errorf("%d wait, effects %v", n, m.calls.made())
		}
	})
}
