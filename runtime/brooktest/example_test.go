package brooktest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
)

// In a test of your own, t is what the test was called with.
func newT() *fakeT { return &fakeT{out: os.Stdout} }

func ExampleView() {
	accounts := brooktest.View(map[string]ledger.Account{"a": {Balance: 100, Moves: 7}})

	changes, line, err := ledger.Books{}.Moved(brooktest.Event(ledger.Moved{Account: "a",
		Cents: 5}), accounts)

	fmt.Println(len(changes), changes[0].Op(), changes[0].Key())
	fmt.Println(line.Op(), line.Key(), err)
	// Output:
	// 1 merge a
	// create {a 8} <nil>
}

func ExampleIndex() {
	byEmail := brooktest.Index[string](map[string]ledger.Account{
		"a": {Email: "same@example.org"},
		"b": {Email: "other@example.org"},
		"c": {Email: "same@example.org"},
	})
	for e, err := range byEmail.All("same@example.org") {
		fmt.Println(e.Key, e.Value.ID, err)
	}
	// Output:
	// a a <nil>
	// c c <nil>
}

func ExampleApply() {
	rows := map[string]ledger.Account{"a": {Balance: 100}, "b": {Balance: 50}}
	moved := brooktest.Event(ledger.Moved{Account: "a", From: "b", Cents: 5})

	changes, _, err := ledger.Books{}.Moved(moved, brooktest.View(rows))
	after := brooktest.Apply(rows, changes...)

	fmt.Println(after["a"].Balance, after["b"].Balance, err)
	// Output: 105 45 <nil>
}

func ExampleEvent() {
	note := (&ledger.Audit{}).Noted(brooktest.Event(ledger.Noted{Account: "a", Text: "odd"}))

	fmt.Println(brooktest.Apply(nil, note))
	// Output: map[a:[noted: odd]]
}

func ExampleEqual() {
	t := newT()
	got := map[string]ledger.Account{"a": {ID: "a", Balance: 5}}
	brooktest.Equal(t, got, map[string]ledger.Account{"a": {ID: "a", Balance: 6}, "b": {ID: "b"}})
	// Output:
	// not as wanted:
	// ["a"].Balance: got 5, want 6
	// ["b"]: missing, want {"id":"b","email":"","balance":0,"moves":0,"tags":null}
}

func ExampleScenario() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
		return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	})
	s.Given(
		brook.Emit(ledger.Opened{Account: "a"}),
		brook.Emit(ledger.Moved{Account: "a", Cents: 100}),
	)
	s.When(brook.Emit(ledger.Moved{Account: "a", Cents: 5, Order: "emit"}))

	brooktest.Equal(t, brook.Must(s.App.Views.Accounts.Get("a")),
		ledger.Account{ID: "a", Balance: 105, Moves: 2})
	brooktest.Equal(t, brooktest.PublishedData[ledger.Noted](s),
		[]ledger.Noted{{Account: "a", Text: "+5 makes 105"}})
	brooktest.Equal(t, len(s.Effects()), 0)
	brooktest.Equal(t, len(s.DeadLetters()), 0)
	// Output:
}

func ExamplePublished() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.When(brooktest.With(moved("a", 5, "emit"), brook.WithID("move-1")))

	for _, e := range brooktest.Published[ledger.Noted](s) {
		fmt.Printf("%s, because of %s, keyed %s: %s\n", e.Type, e.Cause, e.Key, e.Data.Text)
	}
	// Output: audit.noted, because of move-1, keyed a: +5 makes 5
}

func ExampleScenario_DeadLetters() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.When(brooktest.Raw("money.moved", "a", `{"account":"a","cents":"a lot"}`))

	for _, l := range s.DeadLetters() {
		fmt.Println(l.Stage, l.Type, string(l.Key), l.Attempts)
	}
	// Output: decode money.moved a 1
}

func ExampleScenario_Do() {
	t := newT()
	defer t.end()
	broken := true
	s := brooktest.New(t,
		openWith(&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			if broken {
				return errors.New("broken")
			}
			return nil
		}}))
	s.Given(opened("a"))
	s.When(moved("a", 5, ""), moved("a", 6, ""))
	fmt.Println(len(s.DeadLetters()), "dead letters")

	broken = false
	err := s.Do(func(ctx context.Context) error {
		n, err := s.App.Redrive(ctx, nil)
		fmt.Println(n, "redriven")
		return err
	})
	fmt.Println(brook.Must(s.App.Views.Notes.Get("a")), err)
	// Output:
	// 2 dead letters
	// 2 redriven
	// [+5 makes 11 +6 makes 11] <nil>
}

