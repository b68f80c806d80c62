package brooktest_test

import (
	"context"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
)

// What a worker publishes has the time at which its job is done by the clock of the test.
func TestTimeOfAnswers(t *testing.T) {
	p := &post{}
	s := brooktest.New(t, p.open)
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}))
	s.Advance(time.Hour)
	done := s.Now()
	if err := s.Work(); err != nil {
		t.Error(err)
	}
	if sent := brooktest.Published[errands.Sent](s); len(sent) != 1 || !sent[0].Time.Equal(done) {
		t.Errorf("published %+v, want one at %s", sent, done)
	}
}

// An event that comes into an app without a time of its own has that of the test's clock: the timers
// that its handlers set by it are due by the same clock.
func TestTimeOfEvents(t *testing.T) {
	overdue := reminders.Overdue{Order: "a", Every: 3600}
	for name, do := range map[string]func(context.Context, *reminders.App) error{
		"published": func(ctx context.Context, app *reminders.App) error {
			_, err := app.Publish.Overdue(ctx, overdue)
			return err
		},
		"published among many": func(ctx context.Context, app *reminders.App) error {
			_, err := app.PublishAll(ctx, func(yield func(brook.Outgoing) bool) {
				yield(brook.Emit(overdue))
			})
			return err
		},
		"processed": func(ctx context.Context, app *reminders.App) error {
			return app.Process.Overdue(ctx, overdue)
		},
		"of a timer of the zero time": func(ctx context.Context, app *reminders.App) error {
			_, err := app.Publish.Placed(ctx, reminders.Placed{Order: "a", Every: 3600})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := brooktest.New(t, openReminders)
			s.Time = time.Date(2030, time.May, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
			at := s.Now()
			if err := s.Do(func(ctx context.Context) error { return do(ctx, s.App) }); err != nil {
				t.Fatal(err)
			}
			row := brook.Must(s.App.Views.Orders.Get("a"))
			if row.Told != 1 || !row.Last.Equal(at) {
				t.Errorf("%+v, want one told at %s", row, at)
			}
			s.Advance(2 * time.Hour)
			row = brook.Must(s.App.Views.Orders.Get("a"))
			if row.Told != 3 || !row.Last.Equal(s.Now()) {
				t.Errorf("after two hours %+v, want three, the last at %s", row, s.Now())
			}
		})
	}
}

// The events of a seeded row's past have the time of the test's clock.
func TestTimeOfSeededHistory(t *testing.T) {
	p := &post{}
	s := brooktest.New(t, p.open)
	s.Advance(time.Hour)
	brooktest.Seed(t, s.App.Views.Orders, map[string]errands.Order{"o1": {}},
		brook.Emit(errands.Placed{Order: "o1"}))
	past, err := s.App.Views.Orders.Events("o1")
	if err != nil || len(past) != 1 || !past[0].Time.Equal(s.Now()) {
		t.Errorf("%v, %+v, want one at %s", err, past, s.Now())
	}
}

// Other goroutines may publish while the test goes on: each event has some time of the test's.
func TestTimeOfConcurrentEvents(t *testing.T) {
	s := brooktest.New(t, openReminders)
	from := s.Now()
	failed := make(chan error)
	go func() {
		var err error
		for range 50 {
			if _, e := s.App.Publish.Overdue(t.Context(), reminders.Overdue{Order: "a"}); e != nil {
				err = e
			}
		}
		failed <- err
	}()
	for range 50 {
		s.When(brook.Emit(reminders.Noted{Order: "b"}))
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	s.When()
	row := brook.Must(s.App.Views.Orders.Get("a"))
	if row.Told != 50 || row.Last.Before(from) || row.Last.After(s.Now()) {
		t.Errorf("%+v, want 50 from %s to %s", row, from, s.Now())
	}
}
