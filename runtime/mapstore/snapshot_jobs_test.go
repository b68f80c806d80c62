package mapstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Jobs that a snapshot has and that were done since are not done again; those that were not, are.
func TestJobsOfSnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		var first []brook.Outgoing
		run := func(fails error, publish ...brook.Outgoing) (tried []string) {
			t.Helper()
			s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
			m := &errands.Mailer{Mail: func(_ context.Context, j brook.Job[errands.SendMail]) error {
				tried = append(tried, fmt.Sprintf("%s/%d", j.Data.Order, j.Data.Number))
				return fails
			}}
			app, err := errands.NewApp(brook.Config{Author: "errands", Driver: d, Store: s,
				Log:  slog.New(slog.DiscardHandler),
				Jobs: brook.Jobs{Min: time.Second, Max: time.Second, Workers: 1}}, m, errands.Desk{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			for _, e := range publish {
				if _, err := app.PublishAll(ctx, func(yield func(brook.Outgoing) bool) { yield(e) }); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(5500 * time.Millisecond)
			cancel()
			if err := errors.Join(<-done, app.Close()); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			return tried
		}
		first = append(first, brook.Emit(errands.Placed{Order: "o1", User: "u1", Mails: 2}))
		if got := run(errors.New("away"), first...); len(got) < 3 {
			t.Errorf("while the server is away: %q", got)
		}
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(run(nil), " "); got != "o1/0 o1/1" {
			t.Errorf("once it is back: %q", got)
		}
		if err := os.WriteFile(path, old, 0o600); err != nil { // as if the process had been killed
			t.Fatal(err)
		}
		later := brook.Emit(errands.Placed{Order: "o2", User: "u1", Mails: 1})
		if got := strings.Join(run(nil, later), " "); got != "o2/0" {
			t.Errorf("after a start from the snapshot: %q", got)
		}
	})
}

// A store that goes back to a snapshot numbers emissions in another stream: else receivers would
// take what it publishes for repeats of what the process before did.
func TestStreamsOfSnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	d := memdriver.New()
	streams := map[string]bool{}
	process := func() {
		t.Helper()
		s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
		app, err := openLedger(d, s)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		err = errors.Join(app.Process.Opened(ctx, ledger.Opened{Account: "a"}),
			app.Process.Moved(ctx, ledger.Moved{Account: "a", Order: "emit"}), app.CatchUp(ctx))
		if err = errors.Join(err, app.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		streams[lastStream(t, d)] = true
	}
	process()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := os.WriteFile(path, old, 0o600); err != nil {
			t.Fatal(err)
		}
		process()
	}
	if len(streams) != 3 || streams[""] {
		t.Errorf("three processes have the streams %v", streams)
	}
}

// lastStream returns the stream of the last emission in a log.
func lastStream(t *testing.T, d *memdriver.Driver) (stream string) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), brook.Position{Topic: "ledger"})
	if err != nil {
		t.Fatal(err)
	}
	for next := int64(0); next < partitions[0].End; {
		c, err := r.Read(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Records {
			if lane, ok := c.Records[i].Header("ce_brooklane"); ok { // behind the number
				_, stream, _ = strings.Cut(string(lane), " ")
			}
		}
		next = c.Next
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return stream
}
