package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Who waits for an event of a partition that there is not hears so, instead of waiting for good.
func TestWaitForAPartitionThatThereIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, &ledger.Audit{})
		h.opened("a")
		began := time.Now()
		err := h.WaitFor(t.Context(), brook.Position{Topic: "ledger", Partition: 7, Offset: 1})
		if !errors.Is(err, brook.ErrOutOfRange) ||
			!strings.Contains(err.Error(), `ledger/7`) || !strings.Contains(err.Error(), "1 partitions") {
			t.Errorf("the error is %v", err)
		}
		if waited := time.Since(began); waited > 5*time.Second {
			t.Errorf("it came after %s", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err = h.WaitFor(ctx, brook.Position{Topic: "ledger", Partition: 7, Offset: 1})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that ends: %v", err)
		}
	})
}

// A partition that the driver gets to know a moment later is waited for.
func TestWaitForAPartitionThatComesToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		h := open(t, config(d, newStore()), &ledger.Audit{})
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- h.WaitFor(t.Context(), brook.Position{Topic: "ledger", Partition: 1, Offset: 0}) }()
		time.Sleep(500 * time.Millisecond)
		if err := d.Grow("ledger", 2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		for i := 0; len(done) == 0; i++ {
			if _, err := h.Publish.Opened(t.Context(), ledger.Opened{Account: string(rune('a' + i))}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A call that its context ends says which call it was.
func TestCallsThatEndSayWhichTheyWere(t *testing.T) {
	h := start(t, &ledger.Audit{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, redriven := h.Redrive(ctx, nil)
	_, dropped := h.Drop(ctx, nil)
	for want, err := range map[string]error{
		"brook: redrive": redriven, "brook: drop": dropped, "brook: rebuild ledger": h.Rebuild(ctx),
		"brook: process account.opened": h.Process.Opened(ctx, ledger.Opened{Account: "a"}),
	} {
		if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), want+": ") {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}
