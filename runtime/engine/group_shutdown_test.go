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

// Release waits for what there is, not for what comes meanwhile.
func TestReleaseUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		c := config(&meddled{publish: func(_ context.Context, do func() error) error {
			time.Sleep(3 * time.Millisecond)
			return do()
		}}, newShared())
		c.Group = true
		a := enlist(t, d, c, nil)
		a.place.Assign(ledgerAt(0))
		a.wait(a.happen("x", 1), nil)
		load, stop := context.WithCancel(t.Context())
		fed := make(chan struct{})
		go func() {
			defer close(fed)
			for n := 2; load.Err() == nil; n++ {
				a.raw("x", ledger.MovedType,
					fmt.Sprintf(`{"account":"x","cents":%d,"order":"emit"}`, n))
				time.Sleep(time.Millisecond)
			}
		}()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		a.place.Release(a.ctx)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Release took %s", took)
		}
		stop()
		<-fed
	})
}

// Where nobody publishes any more, nobody waits for that.
func TestEndOfPublishingEndsMembership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		s := newSpy(newStore())
		s.durable = true
		broken := fmt.Errorf("%w: disk is gone", brook.ErrPermanent)
		s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
			for _, w := range b.Writes {
				if w.Op == brook.Remove && s.name(w.Table) == "ledger/outbox" {
					return broken
				}
			}
			return do()
		})
		driver := conduct(d)
		app, err := ledger.NewApp(config(driver, s), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- app.Run(t.Context()) }()
		place := <-driver.members
		place.Assign(ledgerAt(0))
		h := &harness{App: app, t: t, ctx: t.Context(), driver: d}
		(&member{harness: h}).happen("x", 1)
		if err := <-ended; !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s to end", took)
		}
	})
}

// unforeseen is a shared store over which nothing is rehearsed.
type unforeseen struct{ *shared }

func (s unforeseen) Latest() brook.Reader { return struct{ brook.Reader }{s.shared.Latest()} }

// What ends Run for good counts, although the partitions were divided anew at the same time.
func TestFailureDuringDivision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		driver := conduct(d)
		c := config(driver, unforeseen{newShared()})
		c.Group, c.OnFailure = true, brook.Stop
		entered, goOn := make(chan struct{}), make(chan struct{})
		app, err := ledger.NewApp(c, ledger.Books{},
			&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
				close(entered)
				<-goOn
				return errBroken
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ended := make(chan error, 1)
		go func() { ended <- app.Run(t.Context()) }()
		place := <-driver.members
		place.Assign(ledgerAt(0))
		h := &harness{App: app, t: t, ctx: t.Context(), driver: d}
		(&member{harness: h}).happen("x", 1)
		<-entered
		place.Assign(nil)
		synctest.Wait()
		close(goOn)
		if err := <-ended; !errors.Is(err, errBroken) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A membership that can't be had ends Run with the reason, within no time.
func TestMembershipThatCannotBeHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		driver := conduct(d)
		app, err := ledger.NewApp(config(driver, newStore()), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		ended := make(chan error, 1)
		go func() { ended <- app.Run(t.Context()) }()
		<-driver.members
		driver.lost <- fmt.Errorf("%w: not allowed", brook.ErrPermanent)
		if err := <-ended; !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("Run: %v", err)
		}
	})
}

// Run ends in time while a partition is being released whose emissions can't be published.
func TestRunEndsDuringRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		c := config(&meddled{publish: func(ctx context.Context, _ func() error) error {
			return errors.New("the broker is away")
		}}, lasting{newStore()})
		c.ShutdownTimeout = 3 * time.Second
		a := enlist(t, d, c, nil)
		a.place.Assign(ledgerAt(0))
		a.wait(a.happen("x", 1), nil)
		released := make(chan struct{})
		go func() {
			defer close(released)
			a.place.Release(context.Background())
		}()
		synctest.Wait()
		began := time.Now()
		if err := a.stop(); err != nil {
			t.Fatal(err)
		}
		<-released
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %s to end", took)
		}
		if n := waiting(t, a.store); n != 1 {
			t.Errorf("%d emissions wait in the store", n)
		}
	})
}

