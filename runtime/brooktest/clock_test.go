package brooktest_test

import (
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
)

func openReminders(c brook.Config) (*reminders.App, error) {
	return reminders.NewApp(c, reminders.Reminding{})
}

// Timers are due by the clock of the test, whose steps end when all is published and folded.
func TestAdvance(t *testing.T) {
	s := brooktest.New(t, openReminders)
	due := s.Now().Add(time.Hour)
	s.When(brook.Emit(reminders.Placed{Order: "a", Due: due, Every: 3600}),
		brook.Emit(reminders.Placed{Order: "b", Due: due}),
		brook.Emit(reminders.Placed{Order: "c", Due: due}))
	brooktest.Equal(t, s.Published(), nil)
	s.Given(brook.Emit(reminders.Paid{Order: "b"}))
	s.Advance(time.Hour - 4*time.Second - 1)
	brooktest.Equal(t, s.Published(), nil)
	s.Advance(1)
	told := brooktest.Published[reminders.Overdue](s)
	if len(told) != 2 || told[0].Data.Order != "a" || told[1].Data.Order != "c" ||
		!told[0].Time.Equal(due) || told[0].Cause != "1" || told[0].Author != "test" ||
		string(told[0].Key) != "a" {
		t.Fatalf("published %+v", told)
	}
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("a")),
		reminders.Order{ID: "a", Told: 1, Last: due, Cause: "1"})
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("b")), reminders.Order{ID: "b", Paid: true})
	s.Advance(5 * time.Hour)
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("a")).Told, 6)
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("a")).Last, due.Add(5*time.Hour))
	s.Restart()
	brooktest.Equal(t, s.Published(), nil)
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("a")).Told, 6)
	s.Advance(time.Hour)
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("a")).Told, 7)
}
