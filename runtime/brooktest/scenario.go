package brooktest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// patience is how long a step may take: a handler that hangs, or a driver that always
// fails, fails the test.
const patience = 30 * time.Second

// App is what a scenario needs of an app; every generated App is one.
type App interface {
	Source() brook.Source
	CatchUp(ctx context.Context) error
	DeadLetters() iter.Seq2[brook.DeadLetter, error]
	Close() error
}

// Scenario tests a whole app, event by event, in the test's own goroutine: given these events,
// when those come, then the views, the published events, the effects and the dead letters are as
// follows. When a step returns, everything has happened.
//
// A test has to look at dead letters: it fails at its end if there are some that
// [Scenario.DeadLetters] never returned.
//
// Its methods must be called from one goroutine.
type Scenario[A App] struct {
	// App is the app under test.
	App A
	// Driver is the log. It remembers what the app published since the last step began.
	Driver *Driver
	// Time is what the clock of the test says: the time of the next event, by which timers are due.
	// Each event comes a second after the one before; Advance moves it on. What the app publishes
	// or processes, and nobody gives another time, has this one. The app sees a time that the test
	// sets from the next step on.
	Time time.Time

	now     atomic.Pointer[time.Time] // Time, as the app's goroutines see it
	t       TB
	open    func(brook.Config) (A, error)
	config  brook.Config
	back    engine.Backstage
	number  int // number of events so far, which are their IDs
	effects []*Effect
	hold    bool
	noted   map[letterID]bool
	tried   map[string]error // what jobs failed with last, by ID
}

// New opens an app for a test, with a new driver and a new store, and closes it when the test ends:
//
//	s := brooktest.New(t, func(c brook.Config) (*shop.App, error) {
//		return shop.NewApp(c, shop.Projection{})
//	})
//
// The function may change the configuration: Driver to another [NewDriver], everything else to
// anything. Retries do not wait, and errors that the app logs appear in the test's output.
func New[A App](t TB, open func(brook.Config) (A, error)) *Scenario[A] {
	t.Helper()
	s := &Scenario[A]{t: t, open: open, Time: start(), noted: map[letterID]bool{}}
	s.config = brook.Config{
		Author: "test",
		Driver: NewDriver(),
		Store:  mapstore.New(),
		Retry:  brook.Retry{Min: 1, Max: 1},
		Log: slog.New(slog.NewTextHandler(t.Output(),
			&slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: withoutTime})),
	}
	s.start()
	t.Cleanup(s.end)
	return s
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		return slog.Attr{}
	}
	return a
}

// start opens the app.
func (s *Scenario[A]) start() {
	s.t.Helper()
	app, err := s.open(s.config)
	if err != nil {
		s.t.Fatalf("brooktest: %v", err)
	}
	back, ok := engine.BackstageOf(app.Source())
	if !ok {
		s.t.Fatalf("brooktest: the source of a %T is no app's", app)
	}
	config := back.Config()
	driver, ok := config.Driver.(*Driver)
	if !ok {
		s.t.Fatalf("brooktest: a scenario runs on a *brooktest.Driver, not on a %T", config.Driver)
	}
	driver.Envelope = config.Envelope
	s.App, s.back, s.Driver, s.config.Driver = app, back, driver, driver
	s.tried = map[string]error{}
	back.OnEffect(s.effect)
	back.HoldJobs()
	s.tick()
	back.SetClock(s.clock)
	if err := s.begin(s.t.Context()); err != nil {
		s.t.Fatalf("brooktest: %v", err)
	}
}

// begin marks the start of each partition that has no mark: the log of a scenario is as new as the
// app, which need not warn that it may have acted on all of it before.
func (s *Scenario[A]) begin(ctx context.Context) error {
	name := s.back.Config().Name
	partitions, err := s.Driver.Partitions(ctx, s.back.Topics()...)
	if err != nil {
		return err
	}
	marks, err := s.Driver.Marks(ctx, name)
	if err != nil {
		return err
	}
	var starts []brook.Position
	for _, p := range partitions {
		marked := func(m brook.Position) bool {
			return m.Topic == p.Topic && m.Partition == p.Number
		}
		if !slices.ContainsFunc(marks, marked) {
			starts = append(starts, brook.Position{Topic: p.Topic, Partition: p.Number,
				Offset: p.Start})
		}
	}
	if len(starts) == 0 {
		return nil
	}
	return s.Driver.Mark(ctx, name, starts)
}

