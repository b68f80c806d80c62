package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// unread is a store whose rows can't be read while it is down.
type unread struct {
	brook.Store
	down atomic.Bool
}

func (u *unread) Latest() brook.Reader { return unreadRows{u.Store.Latest(), u} }

type unreadRows struct {
	brook.Reader
	store *unread
}

func (r unreadRows) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	if r.store.down.Load() {
		return brook.Value{}, errBroken
	}
	return r.Reader.Get(ctx, t, key)
}

// The waits between the tries of an event grow while its rows can't be read, and these tries are
// not the handler's.
func TestStoreThatStaysDownIsAskedLessAndLess(t *testing.T) {
	store := &unread{Store: newNear()}
	attempts := make(chan int, 100)
	var out bytes.Buffer
	c := config(memdriver.New(), store)
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	c.Retry = brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Microsecond}
	c.Hooks.Failure = func(f brook.Failure) {
		if f.What == "store" {
			select {
			case attempts <- f.Attempts:
			default:
			}
		}
	}
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	store.down.Store(true)
	pos, err := h.move("a", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 5; want++ {
		select {
		case got := <-attempts:
			if got != want {
				t.Fatalf("failure %d is told as that of try %d", want, got)
			}
		case <-h.ctx.Done():
			t.Fatal(h.ctx.Err())
		}
	}
	store.down.Store(false)
	h.wait(pos, nil)
	h.balance("a", 1, 1)
	if l := h.letters(); len(l) != 0 {
		t.Errorf("letters: %v", l)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "brook: store works again") {
		t.Errorf("the log does not say that the store works again:\n%s", &out)
	}
}

func TestLogTellsOfARebuild(t *testing.T) {
	var out bytes.Buffer
	c := config(memdriver.New(), newStore())
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	if err := h.App.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "brook: the views are rebuilt") {
		t.Errorf("the log does not say that a rebuild ended:\n%s", &out)
	}
}
