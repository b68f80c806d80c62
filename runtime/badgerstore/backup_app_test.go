package badgerstore_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Backups made while an app folds are each restored and folded on, and equal one pass.
func TestBackupWhileFolding(t *testing.T) {
	d, err := newStill(11, 1, 1500, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	s := open(t, t.TempDir(), badgerstore.NoSync())
	app := newApp(t, d, s)
	done := make(chan error, 1)
	go func() { done <- app.CatchUp(t.Context()) }()
	var backups [][]byte
	for folding := true; folding; {
		var out bytes.Buffer
		if err := app.Backup(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		backups = append(backups, out.Bytes())
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			folding = false
		default:
		}
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d backups", len(backups))
	tried := 0
	for i := 0; i < len(backups); i += max(1, len(backups)/6) {
		copied, dir := restored(t, bytes.NewReader(backups[i]), badgerstore.NoSync())
		again := newApp(t, d, copied)
		caughtUp(t, again)
		apptest.Same(t, apptest.Observe(t, again), want)
		if err := again.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		apptest.Same(t, apptest.Observe(t, again), want)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		closed(t, copied)
		again = newApp(t, d, open(t, dir))
		apptest.Same(t, apptest.Observe(t, again), want)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		tried++
	}
	if tried < 2 {
		t.Errorf("only %d backups were restored", tried)
	}
}

// A store that is restored twice, and the one that it is of, number emissions of their own: else
// receivers would take what the one publishes for repeats of what the other did.
func TestRestoredStreams(t *testing.T) {
	s := open(t, t.TempDir(), badgerstore.NoSync())
	log := memdriver.New()
	app := openProcessing(t, log, s)
	first := processed(t, app, log)
	backup := backupOf(t, s)
	if again := processed(t, app, log); again != first {
		t.Errorf("one store has the streams %q and %q", first, again)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	streams := map[string]bool{first: true}
	for range 2 {
		r, dir := restored(t, bytes.NewReader(backup), badgerstore.NoSync())
		app := openProcessing(t, log, r)
		stream := processed(t, app, log)
		streams[stream] = true
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		closed(t, r)
		app = openProcessing(t, log, open(t, dir))
		if again := processed(t, app, log); again != stream {
			t.Errorf("a restored store has the streams %q and %q", stream, again)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(streams) != 3 {
		t.Errorf("streams %v, want three", streams)
	}
}

// openProcessing opens an app.
func openProcessing(t *testing.T, d brook.Driver, s brook.Store) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// processed processes an event, and returns the stream of what it emits.
func processed(t *testing.T, app *ledger.App, d *memdriver.Driver) string {
	t.Helper()
	ctx := t.Context()
	err := errors.Join(app.Process.Opened(ctx, ledger.Opened{Account: "a"}),
		app.Process.Moved(ctx, ledger.Moved{Account: "a", Order: "emit"}), app.CatchUp(ctx))
	if err != nil {
		t.Fatal(err)
	}
	stream := ""
	for _, r := range recordsOf(t, d, "ledger") {
		for _, h := range r.Headers {
			if h.Key == "ce_brooklane" { // behind the number
				_, stream, _ = strings.Cut(string(h.Value), " ")
			}
		}
	}
	if stream == "" {
		t.Fatal("nothing was emitted")
	}
	return stream
}

// recordsOf returns all records of a topic.
func recordsOf(t *testing.T, d brook.Driver, topic string) (all []brook.Record) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		r, err := d.Open(t.Context(),
			brook.Position{Topic: topic, Partition: p.Number, Offset: p.Start})
		if err != nil {
			t.Fatal(err)
		}
		for n := p.Start; n < p.End; {
			chunk, err := r.Read(t.Context(), 1000)
			if err != nil {
				t.Fatal(err)
			}
			all, n = append(all, chunk.Records...), chunk.Next
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// What an app's Backup returns: of a store that has none, and of an app that is closed.
func TestAppBackup(t *testing.T) {
	app := openProcessing(t, memdriver.New(), mapstore.New())
	err := app.Backup(t.Context(), io.Discard)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "mapstore") {
		t.Errorf("of a store without backups: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if err := app.Backup(t.Context(), io.Discard); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("of an app that is closed: %v", err)
	}

	app = openProcessing(t, memdriver.New(), filled(t))
	closing := writerFunc(func(data []byte) (int, error) {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		return len(data), nil
	})
	if err := app.Backup(t.Context(), closing); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("of an app that is closed meanwhile: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(data []byte) (int, error) { return w(data) }
