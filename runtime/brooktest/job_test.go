package brooktest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// post is a fake of what sends mails. It fails with err.
type post struct {
	err  error
	sent []string // "user order/number attempt"
}

func (p *post) mail(_ context.Context, j brook.Job[errands.SendMail]) error {
	p.sent = append(p.sent,
		fmt.Sprintf("%s %s/%d %d", j.Key, j.Data.Order, j.Data.Number, j.Attempt))
	return p.err
}

func (p *post) open(c brook.Config) (*errands.App, error) {
	c.Jobs.Attempts = 3
	return errands.NewApp(c, &errands.Mailer{Mail: p.mail}, errands.Desk{})
}

// Jobs wait, are seen with all that is known of them, and are done by Work; what their workers
// publish is folded.
func TestJobs(t *testing.T) {
	p := &post{}
	s := brooktest.New(t, p.open)
	at := s.Now()
	s.Given(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 2}))
	s.When(brook.Emit(errands.Placed{Order: "o2", User: "bob", Mails: 1}))
	if len(p.sent) > 0 || len(s.Published()) > 0 {
		t.Errorf("sent %v before Work", p.sent)
	}
	jobs := s.Jobs()
	if len(jobs) != 3 {
		t.Fatalf("jobs: %+v", jobs)
	}
	brooktest.Equal(t, jobs[0], brooktest.Job{
		ID: jobs[0].ID, Type: errands.SendMailType, Key: []byte("ada"), Set: "Desk", Cause: "1",
		Data: []byte(`{"to":"ada","order":"o1","number":0}`), Time: at,
		Position: brook.Position{Topic: "test"},
	})
	typed := brooktest.Jobs[errands.SendMail](s)
	brooktest.Equal(t, typed[2], brook.Job[errands.SendMail]{
		ID: jobs[2].ID, Data: errands.SendMail{To: "bob", Order: "o2"}, Key: []byte("bob"),
		Attempt: 1, Time: at.Add(time.Second), Cause: "2",
		Position: brook.Position{Topic: "test", Offset: 1},
	})
	brooktest.Equal(t, brooktest.JobsData[errands.Collect](s), nil)
	if err := s.Work(); err != nil {
		t.Error(err)
	}
	brooktest.Equal(t, p.sent, []string{"ada o1/0 1", "ada o1/1 1", "bob o2/0 1"})
	brooktest.Equal(t, brooktest.PublishedData[errands.Sent](s), []errands.Sent{
		{Order: "o1", Job: jobs[0].ID}, {Order: "o1", Number: 1, Job: jobs[1].ID},
		{Order: "o2", Job: jobs[2].ID},
	})
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("o1")).Sent, []int{0, 1})
	if err := s.Work(); err != nil || len(s.Jobs()) > 0 || len(s.Published()) > 0 {
		t.Errorf("%v, jobs: %+v, published: %v", err, s.Jobs(), s.Published())
	}
	s.Restart()
	if jobs := s.Jobs(); len(jobs) > 0 {
		t.Errorf("after a restart: %+v", jobs)
	}
}

// A job that fails waits on, with its attempt, and those of its key behind it, until it is due by
// the clock of the test; in the end it is a dead letter, and redriven it is done.
func TestJobFails(t *testing.T) {
	away := errors.New("away")
	p := &post{err: away}
	s := brooktest.New(t, p.open)
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 2}))
	err := s.Work()
	if want := "job mail.send of ada: Mailer.SendMail: away"; !errors.Is(err, away) ||
		err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	jobs := s.Jobs()
	if len(jobs) != 2 || jobs[0].Attempts != 1 || !errors.Is(jobs[0].Err, away) ||
		jobs[1].Attempts != 0 || jobs[1].Err != nil {
		t.Fatalf("jobs: %+v", jobs)
	}
	wait := jobs[0].Due.Sub(s.Now())
	if wait <= 0 || wait > time.Second {
		t.Errorf("due in %s, want a second at most", wait)
	}
	s.Advance(wait - 1)
	if err := s.Work(); err != nil || len(p.sent) != 1 {
		t.Errorf("%v, sent %v", err, p.sent)
	}
	s.Advance(1)
	if err := s.Work(); !errors.Is(err, away) || s.Jobs()[0].Attempts != 2 {
		t.Errorf("%v, jobs: %+v", err, s.Jobs())
	}
	s.Advance(time.Minute)
	if err := s.Work(); !errors.Is(err, away) {
		t.Error(err)
	}
	letters := s.DeadLetters()
	if len(letters) != 1 || letters[0].Stage != brook.StageJob || letters[0].Attempts != 3 {
		t.Fatalf("letters: %v", letters)
	}
	p.err = nil
	if err := s.Work(); err != nil || len(s.Jobs()) != 1 {
		t.Errorf("behind a letter: %v, jobs: %+v", err, s.Jobs())
	}
	err = s.Do(func(ctx context.Context) error {
		_, err := s.App.Redrive(ctx, nil)
		return err
	})
	if err != nil || len(s.Jobs()) != 2 || len(p.sent) != 3 {
		t.Errorf("%v, jobs: %+v, sent %v", err, s.Jobs(), p.sent)
	}
	if err := s.Work(); err != nil || len(s.Jobs()) > 0 {
		t.Errorf("%v, jobs: %+v", err, s.Jobs())
	}
	brooktest.Equal(t, p.sent,
		[]string{"ada o1/0 1", "ada o1/0 2", "ada o1/0 3", "ada o1/0 1", "ada o1/1 1"})
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("o1")).Sent, []int{0, 1})
}

