package badgerstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// filed is a log that is kept in a file, so that the next process has what this one published. It
// stamps records with a clock, which stands still.
type filed struct {
	brook.Driver // of a log in memory
	mu           sync.Mutex
	file         *os.File
	now          time.Time
}

// openFiled returns the log of a directory, and creates it if there is none.
func openFiled(dir string, partitions int, now time.Time) (*filed, error) {
	file, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	d := &filed{Driver: memdriver.New(memdriver.Partitions(partitions)), file: file, now: now}
	data, err := os.ReadFile(file.Name())
	if err != nil {
		return nil, err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1 // a process may have been killed within a line
	if err := file.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	for line := range bytes.Lines(data[:whole]) {
		var records []brook.Record
		if err := json.Unmarshal(line, &records); err != nil {
			return nil, err
		}
		if _, err := d.Driver.Publish(context.Background(), records); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Partitions returns the partitions as those of one log.
func (d *filed) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.Driver.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log = "filed"
	}
	return all, err
}

// Publish writes a line of records, and then they are in the log.
func (d *filed) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	stamped := slices.Clone(records)
	for i := range stamped {
		stamped[i].Time = d.now
	}
	line, err := json.Marshal(stamped)
	if err != nil {
		return nil, err
	}
	if _, err := d.file.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	return d.Driver.Publish(ctx, stamped)
}

// end returns the position of the last record of each partition that has any.
func (d *filed) end(ctx context.Context) (last []brook.Position, err error) {
	partitions, err := d.Partitions(ctx, "reminders")
	for _, p := range partitions {
		if p.End > 0 {
			last = append(last, at(p))
		}
	}
	return last, err
}

// records returns all records of the log.
func (d *filed) records(t *testing.T) (all []brook.Record) {
	t.Helper()
	last, err := d.end(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range last {
		r, err := d.Open(t.Context(), brook.Position{Topic: p.Topic, Partition: p.Partition})
		if err != nil {
			t.Fatal(err)
		}
		for next := int64(0); next <= p.Offset; {
			c, err := r.Read(t.Context(), 1000)
			if err != nil {
				t.Fatal(err)
			}
			all, next = append(all, c.Records...), c.Next
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// tick moves the clock of a directory on by so many hours, and returns what it shows.
func tick(dir string, hours int) (now time.Time, err error) {
	file, err := os.OpenFile(filepath.Join(dir, "clock"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return now, err
	}
	_, err = file.WriteString(strings.Repeat(".", hours))
	info, serr := file.Stat()
	if err = errors.Join(err, serr, file.Close()); err != nil {
		return now, err
	}
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(info.Size()) * time.Hour), nil
}

// openReminders opens an app with timers by a clock that stands still.
func openReminders(d brook.Driver, s brook.Store, now time.Time) (*reminders.App, error) {
	c := config(d, s)
	c.Author, c.OnFailure, c.BatchSize = "reminders", brook.GoOn, 1+rand.IntN(7)
	app, err := reminders.NewApp(c, reminders.Reminding{})
	if err != nil {
		return nil, err
	}
	back, _ := engine.BackstageOf(app.Source())
	back.SetClock(func() time.Time { return now })
	return app, nil
}

// place publishes orders that are to be paid by some time around now, payments, and deferrals.
func place(d *filed, rnd *rand.Rand) error {
	c := config(d, mapstore.New())
	c.Author, c.Topic = "orders", "reminders"
	app, err := reminders.NewApp(c, reminders.Reminding{})
	if err != nil {
		return err
	}
	for range 4 { // each is a line of the log
		_, perr := app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
			for range 40 {
				order := fmt.Sprint("o", rnd.IntN(40))
				due := d.now.Add(time.Duration(rnd.IntN(150)-90) * time.Minute)
				var e brook.Outgoing = brook.Emit(reminders.Placed{Order: order, Due: due,
					Fails: rnd.IntN(9) == 0,
					Every: int64(rnd.IntN(2) * (1 + rnd.IntN(3)) * 1800)})
				switch rnd.IntN(4) {
				case 0:
					e = brook.Emit(reminders.Paid{Order: order})
				case 1:
					e = brook.Emit(reminders.Deferred{Order: order, Due: due})
				}
				if !yield(e) {
					return
				}
			}
		})
		err = errors.Join(err, perr)
	}
	return errors.Join(err, app.Close())
}

// timersChild moves the clock on, publishes events that set and cancel timers, and folds all that
// there is until no timer is due.
func timersChild(args []string) error {
	tr, err := parseTrial(args)
	if err != nil {
		return err
	}
	now, err := tick(tr.dir, 1)
	if err != nil {
		return err
	}
	d, err := openFiled(tr.dir, tr.partitions, now)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s, err := tr.store()
	if err != nil {
		return err
	}
	app, err := openReminders(d, s, now)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if err := place(d, rand.New(rand.NewPCG(tr.seed, uint64(now.Unix())))); err != nil {
		return err
	}
	ctx := context.Background()
	if now.Hour()%2 == 0 {
		run, stop := context.WithCancel(ctx)
		defer stop()
		done := make(chan error, 1)
		go func() { done <- app.Run(run) }()
		last, err := d.end(ctx)
		for _, at := range last {
			_ = app.WaitFor(ctx, at) // an error is that of the event, which may be a dead letter
		}
		stop()
		if err = errors.Join(err, <-done); err != nil {
			return err
		}
	}
	return errors.Join(app.CatchUp(ctx), app.Close(), s.Close())
}

// TestTimersKilled: whatever instants processes are killed at, timers are what the plainest program
// makes of the log: none is lost, none is published before its time, none is handled twice.
func TestTimersKilled(t *testing.T) {
	killTrials(t, "timers", 12, func(tr trial) { tr.checkTimers(t) })
}

func (tr trial) checkTimers(t *testing.T) {
	t.Helper()
	now, err := tick(tr.dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	d, err := openFiled(tr.dir, tr.partitions, now)
	if err != nil {
		t.Fatal(err)
	}
	defer d.file.Close()
	want, published, ids := apptest.NewTimerModel(), 0, map[string]bool{}
	records := d.records(t)
	for _, r := range records {
		if err := want.Fold(&r); err != nil {
			t.Error(err)
		}
		var m brook.Message
		if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
			t.Fatal(err)
		}
		if m.Author == "reminders" {
			published++
			ids[m.ID] = true
			if m.Time.After(r.Time) {
				t.Errorf("%s is due at %s, and was published at %s", m.ID, m.Time, r.Time)
			}
		}
	}
	if len(ids) < 5 || len(want.Orders) < 20 {
		t.Fatalf("a dull story: %d timers, %d orders", len(ids), len(want.Orders))
	}
	s := open(t, filepath.Join(tr.dir, "store"))
	app, err := openReminders(d, s, now)
	if err != nil {
		t.Fatal(err)
	}
	compare := func(what string) {
		t.Helper()
		if err := want.Compare(t.Context(), app, s, now); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	compare("views")
	err = app.Rebuild(t.Context(), brook.AcceptLetters())
	if err = errors.Join(err, app.CatchUp(t.Context())); err != nil {
		t.Fatal(err)
	}
	compare("rebuilt views")
	if n := len(d.records(t)) - len(records); n != 0 {
		t.Errorf("the rebuild published %d events", n)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d timers, published %d times, %d passed over", len(ids), published, want.Lapsed)
}
