package report_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// logged is a reporter and the lines that it logged, without times.
type logged struct {
	*report.Reporter
	text strings.Builder
}

func newLogged(hooks brook.Hooks) *logged {
	l := &logged{}
	log := slog.New(slog.NewTextHandler(&l.text, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	l.Reporter = report.New("shop", log, hooks)
	return l
}

// took returns the lines that were logged since it was called last.
func (l *logged) took() []string {
	text := strings.TrimSuffix(l.text.String(), "\n")
	l.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (l *logged) want(t *testing.T, what string, lines ...string) {
	t.Helper()
	if got := l.took(); !slices.Equal(got, lines) {
		t.Errorf("%s: logged %q, want %q", what, got, lines)
	}
}

var at = brook.Position{Topic: "in", Partition: 2, Offset: 7}

// What is down for hours has few lines of the log, and each of its failures reaches the hook.
func TestFailures(t *testing.T) {
	hooked := 0
	l := newLogged(brook.Hooks{Failure: func(brook.Failure) { hooked++ }})
	var lines []int
	for n := 1; n <= 200; n++ {
		l.Failure(brook.Failure{What: "read", Attempts: n, Err: errors.New("away")})
		if len(l.took()) > 0 {
			lines = append(lines, n)
		}
	}
	if want := []int{1, 2, 4, 8, 16, 32, 64, 128, 192}; hooked != 200 ||
		!slices.Equal(lines, want) {
		t.Errorf("the hook had %d failures, the log those of attempts %v; want 200 and %v", hooked,
			lines, want)
	}
	l.Failure(brook.Failure{What: "read", Attempts: 4, Err: errors.New("away")})
	l.want(t, "tried again", `level=WARN msg="brook: read failed" app=shop attempts=4 error=away`)
	l.Failure(brook.Failure{What: "effect", Attempts: 5, Err: errors.New("away"), Position: at, Final: true})
	l.want(t, "given up",
		`level=ERROR msg="brook: effect failed" app=shop attempts=5 error=away position=in/2/7`)
	panicked := &brook.PanicError{Value: "out of stock", Stack: []byte("main.go:7")}
	l.Failure(brook.Failure{What: "effect", Attempts: 1, Err: fmt.Errorf("set stock: %w",
		panicked)})
	if lines := l.took(); len(lines) != 1 || !strings.HasSuffix(lines[0], "stack=main.go:7") {
		t.Errorf("a panic: %q", lines)
	}
	l.Recovered("read", 5, brook.Position{})
	l.Recovered("store", 1, at)
	l.want(t, "recovered", `level=INFO msg="brook: read works again" app=shop failures=5`,
		`level=INFO msg="brook: store works again" app=shop failures=1 position=in/2/7`)
}

func TestDeadLetters(t *testing.T) {
	hooked := 0
	l := newLogged(brook.Hooks{DeadLetter: func(brook.DeadLetter) { hooked++ }})
	letter := brook.DeadLetter{Position: at, Type: "sold", Stage: brook.StageEmit, Set: "stock",
		Error: "refused"}
	l.DeadLetter(letter, nil)
	l.want(t, "a letter that only waits")
	letter.Attempts = 3
	l.DeadLetter(letter, nil)
	l.want(t, "a letter", `level=ERROR msg="brook: dead letter" app=shop position=in/2/7 type=sold stage=emit set=stock attempts=3 error=refused`)
	l.DeadLetter(letter, []byte("main.go:7"))
	if lines := l.took(); len(lines) != 1 || !strings.HasSuffix(lines[0], "stack=main.go:7") {
		t.Errorf("of a panic: %q", lines)
	}
	if hooked != 3 {
		t.Errorf("the hook had %d letters, want 3", hooked)
	}
}

func TestStrays(t *testing.T) {
	hooked := 0
	l := newLogged(brook.Hooks{Stray: func(brook.Stray) { hooked++ }})
	for n := 1; n <= 3; n++ {
		l.Stray(brook.Stray{Position: at, Type: "sold"}, "another key", n)
	}
	if lines := l.took(); hooked != 3 || len(lines) != 2 ||
		!strings.Contains(lines[1], `msg="brook: an event ran alone" app=shop why="another key" position=`) {
		t.Errorf("the hook had %d, the log %q", hooked, lines)
	}
}

// Without hooks there is the log.
func TestNoHooks(t *testing.T) {
	l := newLogged(brook.Hooks{})
	l.Failure(brook.Failure{What: "read", Attempts: 1, Err: errors.New("away")})
	l.DeadLetter(brook.DeadLetter{Attempts: 1}, nil)
	l.Stray(brook.Stray{}, "another key", 1)
	l.Rebuilt(&brook.RebuildReport{Letters: 1}, nil, "")
	if lines := l.took(); len(lines) != 4 {
		t.Errorf("logged %q", lines)
	}
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogged(brook.Hooks{})
		done := l.Slow("reading")
		time.Sleep(4 * time.Second)
		done()
		time.Sleep(time.Minute)
		l.want(t, "what is fast")
		done = l.Slow("reading")
		time.Sleep(7 * time.Second)
		done()
		l.want(t, "what is slow", `level=INFO msg="brook: still reading" app=shop for=5s`,
			`level=INFO msg="brook: done reading" app=shop took=7s`)
	})
}
