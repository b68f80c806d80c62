package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// gappy is a log of one partition that ends with markers. Readers from 0 that are opened after the
// first get other chunks.
type gappy struct {
	*memdriver.Driver
	records []brook.Record
	opened  atomic.Int32
	markers chan struct{} // closed: the markers are there
}
type gappyReader struct {
	d    *gappy
	n    int32
	step int
}

func (d *gappy) Partitions(context.Context, ...string) ([]brook.Partition, error) {
	return []brook.Partition{{Topic: "ledger", Log: "l", End: int64(len(d.records))}}, nil
}
func (d *gappy) Open(context.Context, brook.Position) (brook.PartitionReader, error) {
	return &gappyReader{d: d, n: d.opened.Add(1)}, nil
}
func (r *gappyReader) Close() error { return nil }
func (r *gappyReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	n := int64(len(r.d.records))
	r.step++
	if r.n == 1 { // the live one: records first, markers later
		if r.step == 1 {
			return brook.Chunk{Records: r.d.records, Next: n, End: n}, nil
		}
		if r.step == 2 {
			select {
			case <-r.d.markers:
				return brook.Chunk{Next: n + 2, End: n + 2}, nil
			case <-ctx.Done():
				r.step--
				return brook.Chunk{}, ctx.Err()
			}
		}
	} else if r.step == 1 { // the rebuild's: all in one
		return brook.Chunk{Records: r.d.records, Next: n + 2, End: n + 2}, nil
	}
	<-ctx.Done()
	return brook.Chunk{}, ctx.Err()
}

func TestRebuildStandsStillAtAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memdriver.New()
		for i := range 3 {
			at(t, mem, min_(i), "a", ledger.OpenedType, `{"account":"a"}`)
		}
		rd, _ := mem.Open(t.Context(), brook.Position{Topic: "ledger"})
		c0, _ := rd.Read(t.Context(), 10)
		d := &gappy{Driver: mem, records: c0.Records, markers: make(chan struct{})}
		s := newSpy(newStore())
		var once sync.Once
		var app *ledger.App
		c := config(d, s)
		// When the rebuild's first commit of events is done, the live feed gets its markers.
		s.onCommit(func(ctx context.Context, b *brook.Batch, do func() error) error {
			err := do()
			for _, w := range b.Writes {
				if strings.Contains(s.name(w.Table), "/2/positions") {
					once.Do(func() {
						close(d.markers)
						app.WaitFor(ctx, brook.Position{Topic: "ledger", Offset: 4})
					})
				}
			}
			return err
		})
		app = newLedger(t, c, &ledger.Audit{})
		defer app.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go app.Run(ctx)
		app.WaitFor(ctx, brook.Position{Topic: "ledger", Offset: 2})
		within(t, 30*time.Second, "Rebuild", func() { t.Log(app.Rebuild(ctx)) })
	})
}

func TestUnknownEventOfAnotherContentType(t *testing.T) {
	d := memdriver.New()
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	d.Publish(t.Context(), []brook.Record{{Topic: "ledger", Key: []byte("a"), Value: []byte{1, 2}, Headers: []brook.Header{
		{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("1")}, {Key: "ce_source", Value: []byte("s")},
		{Key: "ce_type", Value: []byte("not.ours")}, {Key: "content-type", Value: []byte("application/avro")}}}})
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range letters(t, app) {
		t.Errorf("an unknown event is a dead letter: %v", l)
	}
}

func TestRebuildNotesWhatItBeganWith(t *testing.T) {
	d, store := memdriver.New(), newStore()
	c := config(d, store)
	c.OnRetention = brook.GoOn
	h := open(t, c, &ledger.Audit{})
	h.opened("a", "b", "c")
	if err := d.Trim("ledger", 0, 2); err != nil {
		t.Fatal(err)
	}
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	h.opened("d")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	app := newLedger(t, config(d, store), &ledger.Audit{}) // nothing is lost since
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestProcessReturnsNilWithoutItsEffect(t *testing.T) {
	var ran atomic.Int64
	s := newSpy(newStore())
	ctx, cancel := context.WithCancel(t.Context())
	app := newLedger(t, config(memdriver.New(), s), &ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
		return func(context.Context) error { ran.Add(1); return nil }
	}})
	defer app.Close()
	app.Process.Opened(ctx, ledger.Opened{Account: "a"})
	s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		defer cancel() // the caller's time is over right after the commit
		return do()
	})
	err := app.Process.Moved(ctx, ledger.Moved{Account: "a"})
	if ran.Load() != 1 {
		t.Errorf("Process gave %v, and its effect ran %d times, told to nobody", err, ran.Load())
	}
}

