package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const trialParcels = 120 // orders

// newParcels makes a log of orders, payments and parcels in topics of their own, the same for the
// same seed, in a random order.
func newParcels(seed uint64, partitions int, out io.Writer) (still, error) {
	d := memdriver.New(memdriver.Partitions(partitions))
	app, err := openParcels(apptest.Dated(d), mapstore.New())
	if err != nil {
		return still{}, err
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	events := apptest.ParcelEvents(trialParcels)
	rnd.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for i := range events { // one at a time: the log has their order across topics
		_, perr := app.PublishAll(context.Background(), slices.Values(events[i:i+1]))
		err = errors.Join(err, perr)
	}
	return stillOf(d, out), errors.Join(err, app.Close())
}

// openParcels opens an app that folds a few events at a time.
func openParcels(d brook.Driver, s brook.Store) (*parcels.App, error) {
	c := config(d, s)
	c.BatchSize = 1 + rand.IntN(7)
	return parcels.NewApp(c, &parcels.Shop{}, parcels.Audit{})
}

// earlyChild folds the log of a trial until nothing is left.
func earlyChild(args []string) error {
	tr, err := parseTrial(args)
	if err != nil {
		return err
	}
	sent, err := tr.appended("sent")
	if err != nil {
		return err
	}
	defer sent.Close()
	d, err := newParcels(tr.seed, tr.partitions, sent)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s, err := tr.store()
	if err != nil {
		return err
	}
	app, err := openParcels(d, s)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if tr.partitions > 1 {
		if err := runParcels(d, app); err != nil {
			return err
		}
	}
	return errors.Join(app.CatchUp(context.Background()), app.Close(), s.Close())
}

// runParcels runs an app until all of the log is applied.
func runParcels(d still, app *parcels.App) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	partitions, err := d.Partitions(ctx, "orders", "payments", "parcels")
	for i := 0; err == nil && i < len(partitions); i++ {
		if partitions[i].End > 0 {
			err = app.WaitFor(ctx, at(partitions[i]))
		}
	}
	stop()
	return errors.Join(err, <-done)
}

// TestEarlyKilled: whatever instants processes are killed at, events that came too early are applied
// as if they had come in order, and what they emit is sent with the IDs that it has in any case.
func TestEarlyKilled(t *testing.T) {
	killTrials(t, "early", 12, func(tr trial) { tr.checkEarly(t) })
}

func (tr trial) checkEarly(t *testing.T) {
	t.Helper()
	all := &strings.Builder{}
	d, err := newParcels(tr.seed, tr.partitions, all)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(s brook.Store) string {
		t.Helper()
		app, err := openParcels(d, s)
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		}()
		return apptest.ParcelRows(t, app)
	}
	want := rows(mapstore.New())
	receipts := apptest.UniqueWords(all.String())
	if len(receipts) != 2*trialParcels || strings.Contains(want, "letter") {
		t.Fatalf("%d receipts of one pass, want %d; its views are\n%s", len(receipts),
			2*trialParcels, want)
	}
	all.Reset()
	if got := rows(open(t, filepath.Join(tr.dir, "store"))); got != want {
		t.Errorf("there is\n%s\nwant\n%s", got, want)
	}
	if all.Len() > 0 {
		t.Errorf("receipts were left to send:\n%s", all)
	}
	sent, err := os.ReadFile(filepath.Join(tr.dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	if got := apptest.UniqueWords(string(sent)); !slices.Equal(got, receipts) {
		t.Errorf("%d receipts were sent, want %d", len(got), len(receipts))
	}
}
