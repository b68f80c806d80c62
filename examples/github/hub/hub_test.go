package hub

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func newApp(t *testing.T) *App {
	t.Helper()
	app, err := NewApp(brook.Config{Author: "hub", Driver: memdriver.New(), Store: mapstore.New(), Log: slog.New(slog.DiscardHandler)},
		Catalog{}, Crowd{}, Shelf{}, Tally{}, Tracker{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

// do wants deliveries to be applied.
func do(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func user(id int64, login string) *webhook.User {
	return &webhook.User{ID: id, Login: login, Type: "User"}
}

// from makes what a delivery about repository id has beside its subject.
func from(id int64, action string) webhook.Delivery {
	return webhook.Delivery{Action: action, Origin: webhook.Origin{Sender: user(2, "bob")},
		Repository: webhook.Repository{ID: id, Name: "pond", FullName: "ada/pond",
			DefaultBranch: "main", Owner: user(1, "ada")}}
}

func ptr[V any](v V) *V { return &v }

// has wants a view to have so many rows.
func has[K comparable, V any](t *testing.T, what string, view brook.View[K, V], want int) {
	t.Helper()
	if n, err := view.Len(); err != nil || n != want {
		t.Errorf("%d %s, %v, want %d", n, what, err, want)
	}
}

// keys gives the keys that a scan or an index finds.
func keys[K comparable, V any](t *testing.T, found func(func(brook.Entry[K, V], error) bool)) []K {
	t.Helper()
	var all []K
	for e, err := range found {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Key)
	}
	return all
}

func want[E comparable](t *testing.T, what string, got []E, want ...E) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