// With Config.Group too, a member marks only what it has: others go on from there.
func TestMemberMarksWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		var foreign, has bool
		c := config(&meddled{mark: func(_ context.Context, _ []brook.Position,
			do func() error) error {
			if !has {
				foreign = true
				return errors.New("the member does not have these partitions now")
			}
			return do()
		}}, newShared())
		c.Group = true
		a := enlist(t, d, c, nil)
		has = true
		a.place.Assign(ledgerAt(0))
		a.wait(a.happen("x", 1), nil)
		synctest.Wait()
		a.place.Release(a.ctx)
		a.wait(a.raw("x", ledger.MovedType, `{"account":"x","cents":1}`), nil) // folding goes on
		has = false
		a.place.Assign(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		began := time.Now()
		a.place.Release(a.ctx)
		if took := time.Since(began); foreign || took > 0 {
			t.Errorf("it marked what it had no longer: %t; Release took %s", foreign, took)
		}
	})
}

// What a member of a group that was killed had no time to mark is marked by who has the partition
// next, though no event comes: else it shows as lag for ever.
func TestMemberMarksWhatOthersFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		c := config(&meddled{mark: func(context.Context, []brook.Position, func() error) error { return errors.New("the broker is away") }}, s)
		c.Group, c.ShutdownTimeout = true, time.Second
		gone := enlist(t, d, c, nil)
		gone.place.Assign(ledgerAt(0))
		gone.wait(gone.raw("x", ledger.OpenedType, `{"account":"x"}`), nil)
		if err := gone.stop(); err != nil {
			t.Fatal(err)
		}
		c = config(nil, s)
		c.Group = true
		next := enlist(t, d, c, nil)
		next.place.Assign(ledgerAt(0))
		time.Sleep(time.Minute)
		synctest.Wait()
		marks, err := d.Marks(t.Context(), c.Author)
		if err != nil {
			t.Fatal(err)
		}
		partitions, err := d.Partitions(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		if len(marks) != 1 || marks[0].Offset != partitions[0].End {
			t.Errorf("marks %v, and the partition ends at %d", marks, partitions[0].End)
		}
	})
}

// What a member of a group that is gone left in another's partition, or in one that nobody reads
// any more, is published after the next division.
func TestEmissionsOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		away := func(context.Context, func() error) error { return errors.New("the broker is away") }
		old := config(&meddled{publish: away}, s)
		old.Group, old.Topic = true, "old"
		gone := enlist(t, d, old, nil)
		gone.place.Assign([]brook.Position{{Topic: "old"}})
		for _, r := range []string{`{"account":"x"}`, `{"account":"x","cents":1,"order":"emit"}`} {
			typ := ledger.OpenedType
			if len(r) > 20 {
				typ = ledger.MovedType
			}
			record := brook.Record{Topic: "old", Key: []byte("x")}
			m := brook.Message{ID: r, Type: typ, Author: "elsewhere", Data: []byte(r)}
			if err := (brook.CloudEvents{}).Wrap(&m, &record); err != nil {
				t.Fatal(err)
			}
			at, err := d.Publish(t.Context(), []brook.Record{record})
			if err != nil {
				t.Fatal(err)
			}
			gone.wait(at[0], nil)
		}
		c := config(nil, s)
		c.Group = true
		stays := enlist(t, d, c,
			func(context.Context, brook.Event[ledger.Moved]) error { return errBroken })
		stays.place.Assign(ledgerAt(0))
		synctest.Wait()
		if n := len(published(t, d, "old")); n != 3 {
			t.Errorf("%d events in the topic that is read no more, want 3", n)
		}
		stays.happen("y", 0)
		stays.fails(stays.raw("y", ledger.MovedType, `{"account":"y","cents":1,"order":"emit"}`),
			nil)

		// Another member redrives the letter, and is gone before it publishes.
		c = config(&meddled{publish: away}, s)
		c.Group, c.ShutdownTimeout = true, time.Second
		other := enlist(t, d, c, nil)
		other.place.Assign(nil)
		if n, err := other.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		for _, m := range []*member{other, gone} { // the last one held the lease
			if err := m.stop(); err != nil {
				t.Fatal(err)
			}
		}
		stays.place.Assign(ledgerAt(0))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := waiting(t, s); n != 0 || emitted(t, d)["y"] != 1 {
			t.Errorf("%d emissions wait, %d are published", n, emitted(t, d)["y"])
		}
	})
}

// Mode tells of the member's own lanes.
func TestModeOfMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(4))
		var mode brook.Mode
		c := config(nil, newShared())
		c.Group = true
		c.Hooks.Mode = func(m brook.Mode) { mode = m }
		a := enlist(t, d, c, nil)
		for _, n := range []int{3, 0, 1} {
			var own []brook.Position
			for p := range int32(n) {
				own = append(own, brook.Position{Topic: "ledger", Partition: p})
			}
			a.place.Assign(own)
			synctest.Wait()
			if mode.Lanes != n {
				t.Errorf("%d lanes with %d partitions", mode.Lanes, n)
			}
		}
	})
}
