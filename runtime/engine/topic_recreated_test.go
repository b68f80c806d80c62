package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// openMany publishes n events, each of an account of its own.
func openMany(t *testing.T, app *ledger.App, name string, n int) (last brook.Position) {
	t.Helper()
	for i := range n {
		var err error
		if last, err = app.Publish.Opened(t.Context(),
			ledger.Opened{Account: fmt.Sprint(name, i)}); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// Rule 28: a log that was cut back and grew past the position again is told, however the views go
// on: never is it read on in the middle.
func TestLogCutBackAndRegrown(t *testing.T) {
	for way, resume := range map[string]func(*ledger.App) error{
		"CatchUp": func(app *ledger.App) error { return app.CatchUp(t.Context()) },
		"Run":     func(app *ledger.App) error { return app.Run(t.Context()) },
		"Rebuild": func(app *ledger.App) error { return app.Rebuild(t.Context()) },
	} {
		for _, c := range []struct {
			name         string
			cut, regrown int
			told         bool
		}{
			{"past the position", 5, 10, true},
			{"the last record alone", 9, 5, true},
			{"to the position", 5, 5, way != "CatchUp"}, // which reads nothing where there is nothing to fold
			{"short of the position", 5, 2, true},
			{"from the position on", 10, 5, false},
		} {
			t.Run(way+"/"+c.name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				d, s := memdriver.New(), newStore()
				app := newLedger(t, config(d, s), &ledger.Audit{})
				openMany(t, app, "a", 10)
				if err := app.CatchUp(ctx); err != nil {
					t.Fatal(err)
				}
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
				if c.cut == 10 {
					other := newLedger(t, config(d, newStore()), &ledger.Audit{})
					openMany(t, other, "c", 3) // that were not folded
					other.Close()
				}
				if err := d.Truncate("ledger", 0, int64(c.cut)); err != nil {
					t.Fatal(err)
				}
				app = newLedger(t, config(d, s), &ledger.Audit{})
				defer app.Close()
				last := openMany(t, app, "b", c.regrown)
				if !c.told && way == "Run" {
					go func() {
						_ = app.WaitFor(ctx, last)
						app.Close()
					}()
				}
				err := resume(app)
				if c.told && !errors.Is(err, brook.ErrLogChanged) || !c.told && err != nil {
					t.Fatalf("%v, want ErrLogChanged: %t", err, c.told)
				}
				if c.told && c.regrown >= 5 && !strings.Contains(err.Error(), "ledger/0/9") {
					t.Errorf("%v does not name the record", err)
				}
			})
		}
	}
}

// While Run goes on, too: before what grew anew is folded.
func TestLogCutBackUnderRun(t *testing.T) {
	for _, cut := range []int64{5, 10} {
		d := memdriver.New()
		app := newLedger(t, config(d, newStore()), &ledger.Audit{})
		defer app.Close()
		done := make(chan error, 1)
		go func() { done <- app.Run(t.Context()) }()
		if err := app.WaitFor(t.Context(), openMany(t, app, "a", 10)); err != nil {
			t.Fatal(err)
		}
		if err := d.Truncate("ledger", 0, cut); err != nil {
			t.Fatal(err)
		}
		last := openMany(t, app, "b", 7)
		if cut == 10 {
			if err := app.WaitFor(t.Context(), last); err != nil {
				t.Error(err)
			}
			continue
		}
		if err := <-done; !errors.Is(err, brook.ErrLogChanged) {
			t.Errorf("Run: %v, want ErrLogChanged", err)
		}
		if n, err := app.Views.Accounts.Len(); n != 10 || err != nil {
			t.Errorf("%d accounts, %v, want those that were there", n, err)
		}
	}
}

// earlier is a store whose positions are stored as runtimes did that kept no anchor.
type earlier struct {
	*shared
	on bool
}

func (s *earlier) Commit(ctx context.Context, b *brook.Batch) error {
	if s.on {
		positions, err := s.Table(ctx, brook.TableSpec{Name: "ledger/1/positions"})
		if err != nil {
			return err
		}
		for i := range b.Writes {
			w := &b.Writes[i]
			if w.Table != positions {
				continue
			}
			var p map[string]any
			if err := json.Unmarshal(w.Value.([]byte), &p); err != nil {
				return err
			}
			delete(p, "Last")
			delete(p, "Sum")
			if w.Value, err = json.Marshal(p); err != nil {
				return err
			}
		}
	}
	return s.shared.Commit(ctx, b)
}

// A record that compaction or retention took can't be compared, and nothing is told; nor of
// positions that an earlier runtime stored.
func TestPositionWithoutARecordToCompare(t *testing.T) {
	for name, change := range map[string]func(*changing, *earlier){
		"retention": func(d *changing, _ *earlier) {
			if err := d.Trim("ledger", 0, 10); err != nil {
				t.Fatal(err)
			}
		},
		"compaction": func(d *changing, _ *earlier) {
			d.read = func(c *brook.Chunk) {
				for len(c.Records) > 0 && c.Records[0].Offset < 10 {
					c.Records = c.Records[1:]
				}
			}
		},
		"an earlier runtime": func(d *changing, s *earlier) {
			s.on = false
			if err := d.Truncate("ledger", 0, 9); err != nil {
				t.Fatal(err)
			}
			other := newLedger(t, config(d, newStore()), &ledger.Audit{})
			defer other.Close()
			openMany(t, other, "a9", 1)
		},
		"nothing": func(*changing, *earlier) {},
	} {
		t.Run(name, func(t *testing.T) {
			d := &changing{Driver: memdriver.New()}
			s := &earlier{shared: newShared(), on: name == "an earlier runtime"}
			app := newLedger(t, config(d, s), &ledger.Audit{})
			openMany(t, app, "a", 10)
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			app.Close()
			change(d, s)
			app = newLedger(t, config(d, s), &ledger.Audit{})
			defer app.Close()
			openMany(t, app, "b", 5)
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n, err := app.Views.Accounts.Len(); n != 15 || err != nil {
				t.Errorf("%d accounts, %v", n, err)
			}
		})
	}
}

// After an error of the driver a partition is read on only if it is that log still.
func TestLogRegrownWhileTheDriverFails(t *testing.T) {
	d := &changing{Driver: memdriver.New()}
	regrown := false
	d.read = func(c *brook.Chunk) {
		for i := range c.Records {
			switch r := &c.Records[i]; {
			case r.Offset != 10:
			case regrown:
				r.Value = append([]byte(" "), r.Value...)
			default:
				regrown = true
				d.fails.Store(1)
			}
		}
	}
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	done := make(chan error, 1)
	go func() { done <- app.Run(t.Context()) }()
	openMany(t, app, "a", 11)
	if err := <-done; !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("Run: %v, want ErrLogChanged", err)
	}
}

// What a letter left out is read again only if it is the very record: one of the same size is
// another one.
func TestLetterOfARegrownLog(t *testing.T) {
	d := &changing{Driver: memdriver.New()}
	conf := config(d, apptest.Limited(newStore(), 50_000))
	var told []error
	conf.Hooks.Failure = func(f brook.Failure) {
		if f.What == "redrive" && f.Final {
			told = append(told, f.Err)
		}
	}
	app := newLedger(t, conf, &ledger.Audit{})
	defer app.Close()
	at, err := app.Publish.Moved(t.Context(),
		ledger.Moved{Account: "a", Order: strings.Repeat("x", 100_000)})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for l, err := range app.DeadLetters() {
		if err != nil || l.Omitted == 0 || l.Position != at {
			t.Fatalf("%v of %d bytes left out, %v", l, l.Omitted, err)
		}
	}
	d.read = func(c *brook.Chunk) {
		c.Records[0].Value = []byte(strings.Replace(string(c.Records[0].Value), "xxx", "xyx", 1))
	}
	if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil || len(told) != 2 ||
		!strings.Contains(told[0].Error(), "another one") {
		t.Errorf("%d were redriven, %v; told: %v", n, err, told)
	}
}
