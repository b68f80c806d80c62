package engine_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/elixir"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	v1 "github.com/brookgen/brookgen/runtime/internal/grown/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/grown/v2"
	v3 "github.com/brookgen/brookgen/runtime/internal/grown/v3"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// What no version leads on from is an OldEvent of a history, as it was kept, and an error of
// EventsOf.
func TestOldVersionsInHistory(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	app, err := v3.NewApp(grownConfig(d, s), v3.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	one := v3.Dataset{ID: "d", Targets: []v3.Goal{{Name: "x"}}}
	if _, err = app.Publish.Dataset(t.Context(), one); err == nil {
		err = errors.Join(app.CatchUp(t.Context()), app.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	// v2 does not know version 3, and v1 knows no versions.
	two, err := v2.NewApp(grownConfig(d, s), v2.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := two.Views.Targets.Events("d")
	if err != nil || len(events) != 1 {
		t.Fatalf("%v, %v", events, err)
	}
	old, ok := events[0].Data.(v2.OldEvent)
	if !ok || old.Type != "dataset.updated" || !strings.Contains(string(old.Data), `"targets"`) {
		t.Errorf("the event is %+v", events[0])
	}
	var bad *brook.RecordError
	if of, err := two.Views.Targets.EventsOfDataset("d"); len(of) != 0 || !errors.As(err, &bad) ||
		!strings.Contains(err.Error(), "version 3 of dataset.updated, and this code knows none above 2") {
		t.Errorf("EventsOf: %v, %v", of, err)
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	first, err := v1.NewApp(grownConfig(d, s), v1.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	past, err := first.Views.Targets.Events("d")
	if err != nil || len(past) != 1 || past[0].Type != "dataset.updated" || len(past[0].Headers) > 0 {
		t.Fatalf("%v, %v", past, err)
	}
	if old, ok := past[0].Data.(v1.OldEvent); !ok || old.Type != "dataset.updated" {
		t.Errorf("the event is %+v", past[0])
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
}

// In every envelope, published and emitted events carry the version, and are read by it.
func TestVersionsInEveryEnvelope(t *testing.T) {
	for name, c := range map[string]struct {
		envelope brook.Envelope
		topic    string // of raw topics
	}{
		"CloudEvents": {envelope: brook.CloudEvents{}},
		"PlainJSON":   {envelope: brook.PlainJSON{}},
		"Elixir":      {envelope: elixir.Envelope{}},
		"RawTopics": {envelope: brook.RawTopics{
			Types: map[string]string{"grown": "dataset.updated", "noticed": "payment.noticed"}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := memdriver.New()
			conf := grownConfig(d, mapstore.New())
			conf.Envelope = c.envelope
			app, err := v2.NewApp(conf, v2.Ledger{})
			if err != nil {
				t.Fatal(err)
			}
			two := v2.Dataset{ID: "d", TargetDatasets: []string{"x", "y"}}
			if _, err := app.Publish.Dataset(t.Context(), two); err != nil {
				t.Fatal(err)
			}
			var m brook.Message
			r := records(t, d, "grown")[0]
			if err := c.envelope.Open(&r, &m); err != nil || m.Version != 2 || len(m.Headers) > 0 {
				t.Errorf("version %d beside %s, %v", m.Version, m.Headers, err)
			}
			// What another version of the code left in the log.
			old := brook.Record{Topic: "grown", Key: []byte("d")}
			m = brook.Message{ID: "1", Type: "dataset.updated", Author: "grown", Version: 1,
				Data: []byte(`{"id":"d","targetDataset":"z"}`)}
			if err := c.envelope.Wrap(&m, &old); err != nil {
				t.Fatal(err)
			}
			untold := brook.Record{Topic: "grown", Key: []byte("d")}
			m.ID, m.Version, m.Data = "2", 0, []byte(`{"id":"d","targetDataset":"u"}`)
			if err := c.envelope.Wrap(&m, &untold); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Publish(t.Context(), []brook.Record{old, untold}); err != nil {
				t.Fatal(err)
			}
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			row, err := app.Views.Targets.Get("d")
			if want := "x y z u"; err != nil || strings.Join(row.Names, " ") != want {
				t.Errorf("the row is %+v, %v, want %s", row, err, want)
			}
			for l, err := range app.DeadLetters() {
				t.Errorf("letter %v, %v", l, err)
			}
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// An event without data is of version 1 like any that says none, and has the key of its record.
func TestEarlierVersionWithoutData(t *testing.T) {
	d := memdriver.New()
	app, err := v2.NewApp(grownConfig(d, mapstore.New()), v2.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1", "2"} {
		_, err := d.Publish(t.Context(), []brook.Record{{Topic: "grown", Key: []byte("k" + version),
			Headers: apptest.Headers("ce_specversion", "1.0", "ce_type", "dataset.updated",
				"ce_brookversion", version)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if row, err := app.Views.Targets.Get("k2"); err != nil || len(row.Names) != 0 {
		t.Errorf("%+v, %v", row, err)
	}
	events, err := app.Views.Targets.EventsOfDataset("k2")
	if err != nil || len(events) != 1 || events[0].Data.ID != "k2" {
		t.Errorf("%+v, %v", events, err)
	}
	letters := 0
	for l, err := range app.DeadLetters() {
		letters++
		if err != nil || l.Error != "upcaster DatasetV1.Upcast: there is no target" {
			t.Errorf("letter %v, %v", l, err)
		}
	}
	if letters != 1 {
		t.Errorf("%d letters", letters)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}
