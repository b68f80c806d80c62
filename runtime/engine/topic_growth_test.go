package engine_test

import (
	"context"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// heeded is a shared store that tells of what is to be committed.
type heeded struct {
	*shared
	before func(b *brook.Batch)
}

func (s *heeded) Commit(ctx context.Context, b *brook.Batch) error {
	if s.before != nil {
		s.before(b)
	}
	return s.shared.Commit(ctx, b)
}

// What another process folds of a partition that was empty, or not there, while the views are being
// switched is in the new ones.
func TestPartitionThatBeginsDuringSwitch(t *testing.T) {
	for _, grown := range []bool{false, true} {
		d := memdriver.New(memdriver.Topic("ledger", 1))
		if !grown {
			d = memdriver.New(memdriver.Topic("ledger", 2))
		}
		s := newShared()
		h := &heeded{shared: s}
		app, err := ledger.NewApp(config(d, h), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		other, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		open := func(partition int) string {
			account := "a"
			for d.Partition([]byte(account), 2) != partition {
				account += "a"
			}
			if _, err := other.Publish.Opened(t.Context(),
				ledger.Opened{Account: account}); err != nil {
				t.Fatal(err)
			}
			if err := other.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			return account
		}
		open(0)
		state, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/state"})
		if err != nil {
			t.Fatal(err)
		}
		writes, late := 0, ""
		h.before = func(b *brook.Batch) {
			if !slices.ContainsFunc(b.Writes,
				func(w brook.Write) bool { return w.Table == state }) {
				return
			}
			writes++ // the first one says that the views are being built, the second one switches
			if grown && writes == 1 {
				if err := d.Grow("ledger", 2); err != nil {
					t.Error(err)
				}
			}
			if grown == (writes == 1) && late == "" {
				late = open(1)
			}
		}
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Views.Accounts.Get(late); err != nil {
			t.Errorf("grown %t: %v", grown, err)
		}
	}
}

// CatchUp folds what comes in partitions that are new since it began.
func TestCatchUpWhileTopicGrows(t *testing.T) {
	d := memdriver.New(memdriver.Topic("ledger", 1))
	var app *ledger.App
	c := config(d, newStore())
	opened := 0
	c.Hooks.Commit = func(brook.Commit) {
		if opened > 1 {
			return
		}
		if err := d.Grow("ledger", 2); err != nil {
			t.Error(err)
		}
		for ; opened < 20; opened++ {
			if _, err := app.Publish.Opened(t.Context(),
				ledger.Opened{Account: string(rune('a' + opened))}); err != nil {
				t.Error(err)
			}
		}
	}
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "first"}); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := app.Views.Accounts.Len(); n != 21 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
}
