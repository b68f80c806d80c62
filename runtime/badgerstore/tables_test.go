package badgerstore_test

import (
	"io"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/people"
)

// Code without any of the collections that are stored leaves nothing of them.
func TestRebuildLeavesNothingOfOldCollections(t *testing.T) {
	d, err := newStill(4, 1, 600, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync())
	app := newApp(t, d, s)
	caughtUp(t, app)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	c := config(d, s)
	c.KeepReplaced = -1
	other, err := people.NewApp(c, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	s = open(t, dir, badgerstore.NoSync())
	names := s.Tables()
	for _, name := range names {
		if strings.HasPrefix(name, "ledger/1/") || strings.Contains(name, "accounts") {
			t.Errorf("%s is left", name)
		}
	}
	if !strings.Contains(strings.Join(names, " "), "ledger/2/positions") {
		t.Errorf("there are %q", names)
	}
}
