package brooktest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
)

// openErrands returns what opens an app whose mails fail with *err.
func openErrands(err *error) func(brook.Config) (*errands.App, error) {
	mailer := &errands.Mailer{
		Mail: func(context.Context, brook.Job[errands.SendMail]) error { return *err },
	}
	return func(c brook.Config) (*errands.App, error) {
		return errands.NewApp(c, mailer, errands.Desk{})
	}
}

func ExampleScenario_Jobs() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openErrands(new(error)))
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}))
	for _, j := range s.Jobs() {
		fmt.Println(j.Type, string(j.Key), string(j.Data), j.Attempts)
	}
	fmt.Println(s.Work(), len(s.Jobs()))
	fmt.Println(brooktest.PublishedData[errands.Sent](s)[0].Order)
	// Output:
	// mail.send ada {"to":"ada","order":"o1","number":0} 0
	// <nil> 0
	// o1
}

// A worker that fails is called again once the wait is over by the clock of the test.
func ExampleScenario_Work() {
	t := newT()
	defer t.end()
	err := errors.New("the server is away")
	s := brooktest.New(t, openErrands(&err))
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 1}))
	fmt.Println(s.Work())
	fmt.Println(s.Jobs()[0].Attempts, s.Jobs()[0].Err)

	err = nil
	fmt.Println(s.Work(), len(s.Published()))
	s.Advance(time.Second)
	fmt.Println(s.Work(), len(s.Published()))
	// Output:
	// job mail.send of ada: Mailer.SendMail: the server is away
	// 1 Mailer.SendMail: the server is away
	// <nil> 0
	// <nil> 1
}

func ExampleJobsData() {
	t := newT()
	defer t.end()
	s := brooktest.New(t, openErrands(new(error)))
	s.When(brook.Emit(errands.Placed{Order: "o1", User: "ada", Mails: 2}))

	brooktest.Equal(t, brooktest.JobsData[errands.SendMail](s), []errands.SendMail{
		{To: "ada", Order: "o1"}, {To: "ada", Order: "o1", Number: 1},
	})
	// Output:
}
