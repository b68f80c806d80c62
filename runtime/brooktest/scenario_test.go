package brooktest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var errBroken = errors.New("broken")

func openWith(audit *ledger.Audit) func(brook.Config) (*ledger.App, error) {
	return func(c brook.Config) (*ledger.App, error) {
		return ledger.NewApp(c, ledger.Books{}, audit)
	}
}

func opened(account string) brook.Outgoing {
	return brook.Emit(ledger.Opened{Account: account, Email: account + "@example.org"})
}

func moved(account string, cents int64, order string) brook.Outgoing {
	return brook.Emit(ledger.Moved{Account: account, Cents: cents, Order: order})
}

func TestScenario(t *testing.T) {
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"), moved("a", 1, "emit"))
	brooktest.Equal(t, s.Published(), nil) // what was given is not what is tested
	s.When(moved("a", 2, "emit"), moved("a", 3, ""))

	brooktest.Equal(t, brook.Must(s.App.Views.Accounts.Get("a")),
		ledger.Account{ID: "a", Email: "a@example.org", Balance: 6, Moves: 3})
	noted := brooktest.Published[ledger.Noted](s)
	if len(noted) != 1 {
		t.Fatalf("noted: %v", noted)
	}
	e := noted[0]
	at := time.Date(2020, 1, 1, 12, 0, 2, 0, time.UTC) // the third event
	brooktest.Equal(t, e, brook.Event[ledger.Noted]{ID: "test/0cbb56ee/test/0/3/Audit/0",
		Type: ledger.NotedType, Author: "test", Time: at,
		Data: ledger.Noted{Account: "a", Text: "+2 makes 3"}, Key: []byte("a"), Cause: "3",
		Position: brook.Position{Topic: "test", Offset: 5}})
	brooktest.Equal(t, brooktest.PublishedData[ledger.Noted](s), []ledger.Noted{e.Data})
	brooktest.Equal(t, brooktest.Published[ledger.Opened](s), nil)
	if all := s.Published(); len(all) != 1 ||
		string(all[0].Data) != `{"account":"a","text":"+2 makes 3"}` {
		t.Errorf("published %+v", all)
	}
	// What was emitted came back and was folded.
	brooktest.Equal(t, brook.Must(s.App.Views.Notes.Get("a")),
		ledger.Note{"noted: +1 makes 1", "+3 makes 6", "noted: +2 makes 3"})
	brooktest.Equal(t, len(s.DeadLetters()), 0)
	if events := brook.Must(s.App.Views.Accounts.Events("a")); len(events) != 4 || events[0].ID != "1" {
		t.Errorf("history %v", events)
	}
}

func TestScenarioIsTheSameEachTime(t *testing.T) {
	once := func() any {
		s := brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
			c.Driver = brooktest.NewDriver(memdriver.Partitions(4))
			return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		})
		for _, a := range []string{"a", "b", "c", "d", "e"} {
			s.Given(opened(a))
		}
		s.When(moved("e", 1, "emit"), moved("a", 1, "emit"), moved("c", 1, "emit"),
			moved("b", 1, "emit"))
		return s.Published()
	}
	brooktest.Equal(t, once(), once())
}

func TestDeadLettersHaveToBeAskedFor(t *testing.T) {
	got := run(func(t *fakeT) {
		s := brooktest.New(t, openWith(&ledger.Audit{}))
		s.When(moved("nobody", 1, ""))
	})
	if want := "brooktest: dead letters that the test did not ask for:\n\ttest/0/0 money.moved in " +
		"Audit: handle: "; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = run(func(t *fakeT) {
		s := brooktest.New(t, openWith(&ledger.Audit{}))
		s.When(moved("nobody", 1, ""))
		if n := len(s.DeadLetters()); n != 2 {
			t.Errorf("%d letters", n)
		}
	})
	if got != "" {
		t.Errorf("asked for, and yet %q", got)
	}
	got = run(func(t *fakeT) {
		s := brooktest.New(t, openWith(&ledger.Audit{}))
		s.Given(moved("nobody", 1, ""))
		t.Errorf("not reached")
	})
	if !strings.HasPrefix(got,
		"brooktest: given events became dead letters:\n\ttest/0/0 money.moved in Audit") ||
		strings.Contains(got, "not reached") {
		t.Errorf("%q", got)
	}
}

func TestRawAndWith(t *testing.T) {
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.When(
		brooktest.Raw(ledger.MovedType, "a", `{"cents":"many"}`),
		brooktest.Raw("unheard.of", "", `{}`),
		brooktest.Raw(ledger.IgnoredType, "", `{}`),
		moved("a", 1, ""),
	)
	letters := s.DeadLetters()
	if len(letters) != 3 || letters[0].Stage != brook.StageDecode || letters[1].Attempts != 0 {
		t.Errorf("letters %v", letters)
	}
	at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	s.When(brooktest.With(brooktest.With(opened("b"), brook.WithID("mine")), brook.WithTime(at),
		brook.WithHeader("h", []byte("v"))))
	past := brook.Must(s.App.Views.Accounts.Events("b"))
	if len(past) != 1 || past[0].ID != "mine" || !past[0].Time.Equal(at) ||
		len(past[0].Headers) != 1 {
		t.Errorf("history %+v", past)
	}
	for _, event := range []brook.Outgoing{nil, brook.Emit(1), brooktest.With(nil),
		brooktest.With(brooktest.Raw("x", "", ""))} {
		got := run(func(t *fakeT) {
			s := brooktest.New(t, openWith(&ledger.Audit{}))
			s.When(event)
		})
		if !strings.Contains(got, "is no event of this package") &&
			!strings.Contains(got, "takes no options") {
			t.Errorf("%T: %q", event, got)
		}
	}
}

