// Package brooktest tests event handlers: as the plain functions that they are, and as a whole app,
// without a goroutine, a sleep or a broker.
//
// # One handler
//
// A handler is a function of an event and views. [Event], [View] and [Index] make what it takes;
// what it returns are plain values, and [Apply] returns the rows after its changes:
//
//	users := map[string]shop.User{"u1": {Email: "a@b.c"}}
//	order, user, err := shop.Projection{}.OrderPlaced(
//		brooktest.Event(shop.OrderPlaced{OrderID: "o1", UserID: "u1", Cents: 995}),
//		brooktest.View(users))
//	…
//	brooktest.Equal(t, brooktest.Apply(users, user)["u1"].Orders, 1)
//
// The method Data of an emission returns its data. An effect is a function: call it, or
// check whether it is nil.
//
// # A whole app
//
// A [Scenario] folds events one by one and shows the results:
//
//	s := brooktest.New(t, func(c brook.Config) (*shop.App, error) {
//		return shop.NewApp(c, shop.Projection{})
//	})
//	s.Given(brook.Emit(shop.UserRegistered{ID: "u1", Email: "a@b.c"}))
//	s.When(brook.Emit(shop.OrderPlaced{OrderID: "o1", UserID: "u1", Cents: 995}))
//	brooktest.Equal(t, brook.Must(s.App.Views.Users.Get("u1")).Orders, 1)
//	invoices := brooktest.PublishedData[shop.Invoiced](s)
//	brooktest.Equal(t, invoices, []shop.Invoiced{{OrderID: "o1", Cents: 995}})
//	brooktest.Equal(t, len(s.Effects()), 1)
//	brooktest.Equal(t, len(s.DeadLetters()), 0)
//
// Views show the present state; [Published], [Scenario.Published] and [Scenario.Effects] cover only
// the last When. Events have the IDs 1, 2, 3 and are a second apart, unless [With] says otherwise;
// [Raw] makes malformed ones, [RawVersion] those of earlier versions, [Tombstone] null values.
// Everything that an app does by itself has happened when a step returns: retries do not wait,
// emissions are published and, if the app reads their topic, folded. Jobs are the exception. A dead
// letter that the test does not ask for fails it. [Scenario.Do] is for everything that is no event,
// such as Redrive or Process, and [Scenario.Restart] is a crash and a new start.
//
// Effects run, in the test's goroutine, before the step returns: pass the handlers a fake of what
// they call. After [Scenario.HoldEffects] they do not, and the test runs those that it chooses.
//
// # Jobs
//
// Jobs wait, and [Scenario.Jobs] and [Jobs] show them, until the test calls [Scenario.Work]: it
// does each that is due, once, in the test's goroutine. Pass the workers a fake of what they call,
// which may fail. A job that failed is due again after [Scenario.Advance].
//
// # A log that fails
//
// [Driver] is a log in memory that remembers what was published to it and fails on demand. Every
// scenario has one; running apps can use it, too.
//
// # Apps that many tests share
//
// [Seed] stores rows without an event, and [Clear] empties collections between tests.
//
// # Coming from Brook for Elixir
//
//	Brook.Test.register, assert_receive   Published, Scenario.Published, Driver.Events
//	Brook.Test.send                       Scenario.When, Raw
//	Brook.Test.with_event                 Seed with events, or a handler called with Event and View
//	Brook.Test.save_view_state            Seed
//	Brook.Test.clear_view_state           Clear
package brooktest