// closing is a driver whose readers can't be closed.
func TestCloseDoesNotWaitForProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy(newStore())
		entered, leave := make(chan struct{}), make(chan struct{})
		wait := func(context.Context, brook.Event[ledger.Moved]) error {
			close(entered)
			<-leave
			return nil
		}
		app := newLedger(t, config(memdriver.New(), s), &ledger.Audit{Do: wait})
		app.Process.Opened(t.Context(), ledger.Opened{Account: "a"})
		done := make(chan error)
		go func() { done <- app.Process.Moved(context.Background(), ledger.Moved{Account: "a"}) }()
		<-entered
		closed := make(chan struct{})
		go func() { app.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(300 * time.Millisecond):
			close(leave)
			<-done
			return
		}
		var after atomic.Int64
		s.onCommit(func(_ context.Context, _ *brook.Batch, do func() error) error {
			after.Add(1)
			return do()
		})
		close(leave)
		err := <-done
		if after.Load() > 0 {
			t.Errorf("a commit reached the store after Close had returned (Process: %v)", err)
		}
	})
}

func TestWaitForOverASwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy(newStore())
		h := open(t, config(memdriver.New(), s), &ledger.Audit{})
		pos := h.fails(h.move("nobody", 1, ""))
		var once atomic.Bool
		s.onScan(func(tb brook.Table) {
			if strings.Contains(s.name(tb), "/1/letters") && once.CompareAndSwap(false, true) {
				if err := h.Rebuild(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
		done := make(chan error, 1)
		go func() { done <- h.WaitFor(h.ctx, pos) }()
		select {
		case err := <-done:
			if !errors.Is(err, brook.ErrDeadLetter) {
				t.Errorf("WaitFor of a dead letter, over a switch: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("stuck")
		}
	})
}

// The flip's commit happens, its answer is lost, and the process dies a moment later.
func TestNewDurableStoreIgnoresTheMark(t *testing.T) {
	d := memdriver.New()
	var effects atomic.Int64
	audit := func() *ledger.Audit {
		return &ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error { effects.Add(1); return nil }
		}}
	}
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(0), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"quiet"}`)
	for i := range 2 {
		s := newSpy(newStore())
		s.durable = i == 1
		app := newLedger(t, config(d, s), audit())
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if effects.Load() != 1 {
		t.Errorf("effects ran %d times: the driver's mark is not asked for a store that is new", effects.Load())
	}
}

func TestManyEmitLettersMakeRebuildImpossible(t *testing.T) {
	d := &refusing{Driver: memdriver.New()}
	s := newSpy(newStore())
	app := newLedger(t, config(d, s), &ledger.Audit{})
	defer app.Close()
	s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		if len(b.Writes) > 1100 {
			return fmt.Errorf("%w: %d writes", brook.ErrTooLarge, len(b.Writes))
		}
		return do()
	})
	at(t, d.Driver, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	for range 1500 {
		at(t, d.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","order":"emit"}`)
	}
	d.refuse(1<<30, fmt.Errorf("%w: no", brook.ErrPermanent))
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Rebuild(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

func TestCarriedLettersHoldNoKeysInTheRebuild(t *testing.T) {
	d := memdriver.New()
	var b breaker
	c := config(d, newStore())
	c.OnRetention = brook.GoOn
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "fail"))
	h.opened("a")
	h.fails(h.move("a", 2, "")) // waits
	d.Trim("ledger", 0, 2)
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	n, _ := h.Views.Notes.Get("a")
	b.set(true)
	h.Redrive(h.ctx, nil)
	after, _ := h.Views.Notes.Get("a")
	if len(n) != 0 {
		t.Errorf("a later event of the key was folded before its carried letter: %q, then %q", n, after)
	}
}