// Work does the jobs that are given, and no others.
func TestWorkGiven(t *testing.T) {
	p := &post{}
	s := brooktest.New(t, p.open)
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 2}),
		brook.Emit(errands.Placed{Order: "o2", User: "bob", Mails: 1}))
	jobs := s.Jobs()
	if err := s.Work(jobs[2]); err != nil {
		t.Error(err)
	}
	brooktest.Equal(t, p.sent, []string{"bob o2/0 1"})
	if err := s.Work(jobs[1], jobs[0]); err != nil {
		t.Error(err)
	}
	brooktest.Equal(t, p.sent, []string{"bob o2/0 1", "ada o1/0 1", "ada o1/1 1"})
}

// A job that is given to Work and is not due ends the test, with the reason.
func TestWorkNotDue(t *testing.T) {
	type scenario = *brooktest.Scenario[*errands.App]
	for reason, work := range map[string]func(s scenario, jobs []brooktest.Job){
		"does not wait": func(s scenario, _ []brooktest.Job) {
			_ = s.Work(brooktest.Job{ID: "x"})
		},
		"waits behind another of its key": func(s scenario, jobs []brooktest.Job) {
			_ = s.Work(jobs[1])
		},
		"call Advance": func(s scenario, jobs []brooktest.Job) {
			_ = s.Work(jobs[0])
			_ = s.Work(jobs[0])
		},
	} {
		failures := run(func(t *fakeT) {
			s := brooktest.New(t, (&post{err: errors.New("away")}).open)
			s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 2}))
			work(s, s.Jobs())
			t.Errorf("the test went on")
		})
		if !strings.HasPrefix(failures, "brooktest: Work: job ") ||
			!strings.Contains(failures, reason) || strings.Contains(failures, "went on") {
			t.Errorf("%q, want one with %q", failures, reason)
		}
	}
	failures := run(func(t *fakeT) {
		brooktest.Jobs[errands.Placed](brooktest.New(t, (&post{}).open))
	})
	if want := "brooktest: errands.Placed is no job of the app's package"; failures != want {
		t.Errorf("%q, want %q", failures, want)
	}
}

// Jobs of events that a worker publishes wait for the next Work.
func TestWorkAsksForMore(t *testing.T) {
	var s *brooktest.Scenario[*errands.App]
	mailer := &errands.Mailer{Mail: func(
		ctx context.Context, j brook.Job[errands.SendMail],
	) error {
		_, err := s.App.Publish.Placed(ctx,
			errands.Placed{Order: j.Data.Order + "+", User: "ada", Mails: 1})
		return err
	}}
	s = brooktest.New(t, func(c brook.Config) (*errands.App, error) {
		return errands.NewApp(c, mailer, errands.Desk{})
	})
	s.When(brook.Emit(errands.Placed{Order: "o", User: "ada", Mails: 1}))
	for _, order := range []string{"o+", "o++"} {
		if err := s.Work(); err != nil {
			t.Error(err)
		}
		brooktest.Equal(t, brooktest.JobsData[errands.SendMail](s),
			[]errands.SendMail{{To: "ada", Order: order}})
	}
}

// A worker may end the test, as FailNow does: the scenario closes its app all the same.
func TestWorkerEndsTest(t *testing.T) {
	fake := &fakeT{}
	mailer := &errands.Mailer{Mail: func(context.Context, brook.Job[errands.SendMail]) error {
		runtime.Goexit()
		return nil
	}}
	ended := make(chan bool)
	go func() {
		defer func() {
			fake.end()
			close(ended)
		}()
		s := brooktest.New(fake, func(c brook.Config) (*errands.App, error) {
			return errands.NewApp(c, mailer, errands.Desk{})
		})
		s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}))
		t.Errorf("Work returned %v", s.Work())
	}()
	<-ended
	brooktest.Equal(t, fake.failures, nil)
}

// Jobs that are not done wait after a restart as well, with the same IDs.
func TestJobsRestart(t *testing.T) {
	p := &post{}
	s := brooktest.New(t, p.open)
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}),
		brook.Emit(errands.Placed{Order: "o2", User: "bob", Mails: 1}))
	before := s.Jobs()
	if err := s.Work(before[0]); err != nil {
		t.Error(err)
	}
	s.Restart()
	brooktest.Equal(t, s.Jobs(), before[1:])
}

// In a store that is kept, attempts are, and when a job is due by the clock of the test.
func TestJobsRestartKept(t *testing.T) {
	p := &post{err: errors.New("away")}
	store := mapstore.New()
	s := brooktest.New(t, func(c brook.Config) (*errands.App, error) {
		c.Store = store
		return p.open(c)
	})
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}))
	if err := s.Work(); err == nil {
		t.Error("Work returned nil")
	}
	p.err = nil
	s.Restart()
	if err := s.Work(); err != nil || len(p.sent) != 1 || s.Jobs()[0].Attempts != 1 {
		t.Errorf("%v, sent %v, jobs: %+v", err, p.sent, s.Jobs())
	}
	s.Advance(time.Second)
	if err := s.Work(); err != nil {
		t.Error(err)
	}
	brooktest.Equal(t, p.sent, []string{"ada o1/0 1", "ada o1/0 2"})
}

// What a handler publishes with its failure is seen, beside the dead letter.
func TestFailWith(t *testing.T) {
	s := brooktest.New(t, (&post{}).open)
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1, Fail: "sold out"}))
	refused := brooktest.Published[errands.Refused](s)
	if len(refused) != 1 || refused[0].Cause != "1" || refused[0].Data.Why != "sold out" {
		t.Errorf("published: %+v", refused)
	}
	letters := s.DeadLetters()
	if len(letters) != 1 || letters[0].Stage != brook.StageHandle || len(s.Jobs()) > 0 {
		t.Errorf("letters: %v, jobs: %+v", letters, s.Jobs())
	}
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("no o1")).Refused, "sold out")
}
