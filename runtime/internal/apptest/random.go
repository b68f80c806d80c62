package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// Random does so many random things with an app over a store (publish, fold, crash, redrive, drop,
// process, rebuild, open again), and compares it with a naive model after each. If reopen is not
// nil, it returns the store as a new process finds it.
func Random(t *testing.T, store brook.Store, reopen func() brook.Store, seed uint64, steps int) {
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &random{t: t, ctx: ctx, rnd: rand.New(rand.NewPCG(seed, 11)), store: store, reopen: reopen,
		driver: memdriver.New(), model: newModel()}
	r.open(nil)
	back, _ := engine.BackstageOf(r.Source())
	// so that no commit but its own precedes what is done first
	if err := back.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		what := r.step()
		r.settle()
		if r.compare(); t.Failed() {
			t.Fatalf("after step %d of seed %d: %s", step, seed, what)
		}
	}
	r.nothingLeft()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d events, %d crashes, %d letters at the end", len(r.log()), r.crashes,
		len(r.model.letters))
}

type random struct {
	*ledger.App
	t       *testing.T
	ctx     context.Context
	rnd     *rand.Rand
	store   brook.Store
	reopen  func() brook.Store
	driver  *memdriver.Driver
	model   *model
	crashes int
}

var errAsked = errors.New("asked to fail")

// odd is an envelope that refuses some records for as long as the model is broken.
type odd struct {
	brook.CloudEvents
	model **model
}

func (o odd) Open(r *brook.Record, m *brook.Message) error {
	if err := o.CloudEvents.Open(r, m); err != nil {
		return err
	}
	if _, is := r.Header("odd"); is && (*o.model).broken {
		return errAsked
	}
	return nil
}

// open makes an app over store and driver, which fail as fault decides, or not at all if it is nil.
func (r *random) open(fault *storetest.Fault) {
	r.t.Helper()
	if fault == nil {
		fault = storetest.NewFault(storetest.Fail, 0)
	}
	c := brook.Config{Author: "ledger", Driver: drivertest.Faulty(r.driver, fault),
		Store: storetest.Faulty(r.store, fault), Envelope: odd{model: &r.model},
		Log: slog.New(slog.DiscardHandler), BatchSize: 1 + r.rnd.IntN(20),
		KeepReplaced: -1, // nothing is to be left
		Retry:        brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}
	app, err := ledger.NewApp(c, ledger.Books{},
		&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			if e.Data.Order == "fail" && r.model.broken {
				return errAsked
			}
			return nil
		}})
	if err != nil && !fault.Struck() {
		r.t.Fatal(err)
	}
	r.App = app
}

