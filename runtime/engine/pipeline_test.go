package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// wholeBatch is how many events PublishAll sends at a time.
const wholeBatch = 20_000

var errNoLog = errors.New("the log is away")

// gated is a driver whose Publish waits until the test answers it.
type gated struct {
	brook.Driver
	asked  chan int   // how many records a call has
	answer chan error // nil: they are published
	busy   atomic.Int32
	values []string // of the records that were published
}

func (g *gated) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if g.busy.Add(1) > 1 {
		return nil, errors.New("two batches are on their way at a time")
	}
	defer g.busy.Add(-1)
	g.asked <- len(records)
	if err := <-g.answer; err != nil {
		return nil, err
	}
	for i := range records {
		g.values = append(g.values, string(records[i].Value))
	}
	return g.Driver.Publish(ctx, records)
}

// piping is a call of PublishAll on its way.
type piping struct {
	*gated
	taken atomic.Int64 // events
	last  brook.Position
	err   error
	ended chan struct{}
}

// pipe publishes so many events.
func pipe(t *testing.T, n int, event func(i int) brook.Outgoing) *piping {
	t.Helper()
	p := &piping{gated: &gated{Driver: memdriver.New(), asked: make(chan int),
		answer: make(chan error)}, ended: make(chan struct{})}
	app, err := ledger.NewApp(config(p.gated, newStore()), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	go func() {
		defer close(p.ended)
		defer func() {
			if r := recover(); r != nil {
				p.err = fmt.Errorf("panic: %v", r)
			}
		}()
		p.last, p.err = app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
			for i := range n {
				p.taken.Add(1)
				if !yield(event(i)) {
					return
				}
			}
		})
	}()
	return p
}

func opened(i int) brook.Outgoing {
	return brook.Emit(ledger.Opened{Account: "a", Email: fmt.Sprint(i)})
}

// batch waits for a batch of n records.
func (p *piping) batch(t *testing.T, n int) {
	t.Helper()
	select {
	case got := <-p.asked:
		if got != n {
			t.Fatalf("a batch has %d records, want %d", got, n)
		}
	case <-p.ended:
		t.Fatalf("it ended with %v", p.err)
	case <-time.After(time.Minute):
		t.Fatal("no batch comes")
	}
}

func (p *piping) end(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
	case n := <-p.asked:
		t.Fatalf("a batch of %d comes", n)
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}

// While a batch is on its way the next one is encoded, and not sent. All arrive in order, as they
// were: the memory of a batch is used again.
func TestPublishAllTakesWhileItSends(t *testing.T) {
	const n = 3*wholeBatch + 5
	ahead := make(chan struct{})
	p := pipe(t, n, func(i int) brook.Outgoing {
		if i == 2*wholeBatch-1 {
			close(ahead)
		}
		return opened(i)
	})
	p.batch(t, wholeBatch)
	select {
	case <-ahead: // though the first batch has no answer
	case <-time.After(time.Minute):
		t.Fatalf("%d events are taken while the first batch is on its way", p.taken.Load())
	}
	p.answer <- nil
	for _, size := range []int{wholeBatch, wholeBatch, 5} {
		p.batch(t, size)
		p.answer <- nil
	}
	p.end(t)
	if p.err != nil || p.last.Offset != n-1 {
		t.Fatalf("PublishAll: %v, %v", p.last, p.err)
	}
	for i, value := range p.values {
		if want := fmt.Sprintf(`{"account":"a","email":"%d"}`, i); value != want {
			t.Fatalf("event %d is %s, want %s", i, value, want)
		}
	}
}

// Nothing is sent behind a batch that failed, and no more is taken than what the next batch holds.
// The position is that of the last whole batch.
func TestPublishAllFails(t *testing.T) {
	for failing := range 3 {
		p := pipe(t, 10*wholeBatch, opened)
		for range failing {
			p.batch(t, wholeBatch)
			p.answer <- nil
		}
		p.batch(t, wholeBatch)
		p.answer <- errNoLog
		p.end(t)
		want := brook.Position{}
		if failing > 0 {
			want = brook.Position{Topic: "ledger", Offset: int64(failing*wholeBatch) - 1}
		}
		if !errors.Is(p.err, errNoLog) || p.last != want {
			t.Errorf("batch %d fails: %v, %v, want %v", failing, p.last, p.err, want)
		}
		if most := int64(failing+2) * wholeBatch; p.taken.Load() > most {
			t.Errorf("%d events are taken, want %d at most", p.taken.Load(), most)
		}
	}
}

// A batch that failed is an error at the next event, though its own batch is not full yet.
func TestPublishAllFailsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe(t, 10*wholeBatch, func(i int) brook.Outgoing {
			if i == wholeBatch {
				time.Sleep(time.Second) // until nothing else goes on
			}
			return opened(i)
		})
		p.batch(t, wholeBatch)
		p.answer <- errNoLog
		p.end(t)
		if !errors.Is(p.err, errNoLog) || p.taken.Load() != wholeBatch+1 {
			t.Errorf("PublishAll: %v after %d events", p.err, p.taken.Load())
		}
	})
}

// An event that can't be published does not hold up those before it, unless the batch on its way
// fails.
func TestPublishAllRefuses(t *testing.T) {
	refused := func(i int) brook.Outgoing {
		if i == wholeBatch+7 {
			return brook.Emit(struct{ Unknown int }{})
		}
		return opened(i)
	}
	p := pipe(t, 2*wholeBatch, refused)
	p.batch(t, wholeBatch)
	p.answer <- nil
	p.batch(t, 7)
	p.answer <- nil
	p.end(t)
	if p.err == nil || p.last.Offset != wholeBatch+6 {
		t.Errorf("PublishAll: %v, %v", p.last, p.err)
	}
	p = pipe(t, 2*wholeBatch, refused)
	p.batch(t, wholeBatch)
	p.answer <- errNoLog
	p.end(t)
	if !errors.Is(p.err, errNoLog) || p.last != (brook.Position{}) {
		t.Errorf("PublishAll: %v, %v", p.last, p.err)
	}
}

// If what makes the events panics, PublishAll does so once the batch on its way has its answer.
func TestPublishAllPanics(t *testing.T) {
	p := pipe(t, 2*wholeBatch, func(i int) brook.Outgoing {
		if i == wholeBatch+7 {
			panic("no more")
		}
		return opened(i)
	})
	p.batch(t, wholeBatch)
	select {
	case <-p.ended:
		t.Error("a batch is on its way, and nobody waits for it")
	default:
	}
	p.answer <- nil
	p.end(t)
	if p.err == nil || p.err.Error() != "panic: no more" {
		t.Errorf("PublishAll: %v", p.err)
	}
}
