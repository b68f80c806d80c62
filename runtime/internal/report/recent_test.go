package report

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// What fails again and again is one failure, with its first time and its last, until it works again
// or is given up.
func TestRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New("shop", slog.New(slog.DiscardHandler), brook.Hooks{})
		began := time.Now().UTC()
		at := func(offset int64) brook.Position { return brook.Position{Topic: "in", Offset: offset} }
		r.Failure(brook.Failure{What: "commit", Attempts: 1, Err: errors.New("first")})
		time.Sleep(time.Second)
		r.Failure(brook.Failure{What: "read", Position: at(1), Attempts: 1, Err: errors.New("away")})
		r.Failure(brook.Failure{What: "commit", Attempts: 2, Err: errors.New("second")})
		all := r.Recent()
		want := brook.FailureStatus{First: began, Last: began.Add(time.Second), What: "commit",
			Attempts: 2, Error: "second"}
		if len(all) != 2 || all[0] != want || all[1].What != "read" {
			t.Fatalf("%+v", all)
		}
		r.Recovered("commit", 2, brook.Position{})
		r.Recovered("read", 1, at(7)) // a batch further
		r.Recovered("mark", 1, brook.Position{})
		for _, f := range r.Recent() {
			if !f.Recovered {
				t.Errorf("%+v", f)
			}
		}
		r.Failure(brook.Failure{What: "commit", Attempts: 1, Err: errors.New("again"), Final: true})
		r.Failure(brook.Failure{What: "commit", Attempts: 2, Err: errors.New("another")})
		all = r.Recent()
		if len(all) != 4 || all[0].Error != "another" || !all[1].Final || all[1].Recovered {
			t.Errorf("%+v", all)
		}
		for i := range 30 {
			r.Failure(brook.Failure{What: fmt.Sprint(i), Attempts: 1,
				Err: errors.New(strings.Repeat("x", 5000))})
		}
		all = r.Recent()
		if len(all) != mostRecent || all[0].What != "29" || len(all[0].Error) > longest+30 {
			t.Errorf("%d failures, the newest %s with %d bytes", len(all), all[0].What,
				len(all[0].Error))
		}
		r.Failure(brook.Failure{What: "nothing to say", Attempts: 1})
	})
}
