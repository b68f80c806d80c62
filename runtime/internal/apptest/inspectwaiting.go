package apptest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// InspectJobs looks at jobs that wait, at those that became dead letters, and at events that came
// too early.
func InspectJobs(t *testing.T, store brook.Store) {
	refusing := true
	mail := func(context.Context, brook.Job[errands.SendMail]) error {
		if refusing {
			return errors.New("<no>")
		}
		return nil
	}
	app, err := errands.NewApp(brook.Config{
		Author: "errands", Driver: memdriver.New(memdriver.Partitions(1)), Store: store,
		Log:  slog.New(slog.DiscardHandler),
		Jobs: brook.Jobs{Attempts: 1, Min: time.Microsecond, Max: time.Microsecond, Workers: 1},
	}, &errands.Mailer{Mail: mail}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, seen := t.Context(), app.Inspect()
	fold := func(events ...brook.Outgoing) {
		t.Helper()
		if _, err := app.PublishAll(ctx, slices.Values(events)); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
	}
	fold(brook.Emit(errands.Placed{Order: "o1", User: "<u>", Mails: 5}),
		brook.Emit(errands.Paid{Order: "o2", User: "<u>"}))
	letters, err := seen.Letters(ctx, inspect.LetterFilter{Stage: brook.StageJob}, inspect.Page{})
	if got(t, letters, err); len(letters.Letters) != 1 || *letters.Letters[0].Key != "<u>" {
		t.Fatalf("the letters of jobs are %+v", letters)
	}
	jobs := eachJob(t, seen)
	if len(jobs) != 4 || jobs[0].Type != "mail.send" || jobs[0].Key != "<u>" ||
		string(jobs[3].Data.JSON) != `{"to":"\u003cu\u003e","order":"o1","number":4}` &&
			string(jobs[3].Data.JSON) != `{"to":"<u>","order":"o1","number":4}` {
		t.Errorf("the jobs are %+v", jobs)
	}
	detail, err := seen.Letter(ctx, letters.Letters[0].ID)
	if got(t, detail, err); detail.Waiting != 4 || detail.Error != "Mailer.SendMail: <no>" {
		t.Errorf("the letter is %+v", detail)
	}
	early, err := seen.Parked(ctx, inspect.Page{})
	got(t, early, err)
	if len(early.Events) != 1 || early.Events[0].Reported || early.Events[0].Due ||
		!slices.Equal(early.Events[0].Missed, []inspect.Missing{{Collection: "orders", Key: "o2"}}) {
		t.Errorf("the parked events are %+v", early)
	}
	n, err := seen.Drop(ctx, inspect.LetterFilter{Type: errands.PaidType})
	if got(t, n, err) != 0 {
		t.Errorf("%d parked events were dropped that are not reported", n)
	}
	run, err := seen.DryRun(ctx, inspect.LetterFilter{})
	results := []inspect.Result{}
	for _, o := range got(t, run, err).Outcomes {
		results = append(results, o.Result)
	}
	slices.Sort(results)
	if !slices.Equal(results, []inspect.Result{inspect.Parks, inspect.Queued}) {
		t.Errorf("the dry run comes to %q", results)
	}
	refusing = false
	n, err = seen.Redrive(ctx, inspect.LetterFilter{IDs: []string{letters.Letters[0].ID}})
	if got(t, n, err) != 1 {
		t.Errorf("%d letters were redriven", n)
	}
	fold(brook.Emit(errands.Placed{Order: "o2", User: "v"}))
	if jobs := eachJob(t, seen); len(jobs) != 0 {
		t.Errorf("the jobs are %+v", jobs)
	}
	if early, err := seen.Parked(ctx, inspect.Page{}); len(got(t, early, err).Events) > 0 {
		t.Errorf("the parked events are %+v", early)
	}
	story, err := seen.Story(ctx, "orders", "o1", 0)
	got(t, story, err)
	for n, step := range story.Steps {
		from := step.Event.Origin
		if n > 0 && (from == nil || from.Set != "Mailer" || from.Cause == "") {
			t.Errorf("step %d comes from %+v", n, from)
		}
	}
	if len(story.Steps) != 6 || story.Whole { // of refusals there is no history
		t.Errorf("the story has %d steps, whole %t", len(story.Steps), story.Whole)
	}
	handlers, workers := seen.Structure().Handlers, seen.Structure().Workers
	if !slices.Equal(handlers[0].Jobs, []string{"mail.send", "parcel.collect"}) ||
		!slices.Equal(workers[0].Emits, []string{errands.SentType}) {
		t.Errorf("handlers are %+v, workers %+v", handlers, workers)
	}
}

// eachJob returns all jobs, two a page.
func eachJob(t *testing.T, seen inspect.Inspector) (all []inspect.Job) {
	t.Helper()
	p := inspect.Page{Limit: 2}
	for {
		page, err := seen.Jobs(t.Context(), p)
		all = append(all, got(t, page, err).Jobs...)
		if p.After = page.Next; page.Next == "" {
			return all
		}
	}
}

// InspectTimers goes through timers of several partitions by the time at which they are due, in
// both directions.
func InspectTimers(t *testing.T, store brook.Store) {
	app, err := reminders.NewApp(brook.Config{
		Author: "reminders", Driver: memdriver.New(memdriver.Partitions(3)), Store: store,
		Log: slog.New(slog.DiscardHandler),
	}, reminders.Reminding{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	day := time.Date(3000, 1, 1, 0, 0, 0, 1, time.UTC)
	var events []brook.Outgoing
	for n := range 20 {
		events = append(events, brook.Emit(reminders.Placed{
			Order: fmt.Sprintf("<%02d>", n), Due: day.AddDate(0, 0, n*7%10),
		}))
	}
	if _, err := app.PublishAll(t.Context(), slices.Values(events)); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	var up, down []inspect.Timer
	for _, reverse := range []bool{false, true} {
		p := inspect.Page{Limit: 3, Reverse: reverse}
		var all []inspect.Timer
		for {
			page, err := app.Inspect().Timers(t.Context(), p)
			all = append(all, got(t, page, err).Timers...)
			if p.After = page.Next; page.Next == "" {
				break
			}
		}
		if up == nil {
			up = all
		} else {
			down = all
		}
	}
	slices.Reverse(down)
	found := map[string]bool{}
	for n, timer := range up {
		found[timer.Key] = true
		if n > 0 && timer.Due.Before(up[n-1].Due) || timer.Key != down[n].Key ||
			timer.Type != reminders.OverdueType || timer.Set != "Reminding" || timer.Cause == "" {
			t.Errorf("timer %d is %+v", n, timer)
		}
	}
	if len(up) != 20 || len(down) != 20 || len(found) != 20 {
		t.Errorf("%d timers upwards, %d downwards, of %d orders", len(up), len(down), len(found))
	}
}
