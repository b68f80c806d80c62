package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// barring is a driver that does not take emissions for which bar returns an error, nor those of
// their partition behind them, and that may not know which partition a key belongs to.
type barring struct {
	*memdriver.Driver
	mu      sync.Mutex
	bar     func(brook.Record) error
	unknown error
}

func (d *barring) set(bar func(brook.Record) error, unknown error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bar, d.unknown = bar, unknown
}

func (d *barring) Place(ctx context.Context, topic string, key []byte) (int32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unknown != nil {
		return 0, d.unknown
	}
	return d.Driver.Place(ctx, topic, key)
}

func (d *barring) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	some := &brook.PublishError{Errs: make([]error, len(records))}
	positions := make([]brook.Position, len(records))
	behind := map[int32]error{}
	failed := false
	for i, r := range records {
		if _, emission := r.Header("ce_brooklane"); emission && d.bar != nil {
			n := int32(d.Partition(r.Key, 2))
			some.Errs[i] = behind[n]
			if err := d.bar(r); err != nil && some.Errs[i] == nil {
				some.Errs[i] = err
				if !errors.Is(err, brook.ErrPermanent) {
					behind[n] = err
				}
			}
		}
		if failed = failed || some.Errs[i] != nil; some.Errs[i] != nil {
			continue
		}
		at, err := d.Driver.Publish(ctx, records[i:i+1])
		if err != nil {
			return nil, err
		}
		positions[i] = at[0]
	}
	if failed {
		return positions, some
	}
	return positions, nil
}

// apartKeys returns two accounts in the two partitions of a topic.
func apartKeys(d *memdriver.Driver) (first, second string) {
	for i := 0; ; i++ {
		k := fmt.Sprint("k", i)
		if p := d.Partition([]byte(k), 2); p == 0 && first == "" {
			first = k
		} else if p == 1 && second == "" {
			second = k
		}
		if first != "" && second != "" {
			return first, second
		}
	}
}

// What can't be published holds up what goes to the same partition, in order, and nothing else of
// the app.
func TestOneBadTargetDoesNotBlockTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &barring{Driver: memdriver.New(memdriver.Partitions(2))}
		bad, good := apartKeys(d.Driver)
		var failures []brook.Failure
		c := config(d, newStore())
		c.Hooks.Failure = func(f brook.Failure) { failures = append(failures, f) }
		h := open(t, c, &ledger.Audit{})
		h.driver = d.Driver
		h.opened(bad, good)
		d.set(func(r brook.Record) error {
			if string(r.Key) == bad {
				return errors.New("there is no such topic")
			}
			return nil
		}, nil)
		for i := range 5 {
			h.wait(h.move(bad, int64(i+1), "emit"))
			h.wait(h.move(good, int64(i+1), "emit"))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := emitted(t, d.Driver); n[good] != 5 || n[bad] != 0 {
			t.Errorf("emitted %v, want all that go to the good partition", n)
		}
		if len(failures) == 0 || failures[0].What != "publish" ||
			!strings.Contains(failures[0].Err.Error(), "topic ledger: there is no such topic") {
			t.Errorf("told %+v", failures)
		}
		d.set(nil, nil)
		time.Sleep(time.Second)
		h.wait(h.move(bad, 100, "emit"))
		time.Sleep(time.Second)
		synctest.Wait()
		h.note(bad, "noted: +1 makes 1", "noted: +2 makes 3", "noted: +3 makes 6",
			"noted: +4 makes 10", "noted: +5 makes 15", "noted: +100 makes 115")
		if n := waiting(t, h.store); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

// A topic of which nothing is known yet gets its emissions once it is there, each once and in
// order; the partitions are stored before they are used.
func TestTargetsThatAreNotKnownYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &barring{Driver: memdriver.New(memdriver.Partitions(2))}
		d.set(nil, errors.New("there is no such topic"))
		h := open(t, config(d, newStore()), &ledger.Audit{})
		h.driver = d.Driver
		h.opened("a")
		for i := range 3 {
			h.wait(h.move("a", int64(i+1), "emit"))
		}
		time.Sleep(2 * time.Second)
		d.set(nil, nil)
		h.wait(h.move("a", 10, "emit"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.note("a", "noted: +1 makes 1", "noted: +2 makes 3", "noted: +3 makes 6",
			"noted: +10 makes 16")
	})
}

// Rule 18: letters of every stage count. A partition whose emissions are all refused stands still.
func TestLettersOfEmissionsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &barring{Driver: memdriver.New()}
		c := config(d, newStore())
		c.MaxDeadLetters, c.BatchSize = 3, 1
		full := 0
		c.Hooks.Failure = func(f brook.Failure) {
			if errors.Is(f.Err, brook.ErrDeadLettersFull) {
				full++
			}
		}
		h := open(t, c, &ledger.Audit{})
		h.driver = d.Driver
		h.opened("a")
		d.set(func(brook.Record) error { return fmt.Errorf("too large: %w", brook.ErrPermanent) },
			nil)
		for range 3 {
			h.wait(h.move("a", 1, "emit"))
			synctest.Wait()
		}
		last, err := h.move("a", 1, "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		h.balance("a", 3, 3)
		if full != 1 || len(h.letters()) != 3 {
			t.Errorf("told %d times, %d letters", full, len(h.letters()))
		}
		d.set(nil, nil)
		if n, err := h.Redrive(h.ctx, nil); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		h.wait(last, nil)
		h.balance("a", 4, 4)
	})
}
