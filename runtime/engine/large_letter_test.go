package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A letter is made as small as the store needs it, and never ends Run: where it does not fit at
// all, its partition stands still, which is told.
func TestLetterLargerThanOneCommit(t *testing.T) {
	for _, c := range []struct {
		limit int
		fits  bool
	}{{6000, true}, {1200, true}, {300, false}} {
		told := make(chan brook.Failure, 100)
		s := newSpy(newStore())
		s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
			size := 0
			for _, w := range b.Writes {
				if value, ok := w.Value.([]byte); ok &&
					strings.HasSuffix(s.name(w.Table), "/letters") {
					size += len(value)
				}
			}
			if size > c.limit {
				return brook.ErrTooLarge
			}
			return do()
		})
		conf := config(memdriver.New(), s)
		conf.Hooks.Failure = func(f brook.Failure) {
			if f.What == "commit" && len(told) < cap(told) {
				told <- f
			}
		}
		h := open(t, conf, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			return errors.New(strings.Repeat("why ", 5000))
		}})
		h.wait(h.Publish.Opened(h.ctx, ledger.Opened{Account: "a"}))
		pos, err := h.move("a", 1, "")
		if err != nil {
			t.Fatal(err)
		}
		if !c.fits {
			for range 3 {
				if f := <-told; f.Position != pos || f.Final ||
					!errors.Is(f.Err, brook.ErrTooLarge) {
					t.Errorf("limit %d: told of %+v", c.limit, f)
				}
			}
			if err := h.stop(); err != nil {
				t.Errorf("limit %d: Run: %v", c.limit, err)
			}
			continue
		}
		h.fails(pos, nil)
		if l := h.letters(); len(l) == 0 || !strings.HasPrefix(l[0].Error, "why ") &&
			l[0].Stage != brook.StageApply || l[0].Position != pos {
			t.Errorf("limit %d: letters %+v", c.limit, l)
		}
		if n, err := h.Drop(h.ctx, nil); n == 0 || err != nil {
			t.Errorf("limit %d: dropped %d, %v", c.limit, n, err)
		}
	}
}
