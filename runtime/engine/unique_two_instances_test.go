package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func peopleOver(t *testing.T, c brook.Config) *people.App {
	t.Helper()
	app, err := people.NewApp(c, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

// Who scans goes by rows that are not there. Another instance that adds one, from another partition
// or by Process, makes the commit fail: two rows with one unique value can't both be committed
// (rules 31 and 34).
func TestTwoInstancesHoldUniqueValuesOnce(t *testing.T) {
	joined := func(id int64) people.Joined { return people.Joined{ID: id, Email: "same@x"} }
	for name, fold := range map[string]func(ctx context.Context, app *people.App, id int64) error{
		"partitions": func(ctx context.Context, app *people.App, id int64) error {
			if _, err := app.Publish.Joined(ctx, joined(id)); err != nil {
				return err
			}
			return app.CatchUp(ctx)
		},
		"Process": func(ctx context.Context, app *people.App, id int64) error {
			if err := app.Process.Joined(ctx, joined(id)); !errors.Is(err, brook.ErrUnique) {
				return err
			}
			return nil
		},
	} {
		for other, foldOther := range map[string]bool{"partitions": false, "Process": true} {
			d, s := memdriver.New(memdriver.Topic("ledger", 4)), newShared()
			h := &heeded{shared: s}
			one, two := peopleOver(t, config(d, h)), peopleOver(t, config(d, s))
			if err := two.Process.Joined(t.Context(),
				people.Joined{ID: 100, Email: "first@x"}); err != nil {
				t.Fatal(err)
			}
			addresses, err := s.Table(t.Context(),
				brook.TableSpec{Name: "ledger/1/index/people/Email"})
			if err != nil {
				t.Fatal(err)
			}
			var between atomic.Bool
			h.before = func(b *brook.Batch) {
				if !slices.ContainsFunc(b.Writes,
					func(w brook.Write) bool { return w.Table == addresses }) ||
					between.Swap(true) {
					return
				}
				var err error
				if foldOther {
					err = two.Process.Joined(t.Context(), joined(2))
				} else {
					_, err = two.Publish.Joined(t.Context(), joined(3))
					err = errors.Join(err, two.CatchUp(t.Context()))
				}
				if err != nil && !errors.Is(err, brook.ErrUnique) {
					t.Error(err)
				}
			}
			if err := fold(t.Context(), one, 1); err != nil {
				t.Fatalf("%s beside %s: %v", name, other, err)
			}
			if !between.Load() {
				t.Fatalf("%s beside %s: nothing came between", name, other)
			}
			n := 0
			for entry, err := range one.Views.People.All() {
				if err != nil {
					t.Fatal(err)
				}
				if entry.Value.Email == "same@x" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s beside %s: %d people have one address", name, other, n)
			}
		}
	}
}