func TestEffects(t *testing.T) {
	ran := 0
	audit := &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
		if e.Data.Cents == 0 {
			return nil
		}
		return func(context.Context) error {
			if ran++; e.Data.Cents == 13 {
				return errBroken
			}
			return nil
		}
	}}
	s := brooktest.New(t, openWith(audit))
	s.Given(opened("a"), moved("a", 1, ""))
	brooktest.Equal(t, ran, 1)
	brooktest.Equal(t, len(s.Effects()), 0)
	s.When(moved("a", 2, ""), moved("a", 0, ""), moved("a", 13, ""))
	effects := s.Effects()
	if len(effects) != 2 {
		t.Fatalf("effects %v", effects)
	}
	first, second := effects[0], effects[1]
	if first.ID != "3" || first.Type != ledger.MovedType || first.Set != "Audit" ||
		first.Tries != 1 || first.Err != nil || first.Position.Offset != 2 {
		t.Errorf("first: %+v", first)
	}
	if second.ID != "5" || second.Tries != 5 || second.Err != errBroken {
		t.Errorf("second: %+v", second)
	}

	ran = 0
	s.HoldEffects()
	s.When(moved("a", 3, ""))
	held := s.Effects()
	if len(held) != 1 || ran != 0 || held[0].Tries != 0 {
		t.Fatalf("held: %v", held)
	}
	if err := held[0].Run(t.Context()); err != nil || ran != 1 || held[0].Tries != 1 {
		t.Errorf("run: %v, %+v", err, held[0])
	}
	err := s.Do(func(ctx context.Context) error {
		return s.App.Process.Moved(ctx, ledger.Moved{Account: "a", Cents: 1})
	})
	if e := s.Effects(); err != nil || len(e) != 1 || !e[0].Position.IsZero() {
		t.Errorf("process: %v, %v", e, err)
	}
}

func TestRestartActsOnNothing(t *testing.T) {
	ran := 0
	s := brooktest.New(t,
		openWith(&ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error { ran++; return nil }
		}}))
	s.When(opened("a"), moved("a", 2, "emit"))
	before := brook.Must(brook.Map(s.App.Views.Accounts.All()))
	s.Restart()
	brooktest.Equal(t, brook.Must(brook.Map(s.App.Views.Accounts.All())), before)
	brooktest.Equal(t, brook.Must(s.App.Views.Notes.Get("a")), ledger.Note{"noted: +2 makes 2"})
	brooktest.Equal(t, s.Published(), nil)
	brooktest.Equal(t, len(s.Effects()), 0)
	brooktest.Equal(t, ran, 1)
	s.When(moved("a", 3, "emit"))
	brooktest.Equal(t, len(s.Published()), 1)
	brooktest.Equal(t, len(s.Effects()), 1)
}

func TestFailingDriver(t *testing.T) {
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.Driver.FailNext(3, nil)
	s.When(moved("a", 1, "emit"))
	brooktest.Equal(t, len(s.Published()), 1) // after three failures

	s.Driver.FailNext(1, brook.ErrPermanent)
	s.When(moved("a", 2, "emit"))
	brooktest.Equal(t, s.Published(), nil)
	letters := s.DeadLetters()
	if len(letters) != 1 || letters[0].Stage != brook.StageEmit || letters[0].Set != "Audit" ||
		letters[0].ID != "3" {
		t.Errorf("letters %+v", letters)
	}
	if err := s.Do(func(ctx context.Context) error {
		_, err := s.App.Redrive(ctx, nil)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	brooktest.Equal(t, brooktest.PublishedData[ledger.Noted](s),
		[]ledger.Noted{{Account: "a", Text: "+2 makes 3"}})
	brooktest.Equal(t, len(s.DeadLetters()), 0)
}

func TestDoGivesErrors(t *testing.T) {
	audit := &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
		return errBroken
	}}
	s := brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
		c.OnFailure = brook.Stop
		return ledger.NewApp(c, ledger.Books{}, audit)
	})
	s.Given(opened("a"))
	err := s.Do(func(ctx context.Context) error {
		_, err := s.App.Publish.Moved(ctx, ledger.Moved{Account: "a"})
		return err
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("Run under Stop: %v", err)
	}
	if err := s.Do(func(context.Context) error { return errBroken }); err != errBroken {
		t.Errorf("what was done: %v", err)
	}
}

func TestScenarioThatCanNotBegin(t *testing.T) {
	got := run(func(t *fakeT) {
		brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
			c.Driver = memdriver.New()
			return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		})
	})
	if !strings.Contains(got, "runs on a *brooktest.Driver, not on a *memdriver.Driver") {
		t.Errorf("%q", got)
	}
	got = run(func(t *fakeT) { brooktest.New(t, openWith(nil)) })
	if !strings.Contains(got, "NewApp got a nil *Audit") {
		t.Errorf("%q", got)
	}
	got = run(func(t *fakeT) {
		brooktest.Published[int](brooktest.New(t, openWith(&ledger.Audit{})))
	})
	if got != "brooktest: int is no event of the app's package" {
		t.Errorf("%q", got)
	}
}
