package badgerstore_test

import (
	"log/slog"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// quiet has nothing logged below errors.
func quiet(t testing.TB) badgerstore.Option {
	return badgerstore.Log(slog.New(slog.NewTextHandler(t.Output(),
		&slog.HandlerOptions{Level: slog.LevelError})))
}

// small makes memtables so small that tests fill them.
func small() badgerstore.Option { return badgerstore.Memory(1) }

func open(t testing.TB, dir string, options ...badgerstore.Option) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(dir, append([]badgerstore.Option{quiet(t), small()}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, s) })
	return s
}

func closed(t testing.TB, s *badgerstore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestStoreInMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) brook.Store { return open(t, "", badgerstore.InMemory()) })
}

func TestStoreOnDisk(t *testing.T) {
	storetest.Run(t, func(t *testing.T) brook.Store {
		return open(t, t.TempDir(), badgerstore.NoSync())
	})
}

func TestStoreFaulty(t *testing.T) {
	storetest.Run(t, func(t *testing.T) brook.Store {
		return storetest.Faulty(open(t, "", badgerstore.InMemory()),
			storetest.NewFault(storetest.Fail, 0))
	})
}

func TestStoreReopened(t *testing.T) {
	storetest.RunReopen(t, func(t *testing.T) (brook.Store, func() brook.Store) {
		dir := t.TempDir()
		s := open(t, dir, badgerstore.NoSync())
		return s, func() brook.Store {
			closed(t, s)
			s = open(t, dir, badgerstore.NoSync())
			return s
		}
	})
}

// A store that the user closes while an app runs does not keep that waiting.
func TestStoreClosed(t *testing.T) {
	storetest.RunClosed(t, func(t *testing.T) (brook.Store, func()) {
		s := open(t, t.TempDir(), badgerstore.NoSync())
		return s, func() { closed(t, s) }
	})
}
