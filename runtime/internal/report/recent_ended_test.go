package report

import (
	"errors"
	"log/slog"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// several returns a reporter, and a function that compares what it keeps, the newest first, with
// texts of an error and how it ended.
func several(t *testing.T) (r *Reporter, want func(...string)) {
	t.Helper()
	r = New("shop", slog.New(slog.DiscardHandler), brook.Hooks{})
	return r, func(want ...string) {
		t.Helper()
		var got []string
		for _, f := range r.Recent() {
			text := f.Error
			switch {
			case f.Final && f.Recovered:
				text += " final and recovered"
			case f.Final:
				text += " final"
			case f.Recovered:
				text += " recovered"
			}
			got = append(got, text)
		}
		if len(got) != len(want) {
			t.Errorf("%q, want %q", got, want)
			return
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q, want %q", got, want)
				return
			}
		}
	}
}

func failure(what string, offset int64, attempts int, err string) brook.Failure {
	return brook.Failure{What: what, Position: brook.Position{Topic: "in", Offset: offset},
		Attempts: attempts, Err: errors.New(err)}
}

// Two tasks that fail alike in turns are one failure, which is over when they work again.
func TestTwoThatFailAlike(t *testing.T) {
	r, want := several(t)
	for n := 1; n <= 3; n++ {
		for _, who := range []string{"first", "second"} {
			r.Failure(brook.Failure{What: "commit", Attempts: n, Err: errors.New(who)})
		}
	}
	want("second")
	r.Recovered("commit", 3, brook.Position{})
	r.Recovered("commit", 3, brook.Position{})
	want("second recovered")
}

// Jobs of one event fail each for itself, and are over each by itself: one is done, one is a letter,
// one is done by another process.
func TestJobsOfOneEvent(t *testing.T) {
	r, want := several(t)
	for n := 1; n <= 2; n++ {
		for _, id := range []string{"a", "b", "c"} {
			r.FailureOf(id, failure("job mail", 7, n, id))
		}
	}
	want("c", "b", "a")
	at := failure("", 7, 1, "").Position
	letter := brook.DeadLetter{ID: "b", Type: "mail", Stage: brook.StageJob, Position: at, Error: "last"}
	r.DeadLetter(letter, nil)
	want("c", "b", "a") // it only waits
	letter.Attempts = 3
	r.DeadLetter(letter, nil)
	r.RecoveredOf("a", "job mail", 2, at)
	r.Ended("c", "job mail", at)
	want("c final", "last final", "a recovered")
	if f := r.Recent()[1]; f.Attempts != 3 {
		t.Errorf("the letter's has %d attempts", f.Attempts)
	}
}

// An event that a handler was tried with is handled, or is a dead letter, though it was taken as
// handled when it was put into the batch.
func TestHandledOrLettered(t *testing.T) {
	r, want := several(t)
	r.Failure(failure("handle", 7, 1, "busy"))
	r.Failure(failure("handle", 8, 1, "parked")) // of an event that is due
	r.Failure(failure("handle", 7, 2, "busy"))
	r.Worked("", "handle", failure("", 7, 1, "").Position)
	want("busy recovered", "parked")
	for offset, attempts := range map[int64]int{7: 3, 8: 2, 9: 1} {
		r.DeadLetter(brook.DeadLetter{Stage: brook.StageHandle, Attempts: attempts, Error: "gave up",
			Position: failure("", offset, 1, "").Position}, nil)
	}
	want("gave up final", "gave up final")
}

// What is given up after its last try is the failure of that try.
func TestGivenUp(t *testing.T) {
	r, want := several(t)
	r.FailureOf("S", failure("effect", 7, 1, "away"))
	f := failure("effect", 7, 1, "not run")
	f.Final = true
	r.FailureOf("S", f)
	want("not run final")
	r.Ended("S", "effect", f.Position)
	r.Worked("S", "effect", f.Position)
	want("not run final")
}
