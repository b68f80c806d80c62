package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// The trace of an event goes with its jobs to their worker, over failures, restarts, dead letters
// and rebuilds, and on to what the worker publishes.
func TestJobsHaveTheTraceOfTheirEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, m := memdriver.New(), newStore(), &mailbox{}
		x := openDesk(t, config(d, s), m, errands.Desk{})
		trace := []brook.Header{
			{Key: "traceparent", Value: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")},
			{Key: "tracestate", Value: []byte("shop=1")},
		}
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("away") })
		for n, headers := range [][]brook.Header{trace, nil} {
			e := errands.Placed{Order: fmt.Sprint("o", n), User: fmt.Sprint("u", n), Mails: 1}
			var options []brook.PublishOption
			for _, h := range headers {
				options = append(options, brook.WithHeader(h.Key, h.Value))
			}
			if _, err := x.Publish.Placed(t.Context(), e, options...); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		m.failing(func(brook.Job[errands.SendMail]) error { return brook.ErrPermanent })
		x = openDesk(t, config(d, s), m, errands.Desk{})
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := x.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.failing(nil)
		if n, err := x.Redrive(t.Context(), nil); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		synctest.Wait()
		headersOf := func(all []brook.Header) string {
			var texts []string
			for _, h := range all {
				if h.Key == "traceparent" || h.Key == "tracestate" {
					texts = append(texts, fmt.Sprintf("%s=%s", h.Key, h.Value))
				}
			}
			slices.Sort(texts)
			return fmt.Sprint(texts)
		}
		want := []string{headersOf(trace), "[]"}
		for _, j := range m.tries {
			if got := headersOf(j.Headers); got != want[j.Data.Order[1]-'0'] || len(j.Headers) > 2 {
				t.Errorf("try %d of the job of %s has the headers %s", j.Attempt, j.Data.Order, got)
			}
		}
		for n := range want {
			sent, err := x.Views.Orders.EventsOfSent(fmt.Sprint("o", n))
			if err != nil || len(sent) != 1 {
				t.Fatal(sent, err)
			}
			if got := headersOf(sent[0].Headers); got != want[n] {
				t.Errorf("what was published of order %d has %s, want %s", n, got, want[n])
			}
		}
	})
}
