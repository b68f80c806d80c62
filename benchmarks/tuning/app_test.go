package tuning

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// text is what each event brings along: 38 bytes, of which a row keeps the last.
const text = "a text of some length, as events have"

// app is an app over a log in memory, and where its store has its files.
type app struct {
	*counters.App
	dir   string
	close func()
}

// newApp opens an app over a store: map, badger or badger-nosync.
func newApp(b *testing.B, store string, config brook.Config) *app {
	b.Helper()
	quiet := slog.New(slog.DiscardHandler)
	config.Author, config.Driver, config.Log = "counters", memdriver.New(), quiet
	a := &app{}
	closeStore := func() error { return nil }
	if store == "map" {
		config.Store = mapstore.New()
	} else {
		a.dir = b.TempDir()
		options := []badgerstore.Option{badgerstore.Log(quiet)}
		if store == "badger-nosync" {
			options = append(options, badgerstore.NoSync())
		}
		s, err := badgerstore.Open(a.dir, options...)
		if err != nil {
			b.Fatal(err)
		}
		config.Store, closeStore = s, s.Close
	}
	var err error
	if a.App, err = counters.NewApp(config, counters.Sums{}); err != nil {
		b.Fatal(err)
	}
	a.close = func() {
		if err := a.Close(); err != nil {
			b.Error(err)
		}
		if err := closeStore(); err != nil {
			b.Error(err)
		}
	}
	return a
}

// publish appends n events of so many rows to the log, in turn.
func (a *app) publish(b *testing.B, n, rows int, history bool) {
	b.Helper()
	_, err := a.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for i := range n {
			id := fmt.Sprintf("counter/%08d", i%rows)
			var event brook.Outgoing = brook.Emit(counters.Counted{ID: id, Amount: 1, Reason: text})
			if history {
				event = brook.Emit(counters.Added{ID: id, Amount: 1, Reason: text})
			}
			if !yield(event) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (a *app) catchUp(b *testing.B) {
	b.Helper()
	if err := a.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// heap returns the bytes of memory that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools let go of goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// onDisk returns the bytes of all files below a folder.
func onDisk(b *testing.B, dir string) (total int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}
