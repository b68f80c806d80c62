package faulttest_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// header makes a header of a record.
func header(key, value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: key, Value: []byte(value)}
}

// event makes a record as another service would write it, with further headers.
func event(typ, key, value string, more ...kgo.RecordHeader) *kgo.Record {
	return &kgo.Record{Key: []byte(key), Value: []byte(value),
		Headers: append([]kgo.RecordHeader{header("ce_specversion", "1.0"), header("ce_type", typ),
			header("ce_source", "another")}, more...)}
}

// tombstone makes a record that deletes a key.
func tombstone(key string) *kgo.Record { return &kgo.Record{Key: []byte(key)} }

// produce writes records as another client than ours.
func (c *cluster) produce(ctx context.Context, topic string, records ...*kgo.Record) {
	c.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.addrs...), kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchMaxBytes(20<<20))
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		c.t.Fatal(err)
	}
}

// hostile are records that nobody should write, and what becomes of them: the stage of
// their letter, or "".
func hostile() (records []*kgo.Record, stages []string) {
	add := func(stage string, r *kgo.Record) {
		records, stages = append(records, r), append(stages, stage)
	}
	const fine = `{"account":"fine"}`
	add(brook.StageDecode, event(ledger.OpenedType, "torn", `{"account":`))
	add(brook.StageHandle, event(ledger.OpenedType, "torn", `{"account":"torn"}`)) // it waits
	add(brook.StageDecode, event(ledger.MovedType, "7", `{"account":7}`))
	// an event without data, of an account that is not there
	add(brook.StageHandle, event(ledger.MovedType, "empty", ""))
	add(brook.StageDecode, event(ledger.OpenedType, "deep", `{"account":"deep","tags":`+
		strings.Repeat("[", 200_000)))
	add(brook.StageDecode, &kgo.Record{Key: []byte("noise"), Value: []byte("\x00\x01\xff")})
	add(brook.StageDecode, &kgo.Record{Value: []byte(fine)})
	add(brook.StageDecode, event(ledger.OpenedType, "later", fine, header("ce_specversion", "9.9")))
	add(brook.StageDecode, event(ledger.OpenedType, "time", fine, header("ce_time", "yesterday")))
	add(brook.StageDecode, event(ledger.OpenedType, "lane", fine,
		header("ce_brooklane", "\x00/-1")))
	add(brook.StageDecode, event(ledger.OpenedType, "avro", fine,
		header("content-type", "avro/binary")))
	add(brook.StageDecode, event(ledger.OpenedType, "whole", "[]",
		header("content-type", "application/cloudevents+json")))
	add(brook.StageHandle, event(ledger.MovedType, "nobody", `{"account":"nobody"}`))
	add(brook.StageHandle, event(ledger.MovedType, "good",
		`{"account":"good","cents":1,"order":"panic"}`))

	many := event(ledger.OpenedType, "many", `{"account":"many"}`, header("", ""),
		header("\xff\x00", "\xff"), header("ce_", "x"), header("CE_É", "x"))
	for range 5000 {
		many.Headers = append(many.Headers, header("again", "x"))
	}
	add("", many)
	add("", event(ledger.OpenedType, "long", `{"account":"long"}`,
		header("long", strings.Repeat("x", 500_000))))
	keyless := event(ledger.OpenedType, "", `{"account":"keyless"}`)
	keyless.Key = nil
	add("", keyless)
	add("", event(ledger.OpenedType, "\xff\xfe", `{"account":"other key"}`))
	add("", event(ledger.OpenedType, "\xff", "{\"account\":\"\xff\"}"))
	add("", event("never.heard", "x", "\xff"))
	dataless := event(ledger.OpenedType, "", "").Headers
	add(brook.StageDecode, &kgo.Record{Headers: dataless}) // nothing says which account it is about
	for _, key := range [][]byte{{}, []byte("good")} {
		add("", &kgo.Record{Key: key, Headers: dataless})
	}
	return records, stages
}

// TestPoison: records that nobody can read, or whose handlers panic, become letters, and the stream
// goes on; the letters can be redriven and dropped.
func TestPoison(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(3, nil)
	var healed atomic.Bool
	panics := func() *ledger.Audit {
		return &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			if e.Data.Order == "panic" && !healed.Load() {
				var none *ledger.Moved
				_ = none.Account
			}
			return nil
		}}
	}
	apps := []*instance{
		run(t, config(c.driver(nil), mapstore.New(), topic), panics()),
		run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), panics()),
	}
	good := func() {
		c.produce(ctx, topic, event(ledger.MovedType, "rich", `{"account":"rich","cents":1}`))
	}
	c.produce(ctx, topic, event(ledger.OpenedType, "good", `{"account":"good"}`),
		event(ledger.OpenedType, "rich", `{"account":"rich"}`))
	records, stages := hostile()
	for _, r := range records { // each in a batch of its own
		c.produce(ctx, topic, r)
		good()
	}
	want := func() apptest.Observed {
		fresh, err := ledger.NewApp(config(silent{c.driver(nil)}, mapstore.New(), topic),
			ledger.Books{}, panics())
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		if err := fresh.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		return apptest.Observe(t, fresh)
	}()
	for n, app := range apps {
		for i, r := range records {
			err := app.WaitFor(ctx, brook.Position{Topic: topic, Partition: r.Partition,
				Offset: r.Offset})
			if dead := errors.Is(err, brook.ErrDeadLetter); dead != (stages[i] != "") ||
				err != nil && !dead || dead && !strings.Contains(err.Error(), stages[i]) {
				t.Errorf("app %d, record %d (%.60q, key %q): %.300v, want stage %q", n, i, r.Value,
					r.Key, err, stages[i])
			}
		}
		for _, pos := range ends(t, ctx, app.driver, topic) {
			app.pass(ctx, pos)
		}
		equal(t, "", apptest.Observe(t, app.App), want)
		if rich, err := app.Views.Accounts.Get("rich"); err != nil || rich.Moves != len(records) {
			t.Errorf("app %d: the stream did not go on: %v, %v", n, rich, err)
		}
	}

	// What can be repaired is applied, what can't be read stays, and can be dropped: then what
	// waits behind it is free.
	healed.Store(true)
	unreadable := func(l brook.DeadLetter) bool { return l.Stage == brook.StageDecode }
	for n, app := range apps {
		letters := len(want.Letters)
		did := func(what string, did int, err error, wanted int) {
			t.Helper()
			if letters -= did; err != nil || did != wanted {
				t.Errorf("app %d: %s %d letters, want %d: %v", n, what, did, wanted, err)
			}
			if left := len(apptest.Observe(t, app.App).Letters); left != letters {
				t.Errorf("app %d: there are %d letters, want %d", n, left, letters)
			}
		}
		applied, err := app.Redrive(ctx, nil)
		did("redrove", applied, err, 1)
		dropped, err := app.Drop(ctx, unreadable)
		did("dropped", dropped, err, 11)
		applied, err = app.Redrive(ctx, nil)
		did("redrove", applied, err, 1)
		if _, err := app.Views.Accounts.Get("torn"); err != nil {
			t.Errorf("app %d: what waited: %v", n, err)
		}
		if note, err := app.Views.Notes.Get("good"); err != nil || len(note) != 1 {
			t.Errorf("app %d: what panicked: %v, %v", n, note, err)
		}
	}
}