// end closes the app and reports dead letters that the test did not look at.
func (s *Scenario[A]) end() {
	s.t.Helper()
	if unseen := s.unseen(); unseen != "" {
		s.t.Errorf("brooktest: dead letters that the test did not ask for:%s", unseen)
	}
	if err := s.App.Close(); err != nil {
		s.t.Errorf("brooktest: close: %v", err)
	}
}

// Given publishes and folds events that happened before what is tested. One that becomes a dead
// letter ends the test. What the app published because of them, and their effects, happened
// too and are forgotten. Jobs wait.
func (s *Scenario[A]) Given(events ...brook.Outgoing) {
	s.t.Helper()
	s.step(events)
	if unseen := s.unseen(); unseen != "" {
		s.DeadLetters()
		s.t.Fatalf("brooktest: given events became dead letters:%s", unseen)
	}
	s.forget()
}

// When publishes events, in this order, with the author of the app, and folds them, with
// everything that handlers emit to topics that the app reads. Afterwards [Scenario.Published],
// [Scenario.Effects] and the Driver have what the app did.
func (s *Scenario[A]) When(events ...brook.Outgoing) {
	s.t.Helper()
	s.step(events)
}

// Do runs a function that is no event, and then folds what there is to fold. It returns
// the error of either.
//
//	err := s.Do(func(ctx context.Context) error {
//		_, err := s.App.Redrive(ctx, nil)
//		return err
//	})
func (s *Scenario[A]) Do(do func(ctx context.Context) error) error {
	s.forget()
	s.tick()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := do(ctx); err != nil {
		return err
	}
	s.tick()                             // do may have set the time
	if err := s.begin(ctx); err != nil { // topics may have new partitions
		return err
	}
	return s.App.CatchUp(ctx)
}

// Restart closes the app and opens it again on the same log with an empty store, like a service
// with views in memory: it folds the whole log once more, and must neither publish nor run effects
// again, but for what comes after the first job that was not done: such a service asks for these
// jobs once more, with the same IDs, and what it published since is published once more as well.
// What did not come through the log is lost. A store of the test's own is kept.
func (s *Scenario[A]) Restart() {
	s.t.Helper()
	if err := s.App.Close(); err != nil {
		s.t.Fatalf("brooktest: close: %v", err)
	}
	s.config.Store = mapstore.New()
	s.start()
	s.step(nil)
}

func (s *Scenario[A]) step(events []brook.Outgoing) {
	s.t.Helper()
	s.rested(s.Do(func(ctx context.Context) error {
		for _, event := range events {
			r, err := s.record(event)
			if err == nil {
				_, err = s.Driver.Deliver(ctx, r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// rested ends the test with the error of a step.
func (s *Scenario[A]) rested(err error) {
	s.t.Helper()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		s.t.Fatalf("brooktest: the app did not come to rest within %s: %v", patience, err)
	case err != nil:
		s.t.Fatalf("brooktest: %v", err)
	}
}

// record returns the record of the next event.
func (s *Scenario[A]) record(event brook.Outgoing) (brook.Record, error) {
	s.number++
	id, at := strconv.Itoa(s.number), s.Time
	s.Time = at.Add(time.Second)
	s.tick()
	switch e := event.(type) {
	case raw:
		var key []byte
		if e.key != "" {
			key = []byte(e.key)
		}
		return s.back.Wrap(brook.Message{ID: id, Type: e.typ, Author: s.back.Config().Author,
			Time: at, Data: []byte(e.data), Version: e.version}, key)
	case tombstone:
		r, err := s.tombstone(e)
		r.Time = at
		return r, err
	case dressed:
		switch e.Outgoing.(type) {
		case raw:
			return brook.Record{}, fmt.Errorf("an event made by Raw takes no options")
		case tombstone:
			return brook.Record{}, fmt.Errorf("a tombstone takes no options")
		}
		return s.back.Record(e.Outgoing,
			append([]brook.PublishOption{brook.WithID(id), brook.WithTime(at)}, e.options...)...)
	}
	return s.back.Record(event, brook.WithID(id), brook.WithTime(at))
}

// forget forgets the results of the last step.
func (s *Scenario[A]) forget() {
	s.effects = nil
	s.Driver.Forget()
}
