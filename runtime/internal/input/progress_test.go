package input_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := input.NewProgress()
		id, other := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}
		var waited error
		done := false
		go func() {
			waited = p.Wait(t.Context(), id.At(4), nil)
			done = true
		}()
		p.Advance(id, 4)
		p.Advance(other, 9)
		synctest.Wait()
		if done {
			t.Fatal("the wait is over before the event is dealt with")
		}
		p.AdvanceTo(id.At(5))
		synctest.Wait()
		if !done || waited != nil {
			t.Errorf("the wait is over: %t, %v", done, waited)
		}
		p.Advance(id, 2)
		if want := map[partition.ID]int64{id: 5, other: 9}; p.At(id) != 5 ||
			!maps.Equal(p.All(), want) {
			t.Errorf("%v, want %v", p.All(), want)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Wait(ctx, id.At(5), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited until %v, want the end of the context", err)
		}
		closed := make(chan struct{})
		close(closed)
		if err := p.Wait(t.Context(), id.At(5), closed); !errors.Is(err, brook.ErrClosed) {
			t.Errorf("waited until %v, want ErrClosed", err)
		}
	})
}
