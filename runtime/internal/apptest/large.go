package apptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var errBroken = errors.New("broken")

// LargeRecords checks that failing records of so many bytes are kept as dead letters, in a store
// that takes them in one commit or, if limited is set, does not; and that they can be redriven as
// long as the log has them.
func LargeRecords(t *testing.T, store brook.Store, size int, limited bool) {
	l := newLarge(t, store, size, limited)
	defer l.close()
	l.story()
	l.caughtUp()
	l.check("folded")
	if err := l.Rebuild(l.ctx); err != nil {
		t.Fatal(err)
	}
	l.check("rebuilt")
	l.reopen()
	l.check("opened again")
	l.redriven(0, "while it is broken")
	l.fixed.Store(true)
	l.redriven(2, "mended")
	if note, err := l.Views.Notes.Get("b"); err != nil ||
		fmt.Sprint(note) != "[+1 makes 1 noted: hi]" {
		t.Errorf("notes of b after the redrive: %q, %v", note, err)
	}
	l.expired()
}

// large is an app that gets records of size bytes.
type large struct {
	*ledger.App
	t       *testing.T
	ctx     context.Context
	store   brook.Store
	driver  *memdriver.Driver
	size    int
	limited bool
	fixed   atomic.Bool
	gone    atomic.Int64 // records that a redrive did not find
	want    map[string]string
}

func newLarge(t *testing.T, store brook.Store, size int, limited bool) *large {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	l := &large{t: t, ctx: ctx, store: store, driver: memdriver.New(), size: size, limited: limited,
		want: map[string]string{}}
	l.reopen()
	return l
}

func (l *large) reopen() {
	l.t.Helper()
	if l.App != nil {
		l.close()
	}
	c := brook.Config{Author: "ledger", Name: "large", Driver: l.driver, Store: l.store,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}
	c.Hooks.Failure = func(f brook.Failure) {
		if f.What == "redrive" && f.Final &&
			strings.Contains(f.Err.Error(), "the log has the record no more") {
			l.gone.Add(1)
		}
	}
	app, err := ledger.NewApp(c, ledger.Books{},
		&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			if e.Data.Order == "fail" && !l.fixed.Load() {
				return errBroken
			}
			return nil
		}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.App = app
}

func (l *large) close() {
	if err := l.App.Close(); err != nil {
		l.t.Error(err)
	}
}

func (l *large) caughtUp() {
	l.t.Helper()
	if err := l.CatchUp(l.ctx); err != nil {
		l.t.Fatal(err)
	}
}

// put publishes a record. If it is to become a letter, letter is the expected one.
func (l *large) put(r brook.Record, letter string) {
	l.t.Helper()
	r.Topic = "ledger"
	positions, err := l.driver.Publish(l.ctx, []brook.Record{r})
	if err != nil {
		l.t.Fatal(err)
	}
	if letter != "" {
		l.want[positions[0].String()] = letter
	}
}

func (l *large) event(key, typ, data, letter string) {
	l.t.Helper()
	r := brook.Record{Key: []byte(key)}
	m := brook.Message{ID: fmt.Sprint(key, typ, len(l.want), len(data)), Type: typ,
		Author: "elsewhere", Time: time.Unix(1e9, 0), Data: []byte(data)}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		l.t.Fatal(err)
	}
	l.put(r, letter)
}

// story publishes what fails, large, and what does not around it.
func (l *large) story() {
	l.t.Helper()
	blank := strings.Repeat(" ", l.size)
	l.event("a", ledger.OpenedType, `{"account":"a"}`, "")
	l.event("b", ledger.OpenedType, `{"account":"b"}`, "")
	l.event("b", ledger.MovedType, `{"account":"b","cents":1,"order":"fail"}`, "handle 1 0")
	l.event("b", ledger.NotedType, `{"account":"b","text":"hi"`+blank+`}`, "handle 0 large")
	l.event("a", ledger.MovedType, `{"account":"a","cents":"`+blank+`"}`, "decode 1 large")
	l.put(brook.Record{Key: []byte("c"), Value: []byte(blank)}, "decode 1 large")
	l.put(brook.Record{Key: bytes.Repeat([]byte("k"), l.size), Value: []byte("no event")},
		"decode 1 large")
	l.put(brook.Record{Value: []byte("neither"),
		Headers: []brook.Header{{Key: "ce_type", Value: []byte(ledger.MovedType)},
			{Key: "ce_id", Value: []byte(blank)}, {Key: "x", Value: []byte(blank)}}},
		"decode 1 large")
	stage := ""
	if l.limited {
		stage = "apply 1 large"
	}
	l.event("e", ledger.OpenedType, `{"account":"e","tags":["`+blank+`"]}`, stage)
	l.event("d", ledger.OpenedType, `{"account":"d"}`, "")
}

// check wants the letters of the story, and what is about them folded.
func (l *large) check(when string) {
	l.t.Helper()
	got := map[string]string{}
	for letter, err := range l.DeadLetters() {
		if err != nil {
			l.t.Fatal(err)
		}
		n := "0"
		all := letter.Omitted + len(letter.Record.Key) + len(letter.Record.Value)
		for _, h := range letter.Record.Headers {
			all += len(h.Key) + len(h.Value)
		}
		if all >= l.size {
			n = "large"
		}
		got[letter.Position.String()] = fmt.Sprint(letter.Stage, " ", letter.Attempts, " ", n)
		if omits := letter.Omitted > 0; omits != (l.limited && n == "large") {
			l.t.Errorf("%s: letter at %s omits %d bytes", when, letter.Position, letter.Omitted)
		}
		if letter.Stage == brook.StageApply && !strings.Contains(letter.Error, "limit") &&
			!strings.Contains(letter.Error, "takes") {
			l.t.Errorf("%s: the error does not say what the limit is: %s", when, letter.Error)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(l.want) {
		l.t.Errorf("%s: letters\n got %v\nwant %v", when, got, l.want)
	}
	for _, account := range []string{"a", "b", "d"} {
		if ok, err := l.Views.Accounts.Has(account); err != nil || !ok {
			l.t.Errorf("%s: account %s: %v, %v", when, account, ok, err)
		}
	}
}

func (l *large) redriven(want int, when string) {
	l.t.Helper()
	if n, err := l.Redrive(l.ctx, nil); n != want || err != nil {
		l.t.Errorf("%s: redriven %d, %v; want %d", when, n, err, want)
	}
}

// expired takes the records from the log: what letters do not hold is gone, and
// they can be dropped.
func (l *large) expired() {
	l.t.Helper()
	partitions, err := l.driver.Partitions(l.ctx, "ledger")
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.driver.Trim("ledger", 0, partitions[0].End); err != nil {
		l.t.Fatal(err)
	}
	l.redriven(0, "expired")
	left, omitted := 0, 0
	for letter, err := range l.DeadLetters() {
		if err != nil {
			l.t.Fatal(err)
		}
		if left++; letter.Omitted > 0 {
			omitted++
		}
	}
	if int(l.gone.Load()) != omitted || l.limited != (omitted > 0) {
		l.t.Errorf("of %d letters %d do not hold their records, and %d were told", left, omitted,
			l.gone.Load())
	}
	if n, err := l.Drop(l.ctx, nil); n != left || err != nil {
		l.t.Errorf("dropped %d of %d, %v", n, left, err)
	}
}