func ExampleScenario_Effects() {
	t := newT()
	defer t.end()
	var mails []string // what a fake mailer was asked to send
	s := brooktest.New(t,
		openWith(&ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error {
				mails = append(mails, fmt.Sprintf("%s got %d", e.Data.Account, e.Data.Cents))
				return nil
			}
		}}))
	s.Given(opened("a"))
	s.When(moved("a", 5, ""))
	for _, e := range s.Effects() {
		fmt.Println(e.Type, e.Set, e.Tries, e.Err)
	}
	fmt.Println(mails)
	// Output:
	// money.moved Audit 1 <nil>
	// [a got 5]
}

func ExampleScenario_HoldEffects() {
	t := newT()
	defer t.end()
	s := brooktest.New(t,
		openWith(&ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error { return errors.New("no network") }
		}}))
	s.HoldEffects()
	s.Given(opened("a"))
	s.When(moved("a", 5, ""))
	for _, e := range s.Effects() {
		fmt.Println(e.Type, e.Tries)
		fmt.Println(e.Run(t.Context()))
	}
	// Output:
	// money.moved 0
	// no network
}

func ExampleScenario_Restart() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.When(opened("a"), moved("a", 5, "emit"))
	before := brook.Must(brook.Map(s.App.Views.Accounts.All()))
	fmt.Println(len(s.Published()), "published")

	s.Restart()
	brooktest.Equal(t, brook.Must(brook.Map(s.App.Views.Accounts.All())), before)
	fmt.Println(len(s.Published()), "published")
	// Output:
	// 1 published
	// 0 published
}

func ExampleDriver_FailNext() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.Driver.FailNext(1, fmt.Errorf("no such topic: %w", brook.ErrPermanent))
	s.When(moved("a", 5, "emit"))

	for _, l := range s.DeadLetters() {
		fmt.Println(l.Stage, l.Error)
	}
	// Output: emit no such topic: brook: permanent
}

func ExampleDriver_Events() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	s.When(moved("a", 5, "emit"))

	events, err := s.Driver.Events("test") // the topic, of which an app may have several
	for _, e := range events {
		fmt.Println(e.ID, e.Type, string(e.Data))
	}
	fmt.Println(err)
	// Output:
	// test/0cbb56ee/test/0/1/Audit/0 audit.noted {"account":"a","text":"+5 makes 5"}
	// <nil>
}

func ExampleSeed() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	brooktest.Seed(t, s.App.Views.Accounts, map[string]ledger.Account{
		"a": {Email: "a@example.org", Balance: 100},
	})
	for account, err := range s.App.Views.Accounts.ByEmail("a@example.org") {
		fmt.Println(account.ID, account.Balance, err)
	}
	// Output: a 100 <nil>
}

func ExampleClear() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"), moved("a", 5, ""))

	brooktest.Clear(t, s.App, "accounts")
	fmt.Println(len(brook.Must(brook.Map(s.App.Views.Accounts.All()))), len(brook.Must(brook.Map(s.App.Views.Notes.All()))))

	brooktest.Clear(t, s.App)
	fmt.Println(len(brook.Must(brook.Map(s.App.Views.Accounts.All()))), len(brook.Must(brook.Map(s.App.Views.Notes.All()))))
	// Output:
	// 0 1
	// 0 0
}

func ExampleScenario_Parked() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, func(c brook.Config) (*parcels.App, error) {
		return parcels.NewApp(c, &parcels.Shop{}, parcels.Audit{})
	})
	s.When(brook.Emit(parcels.Paid{Order: "o1", Cents: 995}))
	for _, e := range s.Parked() {
		fmt.Println(e.Type, e.Stage, e.Attempts)
	}
	s.When(brook.Emit(parcels.Placed{Order: "o1", Cents: 995}))
	fmt.Println(brook.Must(s.App.Views.Orders.Get("o1")).Paid, len(s.Parked()))
	// Output:
	// order.paid early 1
	// 995 0
}

func ExampleScenario_Advance() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, func(c brook.Config) (*reminders.App, error) {
		return reminders.NewApp(c, reminders.Reminding{})
	})
	s.When(brook.Emit(reminders.Placed{Order: "o1", Due: s.Now().Add(24 * time.Hour)}))
	fmt.Println(len(s.Published()))

	s.Advance(24 * time.Hour)
	for _, e := range brooktest.Published[reminders.Overdue](s) {
		fmt.Println(e.Type, e.Data.Order, e.Time.Format(time.DateTime))
	}
	// Output:
	// 0
	// payment.overdue o1 2020-01-02 12:00:00
}