// closed ends the app, and the process.
func (r *random) closed() {
	r.t.Helper()
	if r.App != nil {
		if err := r.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	if r.reopen != nil {
		r.store = r.reopen()
	}
}

// crashing opens the app so that it crashes at the n-th commit, before or after it, does something,
// and opens it again. It returns how many commits of that were done, -1 for all.
func (r *random) crashing(do func(ctx context.Context) error) (commits int) {
	r.t.Helper()
	n, kind := 1+r.rnd.IntN(4), storetest.CrashBefore
	if r.rnd.IntN(2) == 0 {
		kind = storetest.CrashAfter
	}
	if r.rnd.IntN(2) == 0 {
		n = 0
	}
	fault := storetest.NewFault(kind, n, storetest.OpCommit)
	r.closed()
	r.open(fault)
	ctx, cancel := fault.Until(r.ctx)
	err := do(ctx)
	cancel()
	if err != nil && !fault.Crashed() {
		r.t.Fatal(err)
	}
	struck := fault.Struck()
	r.closed()
	r.open(nil)
	if !struck {
		return -1
	}
	r.crashes++
	if kind == storetest.CrashAfter {
		return n
	}
	return n - 1
}

// settle folds all that is in the log, and has the model do the same.
func (r *random) settle() {
	r.t.Helper()
	if err := r.CatchUp(r.ctx); err != nil {
		r.t.Fatal(err)
	}
	for log := r.log(); r.model.next < int64(len(log)); {
		r.model.fold(log[r.model.next])
	}
}

// log reads the whole log.
func (r *random) log() (all []brook.Record) {
	r.t.Helper()
	partitions, err := r.driver.Partitions(r.ctx, "ledger")
	if err != nil {
		r.t.Fatal(err)
	}
	reader, err := r.driver.Open(r.ctx, brook.Position{Topic: "ledger"})
	if err != nil {
		r.t.Fatal(err)
	}
	for int64(len(all)) < partitions[0].End {
		c, err := reader.Read(r.ctx, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, c.Records...)
	}
	if err := reader.Close(); err != nil {
		r.t.Fatal(err)
	}
	return all
}

// step does something, and returns what.
func (r *random) step() string {
	r.t.Helper()
	switch n := r.rnd.IntN(20); {
	case n < 7:
		r.publish()
		return "publish"
	case n < 11:
		r.publish()
		return r.crash()
	case n < 12:
		r.closed()
		r.open(nil)
		return "open again"
	case n < 14:
		r.model.broken = r.rnd.IntN(3) == 0
		return fmt.Sprint("broken: ", r.model.broken)
	case n < 16:
		return r.processed()
	case n < 18:
		return r.redriven()
	case n < 19:
		filter := r.filter()
		n := 0
		done := r.crashing(func(ctx context.Context) (err error) {
			n, err = r.Drop(ctx, func(l brook.DeadLetter) bool { return filter(l.Position.Offset) })
			return err
		})
		if want := r.model.drop(filter, done); done < 0 && n != want {
			r.t.Errorf("dropped %d, want %d", n, want)
		}
		return fmt.Sprint("drop ", n)
	default:
		return r.rebuilt()
	}
}

// crash folds with a fault anywhere in store or driver.
func (r *random) crash() string {
	kinds := []storetest.FaultKind{storetest.Fail, storetest.CrashBefore, storetest.CrashAfter,
		drivertest.Half}
	kind, n := kinds[r.rnd.IntN(len(kinds))], 1+r.rnd.IntN(120)
	fault := storetest.NewFault(kind, n)
	r.closed()
	if r.open(fault); r.App != nil {
		ctx, cancel := fault.Until(r.ctx)
		if err := r.CatchUp(ctx); err != nil && !fault.Struck() {
			r.t.Fatal(err)
		}
		cancel()
	}
	r.closed()
	r.open(nil)
	if fault.Struck() {
		r.crashes++
	}
	return fmt.Sprintf("crash of kind %d at operation %d", kind, n)
}

func (r *random) processed() string {
	var event any = ledger.Moved{Account: r.account(), From: r.maybe(r.account()),
		Cents: r.rnd.Int64N(50), Order: r.maybe("quiet")}
	typ, m := ledger.MovedType, event.(ledger.Moved)
	if r.rnd.IntN(3) == 0 {
		event, typ = ledger.Opened{Account: m.Account, Email: m.From}, ledger.OpenedType
	}
	data, err := json.Marshal(event)
	if err != nil {
		r.t.Fatal(err)
	}
	var failed error
	done := r.crashing(func(ctx context.Context) error {
		if o, ok := event.(ledger.Opened); ok {
			failed = r.Process.Opened(ctx, o)
		} else {
			failed = r.Process.Moved(ctx, m)
		}
		if errors.Is(failed, storetest.ErrCrashed) || errors.Is(failed, brook.ErrNotFound) {
			return nil
		}
		return failed
	})
	if done != 0 {
		if ok := r.model.process(typ, data); ok != (failed == nil || done > 0) {
			r.t.Errorf("Process %s %s: %v; the model says %v", typ, data, failed, ok)
		}
	}
	return fmt.Sprintf("process %s %s: %v", typ, data, failed)
}

func (r *random) redriven() string {
	filter, n := r.filter(), 0
	done := r.crashing(func(ctx context.Context) (err error) {
		n, err = r.Redrive(ctx, func(l brook.DeadLetter) bool { return filter(l.Position.Offset) })
		return err
	})
	if want := r.model.redrive(r.log(), filter, done); done < 0 && n != want {
		r.t.Errorf("redriven %d, want %d", n, want)
	}
	return fmt.Sprintf("redrive %d, %d commits", n, done)
}

func (r *random) rebuilt() string {
	before := r.generation()
	done := r.crashing(func(ctx context.Context) error {
		return r.Rebuild(ctx, brook.AcceptLetters())
	})
	if now := r.generation(); now != before {
		r.model = r.model.rebuilt(r.log())
	} else if done < 0 {
		r.t.Error("the rebuild changed nothing")
	}
	return fmt.Sprint("rebuild, commits: ", done)
}

// filter accepts all letters, or some.
func (r *random) filter() func(offset int64) bool {
	if r.rnd.IntN(3) > 0 {
		return func(int64) bool { return true }
	}
	of := 2 + r.rnd.Int64N(3)
	return func(offset int64) bool { return offset%of != 0 }
}

func (r *random) account() string { return fmt.Sprint(r.rnd.IntN(4)) }

func (r *random) maybe(text string) string {
	if r.rnd.IntN(4) > 0 {
		return ""
	}
	return text
}

// publish appends a few events to the log.
func (r *random) publish() {
	r.t.Helper()
	var records []brook.Record
	first := len(r.log()) == 0 // with which all accounts are opened
	for i := range 4 + r.rnd.IntN(12) {
		account := r.account()
		var event any
		var typ string
		switch n := r.rnd.IntN(20); {
		case n < 2 || first && i < 4:
			if first {
				account = fmt.Sprint(i % 4)
			}
			event, typ = ledger.Opened{Account: account, Email: r.account(),
				Tags: slices.Repeat([]string{account}, r.rnd.IntN(2))}, ledger.OpenedType
		case n < 5 && r.rnd.IntN(3) == 0:
			event, typ = ledger.Closed{Account: account}, ledger.ClosedType
		case n == 5:
			event, typ = "a stranger's", "not.ours"
		default:
			order := []string{"", "", "", "emit", "quiet", "fail"}[r.rnd.IntN(6)]
			event, typ = ledger.Moved{Account: account, From: r.maybe(r.account()),
				Cents: r.rnd.Int64N(50), Order: order}, ledger.MovedType
		}
		data, err := json.Marshal(event)
		if err != nil {
			r.t.Fatal(err)
		}
		record := brook.Record{Topic: "ledger", Key: []byte(account)}
		m := brook.Message{ID: fmt.Sprint("id", r.rnd.Uint64()), Type: typ, Author: "elsewhere",
			Time: time.Unix(1e9, 0), Data: data}
		if r.rnd.IntN(15) == 0 {
			m.Headers = []brook.Header{{Key: "odd"}}
		}
		if err := (brook.CloudEvents{}).Wrap(&m, &record); err != nil {
			r.t.Fatal(err)
		}
		if r.rnd.IntN(30) == 0 {
			record = brook.Record{Topic: "ledger", Key: record.Key} // a tombstone
		}
		records = append(records, record)
	}
	if _, err := r.driver.Publish(r.ctx, records); err != nil {
		r.t.Fatal(err)
	}
}
