package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// lettered returns a configuration with a topic for dead letters.
func lettered(d brook.Driver, s brook.Store) brook.Config {
	c := config(d, s)
	c.DeadLetterTopic = "ledger.dead"
	return c
}

// header returns the value of the last header of a name, "none" if there is none.
func header(r *brook.Record, name string) string {
	for _, h := range slices.Backward(r.Headers) {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return "none"
}

// dead returns what is in the topic of dead letters, as "offset stage set error".
func dead(t *testing.T, d *memdriver.Driver) (all []string) {
	t.Helper()
	for _, r := range records(t, d, "ledger.dead") {
		all = append(all, fmt.Sprintf("%s %s %s %s", header(&r, "__streams.errors.offset"),
			header(&r, "brook-letter-stage"), header(&r, "brook-letter-set"),
			header(&r, "__streams.errors.message")))
	}
	return all
}

func sameLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func followed(t *testing.T, app *ledger.App) {
	t.Helper()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An event that fails is published with its key, value and headers, and with what failed in the
// headers of Kafka Streams; what waits behind it is not. A redrive publishes what fails first then.
func TestDeadLetterTopic(t *testing.T) {
	d := memdriver.New(memdriver.Partitions(2))
	var b breaker
	app := newLedger(t, lettered(d, newStore()), &ledger.Audit{Do: b.do})
	defer app.Close()
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	failed := at(t, d, min_(1), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"fail"}`,
		brook.Header{Key: "traceparent", Value: []byte("00-1")})
	at(t, d, min_(2), "a", ledger.MovedType, `{"account":"a","cents":2,"order":"panic"}`)
	garbled := at(t, d, min_(3), "b", ledger.OpenedType, `{"account":7}`)
	followed(t, app)

	all := records(t, d, "ledger.dead")
	if len(all) != 2 {
		t.Fatalf("published: %q", dead(t, d))
	}
	slices.SortFunc(all, func(x, y brook.Record) int { return bytes.Compare(x.Key, y.Key) })
	for i, from := range []brook.Position{failed, garbled} {
		var original brook.Record
		for _, r := range records(t, d, "ledger") {
			if r.Position() == from {
				original = r
			}
		}
		r := all[i]
		if string(r.Key) != string(original.Key) || string(r.Value) != string(original.Value) {
			t.Errorf("record %q %s, want that of the event, %q %s",
				r.Key, r.Value, original.Key, original.Value)
		}
		if n := len(original.Headers); len(r.Headers) != n+10 ||
			fmt.Sprint(r.Headers[:n]) != fmt.Sprint(original.Headers) {
			t.Errorf("headers %s, want those of the event first, %s", r.Headers, original.Headers)
		}
		for name, want := range map[string]string{
			"topic": from.Topic, "partition": fmt.Sprint(from.Partition),
			"offset": fmt.Sprint(from.Offset),
			"exception": header(&r, "brook-letter-stage") + ": " +
				header(&r, "__streams.errors.message"),
		} {
			if got := header(&r, "__streams.errors."+name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if header(&r, "brook-letter-app") != "ledger" ||
			header(&r, "ce_id") != header(&original, "ce_id") {
			t.Errorf("headers %s", r.Headers)
		}
	}
	if got := header(&all[0], "__streams.errors.message"); got != "broken" {
		t.Errorf("the message is %q", got)
	}
	if id := header(&all[0], "brook-letter-id"); !strings.HasPrefix(id, "letter/ledger/") ||
		!strings.HasSuffix(id, fmt.Sprintf("/%d/Audit/0/handle", failed.Offset)) {
		t.Errorf("the ID is %q", id)
	}

	if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
		t.Fatalf("redriven in vain: %d, %v", n, err)
	}
	followed(t, app)
	if got := dead(t, d); len(got) != 2 {
		t.Errorf("after a redrive in vain: %q", got)
	}
	b.set(true)
	one := func(l brook.DeadLetter) bool { return l.Position == failed }
	if n, err := app.Redrive(t.Context(), one); n != 1 || err != nil {
		t.Fatalf("redriven: %d, %v", n, err)
	}
	b.set(false)
	// The one that waited panics now.
	if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
		t.Fatalf("redriven: %d, %v", n, err)
	}
	followed(t, app)
	all = records(t, d, "ledger.dead")
	last := func(r brook.Record) bool {
		return header(&r, "__streams.errors.message") == "panic: broken"
	}
	if i := slices.IndexFunc(all, last); len(all) != 3 || i < 0 ||
		!strings.Contains(header(&all[i], "__streams.errors.stacktrace"), "goroutine ") {
		t.Errorf("after what waited failed: %q", dead(t, d))
	}
}

// Neither a start over an empty store nor a rebuild publishes what was published before.
func TestDeadLetterTopicOnce(t *testing.T) {
	d := memdriver.New()
	var b breaker
	app := newLedger(t, lettered(d, newStore()), &ledger.Audit{Do: b.do})
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(1), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"fail"}`)
	followed(t, app)
	want := []string{"1 handle Audit broken"}
	sameLines(t, "live", dead(t, d), want...)
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	followed(t, app)
	sameLines(t, "after a rebuild", dead(t, d), want...)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = newLedger(t, lettered(d, newStore()), &ledger.Audit{Do: b.do})
	defer app.Close()
	at(t, d, min_(2), "b", ledger.OpenedType, `{"account":"b"}`)
	at(t, d, min_(3), "b", ledger.MovedType, `{"account":"b","cents":1,"order":"fail"}`)
	followed(t, app)
	sameLines(t, "after a cold start", dead(t, d), append(want, "3 handle Audit broken")...)
	if n := len(letters(t, app)); n != 2 {
		t.Errorf("%d letters, want two", n)
	}
}

// Of several instances one publishes, although the handlers emit nothing.
func TestDeadLetterTopicInAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		var stops []func()
		for range 3 {
			c := lettered(d, newStore())
			c.DeadLetterTopic = "parcels.dead"
			c.Topic = "ledger"
			broken := func(string, string) error { return errBroken }
			app, err := parcels.NewApp(c, &parcels.Shop{Fails: broken}, parcels.Audit{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			stops = append(stops, func() {
				cancel()
				if err := errors.Join(<-done, app.Close()); err != nil {
					t.Error(err)
				}
			})
			if len(stops) == 1 {
				for i := range 5 {
					e := parcels.Placed{Order: fmt.Sprint(i)}
					if _, err := app.Publish.Placed(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(time.Minute)
		}
		for _, stop := range stops {
			stop()
		}
		if n := len(records(t, d, "parcels.dead")); n != 5 {
			t.Errorf("%d letters were published, want 5", n)
		}
	})
}

// An event that comes too early is published when it is reported, a job when it is given up.
func TestDeadLetterTopicOfEarlyEventsAndJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		c := lettered(d, newStore())
		c.Patience = time.Hour
		app := newParcels(t, c, &parcels.Shop{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(ctx) }()
		if _, err := app.Publish.Paid(ctx, parcels.Paid{Order: "o1"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Minute)
		sameLines(t, "while it is parked", dead(t, d))
		time.Sleep(time.Hour)
		got := dead(t, d)
		if len(got) != 1 || !strings.HasPrefix(got[0], "0 early Shop ") {
			t.Errorf("once it is reported: %q", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		m := &mailbox{}
		m.failing(func(brook.Job[errands.SendMail]) error {
			return fmt.Errorf("no such address: %w", brook.ErrPermanent)
		})
		x := openDesk(t, lettered(d, newStore()), m, errands.Desk{})
		x.place("o1", "u1", 1)
		synctest.Wait()
		all := records(t, d, "ledger.dead")
		if len(all) != 1 || string(all[0].Key) != "u1" ||
			header(&all[0], "brook-letter-stage") != brook.StageJob ||
			!strings.Contains(string(all[0].Value), `"order":"o1"`) ||
			!strings.HasPrefix(header(&all[0], "brook-letter-id"), "letter/job/") {
			t.Errorf("published: %q of %v", dead(t, d), all)
		}
	})
}

// shut is a log that refuses what is published to some topics.
type shut struct {
	*memdriver.Driver
	refuses func(topic string) error
}

func (d *shut) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	for _, r := range records {
		if err := d.refuses(r.Topic); err != nil {
			return nil, err
		}
	}
	return d.Driver.Publish(ctx, records)
}

// A letter that the log refuses for good is reported and kept as it is; one that it refuses for now
// is tried again.
func TestDeadLetterTopicRefuses(t *testing.T) {
	for _, permanent := range []bool{true, false} {
		d := &shut{memdriver.New(), func(string) error { return nil }}
		bar := errors.New("not now")
		if permanent {
			bar = fmt.Errorf("too large: %w", brook.ErrPermanent)
		}
		refusals := 0
		d.refuses = func(topic string) error {
			if topic != "ledger.dead" || !permanent && refusals == 3 {
				return nil
			}
			refusals++
			return bar
		}
		var reported []brook.Failure
		c := lettered(d, newStore())
		c.Hooks.Failure = func(f brook.Failure) { reported = append(reported, f) }
		var b breaker
		app := newLedger(t, c, &ledger.Audit{Do: b.do})
		at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
		at(t, d, min_(1), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"fail"}`)
		followed(t, app)
		want := []string{"1 handle Audit broken"}
		final := slices.ContainsFunc(reported, func(f brook.Failure) bool {
			return f.Final && f.Position.Offset == 1 && errors.Is(f.Err, bar)
		})
		if permanent {
			want = nil
		}
		sameLines(t, fmt.Sprint("published, permanent ", permanent), dead(t, d.Driver), want...)
		if final != permanent {
			t.Errorf("permanent %t: reported %+v", permanent, reported)
		}
		if l := letters(t, app); len(l) != 1 || l[0].Stage != brook.StageHandle || refusals == 0 {
			t.Errorf("letters %v, and %d refusals", l, refusals)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A letter whose record the store does not take twice in one commit is kept, and not published.
func TestDeadLetterTopicTooLarge(t *testing.T) {
	for _, room := range []bool{true, false} {
		s := newSpy(newStore())
		s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
			size := 0
			for _, w := range b.Writes {
				if value, ok := w.Value.([]byte); ok {
					size += len(value)
				}
			}
			if limit := 20_000; size > limit && (!room || size > 2*limit) {
				return brook.ErrTooLarge
			}
			return do()
		})
		var reported []brook.Failure
		d := memdriver.New()
		c := lettered(d, s)
		c.Hooks.Failure = func(f brook.Failure) { reported = append(reported, f) }
		broken := func(context.Context, brook.Event[ledger.Moved]) error { return errBroken }
		app := newLedger(t, c, &ledger.Audit{Do: broken})
		at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
		at(t, d, min_(1), "a", ledger.MovedType,
			`{"account":"a","order":"`+strings.Repeat("x", 18_000)+`"}`)
		followed(t, app)
		got := dead(t, d)
		if room && len(got) != 1 {
			t.Errorf("with room for it: %q, reported %v", got, reported)
		}
		if !room && (len(got) != 0 || len(reported) == 0 ||
			!errors.Is(reported[len(reported)-1].Err, brook.ErrTooLarge)) {
			t.Errorf("without room: %q, reported %v", got, reported)
		}
		l := letters(t, app)
		if len(l) != 1 || l[0].Omitted == 0 || l[0].Key == nil {
			t.Errorf("letters %v", l)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever crashes, each letter is published, each time under the same ID.
func TestDeadLetterTopicCrashes(t *testing.T) {
	for _, kind := range []storetest.FaultKind{storetest.CrashBefore, storetest.CrashAfter} {
		for n, struck := 1, true; struck; n++ {
			d, store := memdriver.New(), newSpy(newStore())
			store.durable = true
			for i := range 4 {
				account := fmt.Sprint("a", i)
				at(t, d, min_(i), account, ledger.OpenedType, `{"account":"`+account+`"}`)
				at(t, d, min_(i), account, ledger.MovedType,
					`{"account":"`+account+`","order":"fail"}`)
			}
			fault := storetest.NewFault(kind, n)
			var b breaker
			c := lettered(drivertest.Faulty(d, fault), storetest.Faulty(store, fault))
			c.BatchSize = 3
			if app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{Do: b.do}); err == nil {
				ctx, cancel := fault.Until(t.Context())
				if err := app.CatchUp(ctx); err != nil && !fault.Struck() {
					t.Fatal(err)
				}
				cancel()
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
			}
			struck = fault.Struck()
			app := newLedger(t, lettered(d, store), &ledger.Audit{Do: b.do})
			followed(t, app)
			ids := map[string]int{}
			for _, r := range records(t, d, "ledger.dead") {
				ids[header(&r, "brook-letter-id")]++
			}
			if len(ids) != 4 || len(letters(t, app)) != 4 {
				t.Fatalf("kind %d at operation %d: IDs %v of %d letters",
					kind, n, ids, len(letters(t, app)))
			}
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A topic that the app reads is refused, and so is a name that none can have.
func TestDeadLetterTopicRefused(t *testing.T) {
	for _, topic := range []string{"ledger", "bad\xff"} {
		c := config(memdriver.New(), newStore())
		c.DeadLetterTopic = topic
		_, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if !errors.Is(err, brook.ErrConfig) || !strings.Contains(err.Error(), "DeadLetterTopic") {
			t.Errorf("topic %q: %v", topic, err)
		}
	}
}
