package brooktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

// Job is a job that a handler asked for and that is not done: it waits for [Scenario.Work].
type Job struct {
	ID, Type string
	Key      []byte // as text
	Data     json.RawMessage
	Set      string         // the handler set that asked for it
	Cause    string         // the ID of the event that asked
	Time     time.Time      // of that event
	Position brook.Position // of that event
	Attempts int            // how often it was tried
	Due      time.Time      // when it is tried again; zero: it was not tried yet
	Err      error          // of the last try since the app was opened
}

// Jobs returns the jobs that wait, in log order, from any step. A scenario does none by itself:
// [Scenario.Work] does. A job that failed waits on, with the attempt counted and its error.
//
//	s.When(brook.Emit(shop.OrderShipped{Order: "o1", Email: "a@b.c"}))
//	if jobs := s.Jobs(); len(jobs) != 1 || jobs[0].Type != shop.SendMailType {
//		t.Errorf("jobs: %v", jobs)
//	}
func (s *Scenario[A]) Jobs() []Job {
	var all []Job
	for _, j := range s.back.Jobs() {
		all = append(all, Job{ID: j.ID, Type: j.Type, Key: j.Key, Data: j.Data, Set: j.Set,
			Cause: j.Cause, Time: j.Time, Position: j.Position, Attempts: j.Attempts, Due: j.Due,
			Err: s.tried[j.ID]})
	}
	return all
}

// Jobs returns the jobs of one type that wait, in log order, as their worker is to receive them.
//
//	mails := brooktest.Jobs[shop.SendMail](s)
func Jobs[J any, A App](s *Scenario[A]) []brook.Job[J] {
	s.t.Helper()
	for _, def := range s.back.JobTypes() {
		if def.New == nil { // of an earlier brookgen
			continue
		}
		if _, ok := def.New().(*J); !ok {
			continue
		}
		var all []brook.Job[J]
		for _, j := range s.back.Jobs() {
			if j.Type != def.Type {
				continue
			}
			job, err := engine.JobOf[J](&engine.Work{Job: &j}, def)
			if err != nil {
				s.t.Fatalf("brooktest: %v", err)
			}
			all = append(all, job)
		}
		return all
	}
	var data J
	s.t.Fatalf("brooktest: %T is no job of the app's package", data)
	return nil
}

// JobsData returns the data of [Jobs].
func JobsData[J any, A App](s *Scenario[A]) []J {
	s.t.Helper()
	var all []J
	for _, j := range Jobs[J](s) {
		all = append(all, j.Data)
	}
	return all
}

// Work does jobs that are due, in log order, with the workers of the app, each once; those given,
// or all. Then it folds what the workers published, which [Scenario.Published] has, with all that
// follows from it; jobs that are asked for meanwhile wait. A job that is behind another of its key
// is due once that one is done.
//
// It returns the errors of the jobs that failed. Such a job is due again when the wait of
// Config.Jobs is over by the clock of the test, see [Scenario.Advance]; one that is given up is a
// dead letter of stage job. Work ends the test if a job that is given is not due.
//
//	s.When(brook.Emit(shop.OrderShipped{Order: "o1", Email: "a@b.c"}))
//	if err := s.Work(); err != nil {
//		t.Error(err)
//	}
func (s *Scenario[A]) Work(jobs ...Job) error {
	s.t.Helper()
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	waiting := s.Jobs()
	var tries []engine.JobTry
	s.rested(s.Do(func(ctx context.Context) (err error) {
		tries, err = s.back.Work(ctx, ids...)
		return err
	}))
	var failed []error
	for _, try := range tries {
		s.tried[try.ID] = try.Err
		if try.Err != nil {
			failed = append(failed, fmt.Errorf("job %s of %s: %w", try.Type, try.Key, try.Err))
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(tries, func(try engine.JobTry) bool { return try.ID == id }) {
			s.t.Fatalf("brooktest: Work: job %s %s", id, s.whyNot(waiting, id))
		}
	}
	return errors.Join(failed...)
}

// whyNot says why a job was not done.
func (s *Scenario[A]) whyNot(waiting []Job, id string) string {
	i := slices.IndexFunc(waiting, func(j Job) bool { return j.ID == id })
	switch {
	case i < 0:
		return "does not wait: it was done, or given up"
	case waiting[i].Due.After(s.Time):
		return fmt.Sprintf("is due in %s: call Advance", waiting[i].Due.Sub(s.Time))
	}
	return "waits behind another of its key, or behind a dead letter"
}
